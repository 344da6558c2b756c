"""What a run may spend, and what a token costs: the keys ``budget``, ``prices`` and ``price`` of an experiment file."""

from __future__ import annotations

from pydantic import Field

from agentscale.schema.record import Record


class Price(Record):
    """US dollars for a million tokens."""

    input: float = Field(ge=0)
    """For a million tokens of prompts."""
    output: float = Field(ge=0)
    """For a million tokens of answers, reasoning included."""
    cached: float | None = Field(default=None, ge=0)
    """For a million tokens of prompts that the endpoint says it had cached; the price of ``input`` where left out."""


class Caps(Record):
    """What may be spent at most; no cap where none is given. What is known from the recording counts as spent."""

    calls: int | None = Field(default=None, ge=0)
    """Calls, failed ones included. A call counts once, however often the transport had to try."""
    tokens: int | None = Field(default=None, ge=0)
    """Tokens of prompts and answers together, as the endpoints count them. Needs max_tokens for every model."""
    usd: float | None = Field(default=None, ge=0)
    """US dollars. Needs a known price, and max_tokens unless it is 0, for every model."""
    wall_s: float | None = Field(default=None, ge=0)
    """Seconds since the first trial began, of this command. No trial is begun later; those under way end."""


class BudgetCaps(Caps):
    """Caps on the whole run, on each of its cells, and on each of its agents' configurations."""

    cell: Caps = Caps()
    """For each cell, shared calls included. At its cap a cell ends, and the others go on."""
    agent: Caps = Caps()
    """For each configuration, such as model/persona, over all cells. At its cap the cells with such an agent end."""
