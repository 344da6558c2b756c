"""Confidence in words: how it is asked for, and how it is read."""

from __future__ import annotations

import re

from agentscale.protocols.prompts.turns import opening
from agentscale.schema.agents import Agent
from agentscale.schema.calls import CONFIDENCE_MARK, Message
from agentscale.schema.tasks import Question

_SAY = (
    "Before that line, say on a line of its own how sure you are of your answer, as a whole number from 0 to 100: "
    f'"{CONFIDENCE_MARK} <number>".'
)
_STATED = re.compile(rf"{re.escape(CONFIDENCE_MARK)}[ \t*_]*(\d{{1,3}}(?:\.\d{{1,9}})?)(?![\d.]*\d)", re.IGNORECASE)


def confident(agent: Agent, question: Question) -> tuple[Message, ...]:
    """The messages of a first turn in which the agent is also to say how sure it is."""
    *before, asked = opening(agent, question)
    return (*before, Message("user", f"{asked.content}\n\n{_SAY}"))


def sureness(text: str) -> float | None:
    """How sure a text says that it is, in [0, 1]: the last that it states; ``None`` where it states none in range."""
    stated = [float(number) for number in _STATED.findall(text)]
    return stated[-1] / 100 if stated and stated[-1] <= 100 else None
