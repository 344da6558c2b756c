"""What a token costs: the keys ``prices`` and ``price`` of an experiment file."""

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
