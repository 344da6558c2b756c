"""Agents and teams: who may be asked, frozen. An agent cannot act; the engine asks on its behalf."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from agentscale.schema.record import Record, later
from agentscale.schema.tools import Tool


class Sampling(Record):
    """How a model draws its text. ``None`` leaves the choice to the endpoint, and nothing is sent."""

    temperature: float | None = Field(default=None, ge=0, le=2)
    """Softmax temperature; 0 is greedy."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """Nucleus mass."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Cap on the tokens of the answer. An answer that meets it is missing by truncation."""
    stop: tuple[str, ...] = ()
    """Texts that end the answer."""
    seed: int | Literal["derived"] | None = None
    """Endpoint seed: none by default. ``derived`` takes it from the call's identity; a fixed number makes the
    copies of a configuration identical."""

    def over(self, base: Sampling) -> Sampling:
        """These settings where they are given, those of ``base`` elsewhere."""
        return Sampling.model_validate(
            {**base.model_dump(exclude_defaults=True), **self.model_dump(exclude_defaults=True)}
        )


class Persona(Record):
    """A role that an agent plays: its text opens the agent's context."""

    name: str = Field(min_length=1)
    text: str = Field(min_length=1)


def listed(value: object) -> object:
    """A list of one may be written without its list."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


class Member(Record):
    """One member of an explicit team, or who plays a part beside the team, as an experiment file writes it."""

    model: str
    """A model's name in the file."""
    persona: str | None = None
    """A persona's name."""
    sampling: Sampling = Sampling()
    """Over the model's own."""
    tools: Annotated[tuple[str, ...], BeforeValidator(listed)] = later(())
    """Names of tools that it may use."""


class Agent(Record):
    """One member of a team, or who plays a part beside it."""

    slot: str
    """``config_id/copy``: the agent's identity, the same in every cell that has such an agent."""
    config_id: str
    """``model/persona`` (``model/-`` without a persona): equal agents share it."""
    copy_index: int = Field(ge=0)
    """The how-many-eth equal agent this is, counted from 0."""
    model: str
    """The model's name in the experiment file."""
    persona: Persona | None = None
    sampling: Sampling = Sampling()
    tools: tuple[Tool, ...] = later(())
    """What it may use before it answers."""


SCORER = "scorer"
"""The part of who judges the answers of a task, where somebody does."""


class Team(Record):
    """The agents of a cell, in slots. The smaller team of the same deal is a prefix of the larger."""

    agents: tuple[Agent, ...] = Field(min_length=1)
    parts: dict[str, Agent] = later({})
    """Who plays a part beside the members, such as the judge, by the part: who is named for it in the file."""

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """The members' slots in order."""
        return tuple(agent.slot for agent in self.agents)

    @property
    def everyone(self) -> tuple[Agent, ...]:
        """All that may be asked: the members, then who plays a part."""
        return (*self.agents, *self.parts.values())

    def playing(self, part: str) -> Agent:
        """The agent that plays a part: who is named for it in the file, else the first member.

        The first, since a smaller team is a prefix of a larger one: so the same agent plays it at every size.
        """
        return self.parts.get(part, self.agents[0])
