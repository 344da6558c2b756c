from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.simulation import PRESETS, World, WorldParameters, resolve

PROBABILITIES = ["monoculture", "attractor", "fresh", "fidelity_right", "fidelity_wrong", "copying"]


def test_a_preset_without_changes_is_the_preset() -> None:
    for name, preset in PRESETS.items():
        assert resolve(name, {}) == preset


def test_the_default_preset_has_the_values_of_the_theory() -> None:
    p = PRESETS["mcq-default"]
    assert (p.solvability_a, p.solvability_b, p.monoculture, p.attractor) == (1.1, 0.75, 0.45, 0.55)
    assert (p.affinity, p.persona_tilt, p.fresh, p.fidelity_right, p.fidelity_wrong) == (0.6, 1.5, 0.25, 0.97, 0.9)
    assert (p.channels, p.models, p.personas, p.parse_failure) == (12, 3, 5, (0.0,))


def test_changes_reach_the_parameters_and_leave_the_rest() -> None:
    changed = resolve("mcq-default", {"fresh": 0.5, "parse_failure": 0.2, "seed": 4})
    assert (changed.fresh, changed.parse_failure, changed.seed) == (0.5, (0.2,), 4)
    assert changed.model_copy(update={"fresh": 0.25, "parse_failure": (0.0,), "seed": 0}) == PRESETS["mcq-default"]


def test_parameters_survive_json() -> None:
    for preset in PRESETS.values():
        assert WorldParameters.model_validate_json(preset.model_dump_json()) == preset


@pytest.mark.parametrize("name", PROBABILITIES)
@pytest.mark.parametrize("value", [-0.01, 1.01, "much", None, float("nan")])
def test_a_probability_outside_its_range_names_its_key_and_what_was_got(name: str, value: object) -> None:
    with pytest.raises(SpecError, match=rf"world\.{name}: got ") as caught:
        resolve("mcq-default", {name: value})
    assert caught.value.allowed


@pytest.mark.parametrize(
    "changes",
    [
        {"channels": 0},
        {"models": 0},
        {"personas": 0},
        {"seed": -1},
        {"solvability_a": 0},
        {"affinity": 0},
        {"persona_tilt": -1},
        {"truth_advantage": 21},
        {"open_options": 1},
        {"parse_failure": []},
        {"parse_failure": [0.1, 1.5, 0.1]},
    ],
)
def test_a_world_that_cannot_be_is_refused_by_key(changes: dict[str, object]) -> None:
    with pytest.raises(SpecError) as caught:
        resolve("mcq-default", changes)
    assert (caught.value.key or "").startswith(f"world.{next(iter(changes))}")


def test_failure_rates_are_one_for_all_or_one_a_model() -> None:
    assert [resolve("mcq-default", {"parse_failure": 0.3}).failure_of(m) for m in range(3)] == [0.3] * 3
    assert [PRESETS["mcq-parse-failures"].failure_of(m) for m in range(3)] == [0.05, 0.08, 0.30]
    with pytest.raises(SpecError, match="one for each of the 3 models"):
        resolve("mcq-default", {"parse_failure": [0.1, 0.2]})


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="did you mean 'mcq-default'"):
        resolve("mcq_default", {})
    with pytest.raises(SpecError, match="did you mean 'attractor'"):
        resolve("mcq-default", {"atractor": 0.5})


@pytest.mark.parametrize("model", [-1, 3, 99])
def test_a_model_that_the_world_does_not_have_is_refused(model: int) -> None:
    world = World(WorldParameters())
    for ask in (world.preference, lambda m: world.team("L1", 2, m)):
        with pytest.raises(SpecError, match="not in this world of 3"):
            ask(model)


@given(st.dictionaries(st.text(max_size=12), st.one_of(st.none(), st.integers(), st.floats(), st.text())))
def test_whatever_is_written_is_a_world_or_a_spec_error(changes: dict[str, object]) -> None:
    with contextlib.suppress(SpecError):
        assert isinstance(resolve("mcq-default", changes), WorldParameters)
