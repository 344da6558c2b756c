"""Rules of who reads whom in a population. To add one: a file with a `Reads`, and its place in `Reading`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from agentscale.environments.population.reads.alike import Alike
from agentscale.environments.population.reads.base import Act, Reads, Ties
from agentscale.environments.population.reads.follow import Follow
from agentscale.environments.population.reads.near import Near


def _named(value: object) -> object:
    return {"rule": value} if isinstance(value, str) else value


Reading = Annotated[
    Annotated[Follow | Near | Alike, Field(discriminator="rule")], BeforeValidator(_named, json_schema_input_type=Any)
]
"""A rule, or its name: ``near``, ``{rule: follow, each: 10}``."""

__all__ = ["Act", "Alike", "Follow", "Near", "Reading", "Reads", "Ties"]
