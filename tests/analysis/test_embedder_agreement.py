"""Rank agreement of two embedders: known truths of the correlation, and of the table over a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from agentscale.analysis import NamedEmbedder, embedder_agreement, spearman
from agentscale.analysis.rank_agreement import over_cells, over_cells_of_a_size, over_questions
from agentscale.randomness import keyed
from agentscale.store import RunFolder

numbers = st.integers(min_value=-5, max_value=5)


@given(st.lists(st.tuples(numbers, numbers), min_size=3, max_size=20))
def test_with_ties_it_is_what_scipy_computes(pairs: list[tuple[int, int]]) -> None:
    x, y = np.array(pairs, dtype=float).T
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert np.isnan(spearman(x, y))
    else:
        assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=12, unique=True))
def test_any_growing_function_ranks_alike_and_any_falling_one_the_other_way(values: list[float]) -> None:
    x = np.array(values)
    assert spearman(np.argsort(np.argsort(x)), x) == pytest.approx(1)
    assert spearman(-np.argsort(np.argsort(x)), x) == pytest.approx(-1)


def test_pairs_with_a_hole_are_left_out_column_by_column() -> None:
    x = np.array([[1.0, np.nan], [2.0, 1.0], [3.0, 2.0], [9.0, 3.0]])
    y = np.array([[1.0, 5.0], [2.0, 3.0], [3.0, 2.0], [np.nan, 1.0]])
    np.testing.assert_allclose(spearman(x, y), [1.0, -1.0])


@pytest.mark.parametrize("n", [0, 1, 2])
def test_fewer_than_three_are_no_ranking(n: int) -> None:
    assert np.isnan(spearman(np.arange(n), np.arange(n)))


def test_sizes_alone_make_cells_agree_but_not_cells_of_a_size() -> None:
    rng = keyed(1, "sizes")
    sizes = np.repeat([2, 4, 8, 16], 12)
    values = np.log(sizes) + 0.1 * rng.normal(size=(40, 2, 48))  # two measures that know the size and nothing else
    values += 0.1 * rng.normal(size=(2, 48))
    assert over_cells(values) > 0.9
    assert abs(over_cells_of_a_size(values, sizes)) < 0.4
    assert abs(over_questions(values)) < 0.1


def test_questions_may_agree_where_cells_do_not() -> None:
    rng = keyed(2, "questions")
    hard = rng.normal(size=(200, 1, 1))
    values = hard + 0.1 * rng.normal(size=(200, 2, 6)) + np.array([[range(6), range(6, 0, -1)]])
    assert over_questions(values) > 0.95
    assert over_cells(values) == pytest.approx(-1)


def axes(texts: Sequence[str]) -> np.ndarray:
    """Equal first words are one direction."""
    out = np.full((len(texts), 6), 1e-9)
    for row, text in zip(out, texts, strict=True):
        row["abcdef".index(text[0])] += 1.0
    return out


def softer(texts: Sequence[str]) -> np.ndarray:
    """The same directions with much in common: lower K* in the same order."""
    return axes(texts) + 0.5


def blind(texts: Sequence[str]) -> np.ndarray:
    return np.ones((len(texts), 3))


def said(words: Mapping[str, str], sample: str, at: int, slot: str, answer: str | None) -> str:
    return f"{words[slot]} in {sample}"


@pytest.fixture
def folder(build: Any) -> RunFolder:
    """Three teams each of 1, 2, 4 and 6 agents, whose texts have from one to six first words."""
    rng = keyed(4, "texts")
    samples = [f"q{at:02}" for at in range(12)]
    cells = [build.cell([f"m{team}"] * size, team_name=f"m{team}") for team in range(3) for size in (1, 2, 4, 6)]
    trials = []
    for cell in cells:
        wide = 1 + 2 * int(cell.team_name[1])  # the team's words
        for sample in samples:
            words = {slot: "abcdef"[int(rng.integers(min(wide + 1, 6)))] for slot in cell.team.slots}
            texts = partial(said, words, sample)
            trials.append(build.transcript(cell, sample, [dict.fromkeys(cell.team.slots, "A")], texts=texts))
    return build.folder(cells, trials, samples=samples)


def table(folder: RunFolder, *embedders: NamedEmbedder) -> dict[tuple[str, str], dict[str, Any]]:
    made = embedder_agreement(folder, embedders, seed=1, resamples=100)
    assert all(tuple(row) == made.columns for row in made.rows)
    return {(row["measure"], row["over"]): dict(row) for row in made.rows}


AXES, SOFTER, BLIND = (
    NamedEmbedder("axes@1:6", axes),
    NamedEmbedder("softer@1:6", softer),
    NamedEmbedder("b@1:3", blind),
)
OVERS = ("cells", "cells of a size", "questions")


def test_an_embedder_that_ranks_alike_agrees_in_full_whatever_its_values(folder: RunFolder) -> None:
    found = table(folder, AXES, SOFTER)
    assert set(found) == {(measure, over) for measure in ("k_star", "d_2", "mean_cosine") for over in OVERS}
    for (measure, over), row in found.items():
        assert row["spearman"] > (0.9 if measure == "k_star" else 0.8), (measure, over)
        assert row["low"] <= row["spearman"] <= row["high"] + 1e-12
        assert (row["a"], row["b"], row["task"]) == ("axes@1:6", "softer@1:6", "quiz")


def test_agents_that_are_alone_are_left_out(folder: RunFolder) -> None:
    row = table(folder, AXES, SOFTER)["k_star", "cells"]
    assert (row["n_cells"], row["n_items"]) == (9, 12)


def test_an_embedder_that_sees_no_difference_cannot_be_compared_and_that_is_said(folder: RunFolder) -> None:
    for row in table(folder, AXES, BLIND).values():
        assert np.isnan(row["spearman"])
        assert np.isnan(row["low"])
        assert "all alike" in row["note"]


def test_few_cells_are_warned_of_since_chance_may_rank_them_alike(build: Any, folder: RunFolder) -> None:
    cells = [cell for cell in folder.header.cells if cell.size == 6]
    trials = [one for cell in cells for one in folder.transcripts(cell.id)]
    few = build.folder(cells, trials, samples=[f"q{at:02}" for at in range(12)], name="few")
    found = table(few, AXES, SOFTER)
    assert found["k_star", "cells"]["note"] == "only 3 cells to rank"
    assert found["k_star", "questions"]["note"] == ""


def test_a_run_without_teams_has_no_rows(build: Any) -> None:
    cell = build.cell(["m"])
    folder = build.folder([cell], [build.transcript(cell, "q", [{"m/0": "A"}])], samples=["q"])
    assert embedder_agreement(folder, [AXES, SOFTER], seed=1).rows == ()


def test_every_further_embedder_is_compared_with_the_first(folder: RunFolder) -> None:
    made = embedder_agreement(folder, [AXES, SOFTER, BLIND], seed=1, resamples=20)
    assert {(row["a"], row["b"]) for row in made.rows} == {("axes@1:6", "softer@1:6"), ("axes@1:6", "b@1:3")}


def test_a_second_comparison_needs_neither_embedder_and_is_the_same(folder: RunFolder) -> None:
    def gone(texts: Sequence[str]) -> np.ndarray:
        raise AssertionError(f"asked for {len(texts)} texts")

    before = table(folder, AXES, SOFTER)
    after = table(folder, NamedEmbedder("axes@1:6", gone), NamedEmbedder("softer@1:6", gone))
    assert json.dumps(list(after.values())) == json.dumps(list(before.values()))
