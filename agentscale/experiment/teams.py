"""Deals teams: which model and which persona sit on which slot.

Members are dealt round-robin, so that every smaller team is a prefix of the larger.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from typing import Literal, TypeVar

from agentscale.schema.agents import Agent, Member, Persona, Sampling, Team
from agentscale.schema.experiment import Experiment, TeamSpec
from agentscale.schema.record import digest
from agentscale.schema.tools import Tool

EXPLICIT = "explicit"

One = TypeVar("One")
Other = TypeVar("Other")


@dataclass(frozen=True)
class Configuration:
    """What equal agents share."""

    id: str
    model: str
    persona: Persona | None
    sampling: Sampling
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True)
class Deal:
    """A team of any size: agent i has configuration ``i mod len(configurations)``."""

    layer: str
    name: str
    sizes: tuple[int, ...]
    configurations: tuple[Configuration, ...]

    def configuration(self, index: int) -> Configuration:
        """That of agent ``index``, in a team of any size."""
        return self.configurations[index % len(self.configurations)]

    def parts_from(self, other: Deal) -> int | None:
        """The first agent in which the two teams would differ if they were large enough; ``None`` if there is none."""
        both = math.lcm(len(self.configurations), len(other.configurations))
        return next((at for at in range(both) if self.configuration(at) != other.configuration(at)), None)

    def team(self, size: int) -> Team:
        """The first ``size`` agents."""
        copies: Counter[str] = Counter()
        agents = []
        for index in range(size):
            dealt = self.configuration(index)
            copy = copies[dealt.id]
            copies[dealt.id] += 1
            agents.append(
                Agent(
                    slot=f"{dealt.id}/{copy}",
                    config_id=dealt.id,
                    copy_index=copy,
                    model=dealt.model,
                    persona=dealt.persona,
                    sampling=dealt.sampling,
                    tools=dealt.tools,
                )
            )
        return Team(agents=tuple(agents))


def deals(
    spec: TeamSpec,
    experiment: Experiment,
    personas: Sequence[str],
    pool: Mapping[str, Persona],
    tools: Mapping[str, Tool],
) -> list[Deal]:
    """The teams that one entry under ``team`` describes, for one task.

    Args:
        spec: The entry; its names are known to be right.
        experiment: The experiment around it.
        personas: What ``personas: all`` means here.
        pool: All personas that can be named, by name.
        tools: All tools that can be named, by name.
    """
    if spec.members is not None:
        sizes = spec.size or (len(spec.members),)
        members = tuple(_configuration(member, experiment, pool, tools) for member in spec.members)
        return [Deal(EXPLICIT, spec.name or "team", sizes, members)]
    models = tuple(experiment.models) if spec.models == "all" else spec.models
    if spec.pairs is not None:
        each = {model: _configuration(Member(model=model), experiment, pool, tools) for model in models}
        return [
            Deal(EXPLICIT, ".".join(filter(None, (spec.name, f"{one}+{other}"))), (2,), (each[one], each[other]))
            for one, other in _paired(models, spec.pairs)
        ]
    names = tuple(personas) if spec.personas == "all" else spec.personas
    made = []
    for layer in spec.layer or ("L1",):
        personed: tuple[str | None, ...] = names if layer in ("L2", "L4") else (None,)
        for name, dealt in _pools(layer, models, spec.name):
            members = tuple(
                _configuration(Member(model=model, persona=persona, tools=names), experiment, pool, tools)
                for (model, persona), names in crossed(tuple(crossed(dealt, personed)), spec.tools or ((),))
            )
            # Layers differ in models and personas alone; a team with tools is a treatment of its own, never averaged.
            made.append(Deal(EXPLICIT if spec.tools else layer, name, spec.size or (1,), members))
    return made


def cast(
    parts: Mapping[str, Member], experiment: Experiment, pool: Mapping[str, Persona], tools: Mapping[str, Tool]
) -> dict[str, Agent]:
    """Who plays which part beside a team: a configuration of its own, so that it shares no call with a member.

    Args:
        parts: The file's words, by part; their names are known to be right.
        experiment: The experiment around them.
        pool: All personas that can be named, by name.
        tools: All tools that can be named, by name.
    """
    return {part: _player(part, _configuration(member, experiment, pool, tools)) for part, member in parts.items()}


def _player(part: str, dealt: Configuration) -> Agent:
    name = f"{dealt.id}@{part}"
    return Agent(
        slot=f"{name}/0",
        config_id=name,
        copy_index=0,
        model=dealt.model,
        persona=dealt.persona,
        sampling=dealt.sampling,
        tools=dealt.tools,
    )


def _paired(models: Sequence[str], kind: Literal["ordered", "unordered"]) -> Iterator[tuple[str, str]]:
    """All pairs of models, each with itself too."""
    return iter(product(models, models) if kind == "ordered" else combinations_with_replacement(models, 2))


def _pools(layer: str, models: tuple[str, ...], name: str | None) -> list[tuple[str, tuple[str, ...]]]:
    """The teams of a layer: one for each model in L1 and L2, one of all models in L3 and L4."""
    if layer in ("L1", "L2"):
        return [(f"{name}.{model}" if name else model, (model,)) for model in models]
    return [(name or layer, models)]


def crossed(models: Sequence[One], personas: Sequence[Other]) -> Iterator[tuple[One, Other]]:
    """One period of the deal: agent i has model i mod M and persona i mod P, and all M·P pairs come before any repeats.

    Where M and P share a factor, plain counting would never meet some pairs, so each pass of lcm(M, P) agents starts
    one persona later.
    """
    n_models, n_personas = len(models), len(personas)
    for index in range(n_models * n_personas):
        shift = index // math.lcm(n_models, n_personas)
        yield models[index % n_models], personas[(index + shift) % n_personas]


def _configuration(
    member: Member, experiment: Experiment, pool: Mapping[str, Persona], tools: Mapping[str, Tool]
) -> Configuration:
    """A member with its settings merged: its own over its model's over the experiment's."""
    usual = experiment.models[member.model].sampling.over(experiment.sampling)
    sampling = member.sampling.over(usual)
    name = f"{member.model}/{member.persona or '-'}"
    if sampling != usual:
        # By digest and not by number, so that a slot keeps its name when members are added or moved.
        name += f"@{digest(sampling.model_dump(mode='json'))[:6]}"
    if member.tools:
        name += "@" + "".join(f"+{tool}" for tool in member.tools)
    persona = pool[member.persona] if member.persona else None
    return Configuration(name, member.model, persona, sampling, tuple(tools[tool] for tool in member.tools))
