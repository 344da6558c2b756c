"""What describes a world, with the range and the source of every number.

The model is the latent-channel mixture: theory.md, section 11.1; defaults and ranges are those of section 11.2 unless
a field says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from agentscale.errors import SpecError
from agentscale.schema.record import Record

Probability = Annotated[float, Field(ge=0, le=1)]


def _listed(value: object) -> object:
    return list(value) if isinstance(value, list | tuple) else [value]


class WorldParameters(Record):
    """A world in full: equal parameters are one world with one truth."""

    seed: int = Field(default=0, ge=0)
    """Which world of this kind: it fixes the questions, the channels and who prefers which channel, and never what
    one agent draws in one run, which belongs to the run's own seed."""
    channels: int = Field(default=12, ge=1, le=4096)
    """K, ways to reason about a question. Twelve are those of the acceptance values (section 11.3)."""
    models: int = Field(default=3, ge=1, le=4096)
    """M, models of the world (section 11.3)."""
    personas: int = Field(default=5, ge=1, le=4096)
    """S, personas that `World.team` deals out (section 11.3). A persona is known by its name, so any other name may
    be asked for as well."""
    solvability_a: float = Field(default=1.1, ge=0.01, le=1000)
    """a of the solvability α_q ~ Beta(a, b) of a question; U-shaped with b, mean 0.59."""
    solvability_b: float = Field(default=0.75, ge=0.01, le=1000)
    """b of the solvability."""
    monoculture: Probability = 0.45
    """r, the correlation of success between the channels of a question. Tetrachoric correlations of real models are
    0.44 to 0.79."""
    attractor: Probability = 0.55
    """μ, the probability that a failing channel ends at the question's common wrong answer. Gives the agreement
    between models that are both wrong, about 0.6."""
    affinity: float = Field(default=0.6, ge=0.01, le=1000)
    """κ_M of the model's preference over channels, Dir(κ_M, …, κ_M); small is one-sided. Range 0.2 to 5."""
    families: int = Field(default=0, ge=0, le=4096)
    """Families of models, dealt round-robin; 0: models have nothing in common but the world."""
    family_affinity: float = Field(default=20.0, ge=0.01, le=1e6)
    """κ_F of a model's preference within its family f, Dir(κ_F·π_f); large makes brothers alike. Its effect is to be
    set by the excess of correlation within a provider, about .04 (HELM, section 6.5)."""
    persona_tilt: float = Field(default=1.5, ge=0, le=20)
    """τ_S, how far a persona bends the model's preference. Range 0 to 3, by the size of the effect of personas."""
    fresh: Probability = 0.25
    """ψ, the probability that an agent leaves the habit of its configuration. 0: equal agents share their channel;
    1: they draw independently. Gives effective numbers of equal agents of 1.2 to 1.8."""
    fidelity_right: Probability = 0.97
    """h, the probability that an agent whose channel succeeds says what the channel found."""
    fidelity_wrong: Probability = 0.9
    """ω, the same where the channel fails."""
    parse_failure: Annotated[tuple[Probability, ...], BeforeValidator(_listed), Field(min_length=1)] = (0.0,)
    """f, the probability that an answer cannot be read: one number for all models, or one for each."""
    copying: Probability = 0.1
    """κ, the probability that an agent in a debate takes over one given answer that it reads. The literature's drop
    from vote to debate suggests 0.05 to 0.1 (from a secondary note, unconfirmed)."""
    truth_advantage: float = Field(default=0.0, ge=-20, le=20)
    """adv, by how much the log-odds of taking over a right answer exceed those of a wrong one. 0 is neutral; range
    −0.3 to 1."""
    open_options: int = Field(default=8, ge=2, le=1000)
    """C, possible answers of a question that lists none (a choice of agentscale's own, without a source)."""

    @model_validator(mode="after")
    def _one_failure_rate_a_model(self) -> WorldParameters:
        if len(self.parse_failure) not in (1, self.models):
            raise ValueError(
                f"parse_failure has {len(self.parse_failure)} numbers; give one for all models, or one for each of "
                f"the {self.models} models"
            )
        return self

    def failure_of(self, model: int) -> float:
        """The failure rate f of one model, in [0, 1]."""
        return self.parse_failure[model % len(self.parse_failure)]


PRESETS: dict[str, WorldParameters] = {
    "mcq-default": WorldParameters(),
    "mcq-parse-failures": WorldParameters(parse_failure=(0.05, 0.08, 0.30)),
}
"""Worlds by name. ``mcq-default`` has the values of section 11.3; ``mcq-parse-failures`` adds those of a pool of three
models of which some often cannot be read (section 1.6, E4)."""


def resolve(preset: str, changes: Mapping[str, Any]) -> WorldParameters:
    """The parameters of a preset with changes.

    Args:
        preset: A key of `PRESETS`.
        changes: Fields of `WorldParameters` that differ.

    Raises:
        SpecError: for an unknown preset or parameter, and for a value outside its range.
    """
    if preset not in PRESETS:
        raise SpecError.unknown("preset of the simulator", preset, PRESETS, key="preset")
    for name in changes:
        if name not in WorldParameters.model_fields:
            raise SpecError.unknown("parameter of the world", name, WorldParameters.model_fields, key=f"world.{name}")
    try:
        return WorldParameters.model_validate({**PRESETS[preset].model_dump(), **changes})
    except ValidationError as invalid:
        raise _refusal(invalid) from None


def _refusal(invalid: ValidationError) -> SpecError:
    first = invalid.errors(include_url=False)[0]
    place = ".".join(str(part) for part in ("world", *first["loc"]))
    if first["type"] == "value_error":  # our own rule above: its message is whole
        return SpecError(first["msg"].removeprefix("Value error, "), key=place)
    return SpecError(f"got {first['input']!r}", key=place, allowed=first["msg"].removeprefix("Input should be "))
