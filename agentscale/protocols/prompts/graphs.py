"""What is said along the edges of a graph: a solution that is handed on, a critic's instruction, several made one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentscale.protocols.prompts.turns import opening
from agentscale.schema.agents import Agent
from agentscale.schema.calls import ANSWER_MARK, Message, Reply
from agentscale.schema.tasks import Question

_SOLUTION = "This is a solution by another agent:"
_STORY = "This is how other agents have worked on it so far:"
_INSTRUCT = (
    "You are its critic. Do not solve the question yourself: say in a few sentences what is wrong or weak in the "
    "solution and what whoever revises it must do, or that it can stay as it is."
)
_ORDERS = "A critic of that solution says:"
_REVISE = f'Revise the solution where that makes it better, and end as the question asks, with "{ANSWER_MARK}".'
_SOLUTIONS = "These are solutions by several agents:"
_MERGE = (
    "Make one solution of them that keeps what is best in each and none of their mistakes; an answer that several "
    f'share may still be wrong. End as the question asks, with "{ANSWER_MARK}".'
)
_REFERENCES = "Other agents have answered the same question. These are their answers:"
_CONSIDER = f'Use them as far as they help you, and end your own answer as the question asks, with "{ANSWER_MARK}".'
_POSTED = "You answered this question, as did other agents. These replies were posted in your groups:"
_WEIGHED = "Weigh them against your own; they may be right or wrong."
_ALONE = "Nobody shares a group with you. Check your last reply for mistakes."
_UPDATE = f'Give your updated answer, and end as the question asks, with "{ANSWER_MARK}".'


def instruction(critic: Agent, question: Question, work: Sequence[str]) -> tuple[Message, ...]:
    """The messages to a critic: the question and the work on which it instructs the next agent.

    Args:
        critic: Who is asked.
        question: What the agents are asked.
        work: Texts as `quoted` has set them off: the last solution alone, or all that was said on the way to it.
    """
    return _asking(critic, question, _worked(work), _INSTRUCT)


def revised(actor: Agent, question: Question, work: Sequence[str], orders: str) -> tuple[Message, ...]:
    """The messages to whoever revises a solution on a critic's instruction, ``orders``; see `instruction`."""
    return _asking(actor, question, _worked(work), f"{_ORDERS}\n{orders}", _REVISE)


def merging(actor: Agent, question: Question, solutions: Sequence[str]) -> tuple[Message, ...]:
    """The messages to whoever makes one solution of several, set off as `quoted` does."""
    return _asking(actor, question, "\n\n".join([_SOLUTIONS, *_numbered(solutions)]), _MERGE)


def assisted(agent: Agent, question: Question, answers: Sequence[str]) -> tuple[Message, ...]:
    """The messages to an agent that answers by itself, with the answers of others at hand."""
    return _asking(agent, question, "\n\n".join([_REFERENCES, *_numbered(answers)]), _CONSIDER)


def in_groups(
    agent: Agent, question: Question, own: Reply, heard: Mapping[int, Sequence[tuple[int, str]]]
) -> tuple[Message, ...]:
    """The messages to an agent that reads its groups: the opening, its own last reply, and what was posted.

    Args:
        agent: Who is asked.
        question: What is asked.
        own: Its own last reply.
        heard: By the number of each of its groups: the others of the group, by their place in the team from 0, and
            their replies as `quoted` has set them off.
    """
    last = (Message("assistant", own.text),) if own.text.strip() else ()
    told = [f"Group {number}:\n\n{_by_agent(posted)}" for number, posted in heard.items()]
    asked = "\n\n".join([_POSTED, *told, _WEIGHED, _UPDATE] if told else [_ALONE, _UPDATE])
    return (*opening(agent, question), *last, Message("user", asked))


def _by_agent(posted: Sequence[tuple[int, str]]) -> str:
    return "\n\n".join(f"Agent {place + 1}:\n{quote}" for place, quote in posted)


def _asking(agent: Agent, question: Question, *parts: str) -> tuple[Message, ...]:
    *before, asked = opening(agent, question)
    return (*before, Message("user", "\n\n".join([asked.content, *parts])))


def _worked(work: Sequence[str]) -> str:
    return f"{_SOLUTION}\n{work[0]}" if len(work) == 1 else "\n\n".join([_STORY, *work])


def _numbered(texts: Sequence[str]) -> list[str]:
    return [f"Agent {number}:\n{text}" for number, text in enumerate(texts, start=1)]
