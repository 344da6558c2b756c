"""What the parts of adaptive teams are asked: who steers, who solves, who criticises, who carries on a line of work."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.protocols.prompts.quotes import set_off, told
from agentscale.protocols.prompts.turns import opening
from agentscale.schema.agents import Agent
from agentscale.schema.calls import (
    ANSWER_MARK,
    DECISION_MARK,
    DIRECTION_MARK,
    REDO_MARK,
    SIZE_MARK,
    TOKENS_MARK,
    VERDICT_MARK,
    Message,
)
from agentscale.schema.tasks import Question

_SO_FAR = "This is what the team has so far:"
_FOUND = "An evaluation of it came to this:"
_STEER = (
    "You lead a team that is to answer the question. Do not answer it yourself. End with these lines, and nothing "
    "after them:"
)
_DIRECTED = "Your lead gives you this direction:"
_CRITICS = "Critics of your last reply say:"
_REVISE = f'Revise your reply where they are right, and end as the question asks, with "{ANSWER_MARK}".'
_BOARD = "These lines of work stand on the board that all share:"
_BRANCH = (
    "You are one of several who work on this side by side. Take up what the board lacks, in a way of your own, and end "
    f'as the question asks, with "{ANSWER_MARK}".'
)
_STAGES = "This is what the stages before you came to:"
_BACK = "The stage that judges sent the work back to you, and says:"


def steering(
    lead: Agent, question: Question, size: int, caps: Sequence[int], so_far: str = "", found: str = ""
) -> tuple[Message, ...]:
    """The messages to a controller, who sets the next turn's team, cap and direction; after the first, it may stop.

    Args:
        lead: Who steers.
        question: What is to be answered.
        size: The largest team.
        caps: The caps on tokens that it may choose from.
        so_far: The team's last solution, if there is one.
        found: What an evaluation of it came to.
    """
    lines = [
        *([f"{DECISION_MARK} <continue or stop>"] if so_far or found else []),
        f"{SIZE_MARK} <1 to {size}>",
        f"{TOKENS_MARK} <one of {', '.join(map(str, caps))}>",
        f"{DIRECTION_MARK} <one sentence>",
    ]
    parts = [*_parts((_SO_FAR, so_far), (_FOUND, found)), "\n".join([_STEER, *lines])]
    return _after(lead, question, parts)


def solving(
    agent: Agent, question: Question, direction: str = "", said: str = "", critics: Sequence[str] = ()
) -> tuple[Message, ...]:
    """The messages to a solver: a first solution, or one that takes up what critics say of the last.

    Args:
        agent: Who solves.
        question: What is asked.
        direction: The lead's, if it gave one.
        said: The solver's last reply.
        critics: What each critic said of it.
    """
    asked = _after(agent, question, _parts((_DIRECTED, direction)))
    if not critics:
        return asked
    heard = f"{_CRITICS}{told([set_off(text) for text in critics])}\n\n{_REVISE}"
    own = (Message("assistant", said),) if said.strip() else ()
    return (*asked, *own, Message("user", heard))


def branching(agent: Agent, question: Question, board: Sequence[str]) -> tuple[Message, ...]:
    """The messages to one of several lines of work: all that stands on the board, and that another way is wanted.

    Before anything stands there, it is the question alone, as in every protocol.
    """
    if not board:
        return opening(agent, question)
    return _after(agent, question, [f"{_BOARD}{told([set_off(text) for text in board])}", _BRANCH])


def staged(
    agent: Agent, question: Question, asks: str, before: Sequence[tuple[str, str]], back: str = ""
) -> tuple[Message, ...]:
    """The messages to one stage of a pipeline.

    Args:
        agent: Who works at it.
        question: What is asked.
        asks: What the stage is asked.
        before: What the stages before it came to, by their names.
        back: What the judging stage said when it sent the work back here.
    """
    lines = "\n\n".join(f"{name}:\n{set_off(text)}" for name, text in before)
    parts = [f"{_STAGES}\n\n{lines}"] if lines else []
    return _after(agent, question, [*parts, *_parts((_BACK, back)), asks])


def redirecting(names: Sequence[str]) -> str:
    """What a judging stage is asked: a verdict, and to whom the work goes back."""
    return (
        "Check this work step by step; do not answer the question yourself. End with a line that says whether it is "
        f'right: "{VERDICT_MARK} correct" or "{VERDICT_MARK} incorrect". If it is not, say before that line to whom it '
        f'goes back: "{REDO_MARK} <one of {", ".join(names)}>".'
    )


def _parts(*pairs: tuple[str, str]) -> list[str]:
    """Each text behind its heading; those that are empty are left out."""
    return [f"{heading}\n{set_off(text)}" for heading, text in pairs if text.strip()]


def _after(agent: Agent, question: Question, parts: Sequence[str]) -> tuple[Message, ...]:
    *before, asked = opening(agent, question)
    return (*before, Message("user", "\n\n".join([asked.content, *parts])))
