"""What an agent is asked in a first turn and in later ones."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.protocols.prompts.quotes import See, set_off, shown, told
from agentscale.schema.agents import Agent
from agentscale.schema.calls import ANSWER_MARK, Message, Reply
from agentscale.schema.tasks import Question

_ALONE = "Check your last reply for mistakes."
_PEERS = "Other agents were asked the same question. These are their last replies:"
_WEIGH = "Weigh them against your own. They may be right or wrong."
_AGREE = "Where they differ from you, agree with them in about {percent} of a hundred cases."
_OWN_SILENT = "Your own last reply gave no readable answer."
_NOTES = "Your notes on the discussion so far:"
_ASK = f'Give your updated answer, and end as the question asks, with "{ANSWER_MARK}".'


def opening(agent: Agent, question: Question, notes: str = "") -> tuple[Message, ...]:
    """The messages of a first turn: the persona, if the agent has one, and the question.

    Args:
        agent: Who is asked.
        question: What is asked.
        notes: What the agent noted of earlier turns, which it no longer sees.
    """
    text = f"{question.prompt}\n\n{_NOTES}\n{set_off(notes)}" if notes else question.prompt
    user = Message("user", text)
    return (user,) if agent.persona is None else (Message("system", agent.persona.text), user)


def revision(
    agent: Agent,
    question: Question,
    own: Reply,
    seen: Sequence[str],
    see: See,
    history: bool = False,
    notes: str = "",
    agreement: float | None = None,
) -> tuple[Message, ...]:
    """The messages of a later turn: the opening, the agent's own last reply, and what its peers last said.

    Nothing older is told, but for ``history`` and ``notes``. An own reply that gives nothing to show is said to have
    given no readable answer: under ``answer`` one without a reading, under ``rationale`` one without text. An agent
    that sees nobody is asked to check itself, and then no reading plays a part in the prompt.

    Args:
        agent: Who is asked.
        question: What is asked.
        own: The agent's own last reply.
        seen: Its peers' last replies as `quoted` has set them off, in slot order.
        see: What is shown of a reply.
        history: Whether all that the agent was asked and said before stands in front, in place of the opening.
        notes: What it noted of that, in place of it.
        agreement: In what share of cases it should side with peers that differ, in [0, 1]; said where it sees any.
    """
    before = own.call.messages if history else opening(agent, question, notes)
    speaks = shown(own, see if seen else "rationale") is not None
    last = (Message("assistant", own.text),) if speaks else ()
    return (*before, *last, Message("user", _request(speaks, seen, agreement)))


def _request(spoke: bool, quotes: Sequence[str], agreement: float | None) -> str:
    own = "" if spoke else f"{_OWN_SILENT}\n\n"
    if quotes:
        lean = "" if agreement is None else f"\n\n{_AGREE.format(percent=f'{100 * agreement:g}')}"
        return f"{own}{_PEERS}{told(quotes)}\n\n{_WEIGH}{lean}\n\n{_ASK}"
    return f"{own}{_ALONE}\n\n{_ASK}" if spoke else f"{own}{_ASK}"
