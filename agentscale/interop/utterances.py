"""The flat form of a run, in which foreign formats and run folders meet: one row for everything that an agent said.

The same columns are written by ``export --to csv`` and read by ``import``, so that a table goes out and comes back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from agentscale.schema.agents import Sampling
from agentscale.schema.calls import Role


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one agent said in one round about one question. ``None`` is unknown, which is not 0."""

    question: str
    """Id of the question within its task."""
    agent: str
    """Who spoke: a name that is the same in every row of that agent."""
    truth: str
    """The right answer: a letter of the options, or a number."""
    task: str = "imported"
    cell: str = "imported"
    """Which team, protocol and topology: rows of one cell are one team at work."""
    place: int | None = None
    """Place of the agent in its team, from 0; without it agents are ordered by name, ``Agent2`` before ``Agent10``."""
    model: str | None = None
    """Its model; without it every agent is a model of its own."""
    persona: str | None = None
    sampling: Sampling = Sampling()
    replicate: int = 0
    round: int = 0
    turn: int = 0
    role: Role = "agent"
    text: str = ""
    answer: str | None = None
    """As the file has it; what cannot be an answer of the task is missing."""
    missing: str | None = None
    """Why there is no answer, in the words of `agentscale.schema.calls.Missing`."""
    unread: bool = False
    """Whether nobody has read the text yet; the chain of extractors then does."""
    finish: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    reads: tuple[str, ...] = ()
    """The agents whose words the prompt quoted."""
    layer: str | None = None
    """``L1`` to ``L4`` or ``explicit``; without it the cell's models and personas tell."""
    team: str | None = None
    """Which team of the layer; without it the layer tells."""
    topology: str | None = None
    """Who read whom, by name; without it all read all, or as ``reads`` says."""
    prompt: str = ""
    """The words of the question; empty where the file has none."""
    choices: tuple[str, ...] = ()
    """The options in order, A first; without them the letters that occur are taken for the options."""
    level: int = 1
    line: int | None = None
    """Where the row stands in its file, from 1."""


@dataclass(frozen=True)
class Foreign:
    """A foreign log, read."""

    utterances: tuple[Utterance, ...]
    format: str
    """The name of its format."""
    led: frozenset[str] = frozenset()
    """Cells in which the first agent's answer is the team's, instead of a plurality."""
    warnings: tuple[str, ...] = ()
    """What the file does not tell, or tells twice, a sentence each."""


NEEDED = ("question", "agent", "truth")
"""Columns that an imported table must have, beside at least one of ``answer`` and ``text``."""

READ = tuple(each.name for each in fields(Utterance) if each.name not in ("sampling", "line", "unread"))
"""Columns that an imported table may have; ``temperature``, ``top_p`` and ``max_tokens`` may stand beside them."""

SAMPLED = ("temperature", "top_p", "max_tokens")
"""The columns of what an agent was decoded with."""


def natural(name: str) -> tuple[Any, ...]:
    """A key by which names are sorted as people count: ``Agent2`` before ``Agent10``."""
    parts = re.split(r"(\d+)", name)
    return tuple((int(part), part) if index % 2 else (part,) for index, part in enumerate(parts))
