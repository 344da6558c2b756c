"""Headroom has known values at its ends and its middle, and a pilot picks the level where it was planted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from agentscale.analysis.headroom import AtLevel, headroom, pick_levels
from agentscale.errors import SpecError


@pytest.mark.parametrize("chance", [0.0, 0.25, 0.5])
def test_headroom_is_one_half_way_from_guessing_to_perfection_and_nought_at_both_ends(chance: float) -> None:
    n = 1000
    right = np.array([chance, (1 + chance) / 2, 1.0]) * n
    assert headroom(right, n, chance).headroom == pytest.approx([0.0, 1.0, 0.0], abs=1e-12)


def test_what_is_below_guessing_has_no_headroom() -> None:
    assert headroom(1, 10, 0.25).headroom == 0


@settings(max_examples=25)
@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0, 0.9))
def test_headroom_lies_within_its_range_and_the_interval_is_wilsons(counts: tuple[int, int], chance: float) -> None:
    right, asked = counts
    found = headroom(right, asked, chance)
    low, high = binomtest(right, asked).proportion_ci(method="wilson")
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))
    assert 0 <= found.headroom <= 1
    assert found.low <= found.accuracy <= found.high


def test_without_answers_nothing_is_known() -> None:
    assert all(np.isnan(value) for value in headroom(0, 0))


@pytest.mark.parametrize(("right", "asked", "chance"), [(3, 2, 0), (-1, 2, 0), (1, 2, 1), (1, -2, 0)])
def test_counts_that_cannot_be_are_refused(right: float, asked: float, chance: float) -> None:
    with pytest.raises(SpecError):
        headroom(right, asked, chance)


def planted(accuracy: dict[int, list[float]], n: int = 40, n_missing: int = 0, chance: float = 0.25) -> list[AtLevel]:
    """Models with these accuracies at each level."""
    return [
        AtLevel("task", level, f"m{k}", *map(float, headroom(round(p * n), n, chance)), chance, n, n_missing)
        for level, own in accuracy.items()
        for k, p in enumerate(own)
    ]


def test_the_level_with_the_most_headroom_in_the_mean_over_models_is_picked() -> None:
    (picked,) = pick_levels(planted({1: [1.0, 0.95], 2: [0.7, 0.55], 3: [0.3, 0.2]}))
    assert (picked.task, picked.level, picked.warnings) == ("task", 2, ())
    assert picked.headroom == pytest.approx(0.96, abs=0.01)


def test_of_equal_levels_the_easier_is_picked() -> None:
    assert pick_levels(planted({1: [0.5], 2: [0.5]}))[0].level == 1


@pytest.mark.parametrize(("accuracy", "said"), [(1.0, "nearly always right"), (0.25, "near guessing, or below")])
def test_that_no_level_has_headroom_is_told_with_the_end_it_lies_at(accuracy: float, said: str) -> None:
    (picked,) = pick_levels(planted({1: [accuracy], 2: [accuracy]}))
    assert picked.warnings == (f"no level has much headroom: at this one too, models are {said}",)


def test_answers_that_cannot_be_read_are_not_taken_for_difficulty() -> None:
    (picked,) = pick_levels(planted({1: [0.5]}, n_missing=15))
    assert picked.warnings[0].startswith("15 of 40 answers of m0 cannot be read: ")


def test_every_task_has_its_own_level() -> None:
    other = [each._replace(task="other") for each in planted({4: [0.6]})]
    assert [(each.task, each.level) for each in pick_levels([*planted({1: [0.6]}), *other])] == [
        ("task", 1),
        ("other", 4),
    ]
