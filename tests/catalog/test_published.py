"""The printed numbers of arXiv 2602.03794, and the slips in their arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agentscale.analysis import items_needed
from agentscale.catalog import published_yang2026

PAPER = published_yang2026()
ROWS = PAPER["table_1"]["datasets"]


def average(protocol: str, team: str) -> np.ndarray:
    return np.mean([row[protocol][team] for row in ROWS.values()], axis=0)


def printed(protocol: str, team: str) -> np.ndarray:
    return np.array(PAPER["table_1"]["printed_average"][protocol][team])


def test_every_row_has_a_value_for_every_size() -> None:
    sizes = len(PAPER["sizes"])
    tables: list[dict[str, Any]] = [*ROWS.values(), *PAPER["formal_logic_ablation"].values()]
    assert all(
        len(row[p][t]) == sizes for row in tables for p in ("vote", "debate") for t in ("homogeneous", "heterogeneous")
    )
    assert set(ROWS) == set(PAPER["questions"])
    assert sum(PAPER["questions"].values()) == 1200


@pytest.mark.parametrize(
    ("protocol", "team", "want"),
    [
        ("vote", "homogeneous", [68.10, 70.01, 72.57, 72.40, 73.66]),
        ("vote", "heterogeneous", [72.51, 75.43, 78.06, 78.49, 78.29]),
        ("debate", "homogeneous", [64.57, 66.27, 71.33, 70.77, 70.79]),
        ("debate", "heterogeneous", [67.90, 72.67, 75.80, 77.41, 76.19]),
    ],
)
def test_the_averages_are_those_of_the_seven_rows(protocol: str, team: str, want: list[float]) -> None:
    np.testing.assert_allclose(average(protocol, team), want, atol=0.0051)


def test_three_of_the_printed_averages_are_right_and_that_of_heterogeneous_votes_is_too_high() -> None:
    for protocol, team in (("vote", "homogeneous"), ("debate", "homogeneous"), ("debate", "heterogeneous")):
        np.testing.assert_allclose(average(protocol, team), printed(protocol, team), atol=0.12)
    excess = printed("vote", "heterogeneous") - average("vote", "heterogeneous")
    np.testing.assert_allclose(excess, [0.0, 0.7, 1.5, 2.5, 2.8], atol=0.06)


def test_the_gain_of_heterogeneous_votes_is_half_of_what_is_printed_at_the_largest_sizes() -> None:
    np.testing.assert_allclose(
        average("vote", "heterogeneous") - average("vote", "homogeneous"), [4.4, 5.4, 5.5, 6.1, 4.6], atol=0.06
    )
    np.testing.assert_allclose(
        printed("vote", "heterogeneous") - printed("vote", "homogeneous"), [4.4, 6.2, 7.0, 8.6, 7.5], atol=0.06
    )


def test_the_table_of_matches_agrees_with_the_debates_and_not_with_the_votes() -> None:
    vote, debate = PAPER["table_2"]["vote"], PAPER["table_2"]["debate"]
    assert debate["L4"][1] == pytest.approx(average("debate", "heterogeneous")[0], abs=0.01)
    assert vote["L4"][1] == pytest.approx(average("vote", "heterogeneous")[0] - 4.8, abs=0.01)


def test_two_diverse_against_sixteen_equal_agents_is_a_difference_inside_the_noise() -> None:
    vote = PAPER["table_2"]["vote"]
    delta = (vote["L4"][1] - vote["L1"][1]) / 100
    assert delta == pytest.approx(0.0237)
    assert items_needed(delta, 0.2) > 2 * sum(PAPER["questions"].values())


def test_accuracies_of_nought_on_four_choices_are_below_chance() -> None:
    assert PAPER["closed_source_formal_logic"]["gpt-5-mini"]["vote"]["homogeneous"][0] == 0.0
