"""The one path on which every prompt is made, so that a treatment changes prompts exactly where it speaks.

An agent is told of peers as Agent 1, Agent 2, … in slot order: neither models nor personas are named, and reasoning
text is never shown. What is quoted is set off line by line, so that no reply can pass itself off as another's. In a
large team a reply has many readers and is quoted once for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from agentscale.schema.agents import Agent
from agentscale.schema.calls import ANSWER_MARK, Message, Reply
from agentscale.schema.tasks import Question

See = Literal["answer", "rationale"]
"""What an agent sees of its peers: the answer that was read from the last reply, or that reply whole."""

_SILENT = "no readable answer"
_ALONE = "Check your last reply for mistakes."
_PEERS = "Other agents were asked the same question. These are their last replies:"
_WEIGH = "Weigh them against your own. They may be right or wrong."
_OWN_SILENT = "Your own last reply gave no readable answer."
_CASE = "Several agents were asked this question. These are their last replies:"
_RULE = (
    "You are the judge. Weigh the replies against each other; the most frequent one may be wrong, and so may all of "
    f'them. Give the answer that you find right, and end as the question asks, with "{ANSWER_MARK}".'
)
_ASK = f'Give your updated answer, and end as the question asks, with "{ANSWER_MARK}".'


def opening(agent: Agent, question: Question) -> tuple[Message, ...]:
    """The messages of a first turn: the persona, if the agent has one, and the question."""
    user = Message("user", question.prompt)
    return (user,) if agent.persona is None else (Message("system", agent.persona.text), user)


def revision(agent: Agent, question: Question, own: Reply, seen: Sequence[str], see: See) -> tuple[Message, ...]:
    """The messages of a later turn: the opening, the agent's own last reply, and what its peers last said.

    Nothing older is told. An own reply that gives nothing to show is said to have given no readable answer: under
    ``answer`` one without a reading, under ``rationale`` one without text. An agent that sees nobody is asked to check
    itself, and then no reading plays a part in the prompt.

    Args:
        agent: Who is asked.
        question: What is asked.
        own: The agent's own last reply.
        seen: Its peers' last replies as `quoted` has set them off, in slot order.
        see: What is shown of a reply.
    """
    shown = _shown(own, see if seen else "rationale") is not None
    last = (Message("assistant", own.text),) if shown else ()
    return (*opening(agent, question), *last, Message("user", _request(shown, seen)))


def verdict(judge: Agent, question: Question, heard: Sequence[str]) -> tuple[Message, ...]:
    """The messages to a judge: the question, what the team last said, and that the judge's answer decides.

    Args:
        judge: Who decides.
        question: What was asked.
        heard: The replies as `quoted` has set them off, in slot order.
    """
    *before, asked = opening(judge, question)
    return (*before, Message("user", f"{asked.content}\n\n{_CASE}{_told(heard)}\n\n{_RULE}"))


def quoted(reply: Reply, see: See) -> str:
    """A reply as its readers are shown it; of one that gives nothing to show, that it has no readable answer."""
    shown = _shown(reply, see)
    if shown is None or see == "answer":
        return f"- {shown or _SILENT}"
    return "\n".join(f"> {line}".rstrip() for line in shown.splitlines())


def _request(spoke: bool, quotes: Sequence[str]) -> str:
    own = "" if spoke else f"{_OWN_SILENT}\n\n"
    if quotes:
        return f"{own}{_PEERS}{_told(quotes)}\n\n{_WEIGH}\n\n{_ASK}"
    return f"{own}{_ALONE}\n\n{_ASK}" if spoke else f"{own}{_ASK}"


def _told(quotes: Sequence[str]) -> str:
    """The quotes in line, each under its number."""
    parts = [""] * (2 * len(quotes))
    parts[::2] = _numbers(len(quotes))
    parts[1::2] = quotes
    return "".join(parts)


@lru_cache(maxsize=256)
def _numbers(n: int) -> list[str]:
    return [f"\n\nAgent {number}:\n" for number in range(1, n + 1)]


def _shown(reply: Reply, see: See) -> str | None:
    """What a reply has to show, if anything."""
    if see == "rationale":
        return reply.text.strip() or None
    return None if reply.answer is None else f"{ANSWER_MARK} {reply.answer}"
