"""What others than a plain speaker are asked: judge, critic, checker, who takes notes, and side-channel probes."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.protocols.prompts.quotes import set_off, told
from agentscale.protocols.prompts.turns import opening
from agentscale.schema.agents import Agent
from agentscale.schema.calls import ANSWER_MARK, VERDICT_MARK, Message, Reply
from agentscale.schema.tasks import Question

_CASE = "Several agents were asked this question. These are their last replies:"
_RULE = (
    "You are the judge. Weigh the replies against each other; the most frequent one may be wrong, and so may all of "
    f'them. Give the answer that you find right, and end as the question asks, with "{ANSWER_MARK}".'
)
_REVIEW = "Look for mistakes in your last reply, step by step, and say what they are. Do not give a new answer yet."
_CORRECT = f'Now mend what you found, and end as the question asks, with "{ANSWER_MARK}".'
_ANSWER_ANEW = f'Answer the question, and end as it asks, with "{ANSWER_MARK}".'
_PROPOSED = "This reply was given to the question:"
_CHECK = (
    "Check it step by step. End with a line that says whether its answer is right: "
    f'"{VERDICT_MARK} correct" or "{VERDICT_MARK} incorrect".'
)
_FOUND = "A check of your last reply came to this:"
_NOTE = (
    "Sum up the discussion so far for yourself in a few sentences: what was answered, on what grounds, and what is "
    "still open. These notes will be all that you remember of it."
)


def verdict(judge: Agent, question: Question, heard: Sequence[str]) -> tuple[Message, ...]:
    """The messages to a judge: the question, what the team last said, and that the judge's answer decides.

    Args:
        judge: Who decides.
        question: What was asked.
        heard: The replies as `quoted` has set them off, in slot order.
    """
    return _after_the_question(judge, question, f"{_CASE}{told(heard)}\n\n{_RULE}")


def reviewing(said: Reply) -> tuple[Message, ...]:
    """The messages that ask an agent for the mistakes in what it said last."""
    return _going_on(said, _REVIEW)


def correcting(agent: Agent, question: Question, said: Reply, found: str) -> tuple[Message, ...]:
    """The messages that ask an agent to mend what was found in its last reply; where it said nothing, to answer.

    Args:
        agent: Who is asked.
        question: What is asked.
        said: The agent's last reply.
        found: What was found in it; empty where nobody could say anything.
    """
    if not said.text.strip():
        return _after_the_question(agent, question, _ANSWER_ANEW)
    told_so = f"{_FOUND}\n{set_off(found)}\n\n" if found.strip() else ""
    asked = Message("user", f"{told_so}{_CORRECT}")
    return (*opening(agent, question), Message("assistant", said.text), asked)


def checking(checker: Agent, question: Question, proposed: str) -> tuple[Message, ...]:
    """The messages that ask whether a reply is right: it is not told whose it is."""
    return _after_the_question(checker, question, f"{_PROPOSED}\n{set_off(proposed)}\n\n{_CHECK}")


def noting(said: Reply) -> tuple[Message, ...]:
    """The messages that ask an agent for notes on all that it has seen and said."""
    return _going_on(said, _NOTE)


def probing(said: Reply, probe: str) -> tuple[Message, ...]:
    """The messages that ask an agent something on the side, after its last reply."""
    return _going_on(said, probe)


def unswayed(agent: Agent, question: Question, probe: str) -> tuple[Message, ...]:
    """The messages that ask the same of an agent's model, without persona, before anybody has said anything."""
    return _after_the_question(agent.model_copy(update={"persona": None}), question, probe)


def _going_on(said: Reply, request: str) -> tuple[Message, ...]:
    own = (Message("assistant", said.text),) if said.text.strip() else ()
    return (*said.call.messages, *own, Message("user", request))


def _after_the_question(agent: Agent, question: Question, request: str) -> tuple[Message, ...]:
    *before, asked = opening(agent, question)
    return (*before, Message("user", f"{asked.content}\n\n{request}"))
