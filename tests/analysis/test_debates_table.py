"""The table of debates against the array functions, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from agentscale.analysis import analyze, fj_coupling, flip_table, revision
from agentscale.schema.run import Named

DEBATE, RING = Named(name="debate", parameters={"rounds": 1}), Named(name="ring")
SPOKEN = {"q0": ["ABA", "AAA"], "q1": ["BCA", "BBA"], "q2": ["BBB", "B-B"], "q3": ["AAB", "AAA"]}


def said(cell, letters: str) -> dict[str, str | None]:
    return {slot: None if x == "-" else x for slot, x in zip(cell.team.slots, letters, strict=True)}


@pytest.fixture
def row(build, embedding):
    edges = ((0, 1), (1, 2), (2, 0))
    ring = build.cell(["s/-"] * 3, protocol=DEBATE, topology=RING, edges=edges)
    vote = build.cell(["s/-"] * 3)
    trials = [build.transcript(ring, q, [said(ring, each) for each in rounds]) for q, rounds in SPOKEN.items()]
    trials += [build.transcript(vote, q, [said(vote, rounds[0])]) for q, rounds in SPOKEN.items()]
    made = analyze(
        build.folder([ring, vote], trials, samples=list(SPOKEN)), embedding, embedder="t", seed=1, resamples=50
    )
    (only,) = made.tables["debates"].rows
    assert only["cell"] == ring.id
    return only


def test_a_debate_has_the_numbers_of_the_array_functions_and_a_vote_has_none(row) -> None:
    a = np.array(
        [[["ABC-".index(x) if x != "-" else -1 for x in letters] for letters in each] for each in SPOKEN.values()]
    )
    truth, edges = np.zeros(4, dtype=int), [(0, 1), (1, 2), (2, 0)]
    flips = flip_table(a, truth, edges, seed=1, resamples=1)["all"]
    revised = revision(a, truth, seed=1, resamples=1)
    assert row["correction"] == revised.correction.value
    assert row["subversion"] == revised.subversion.value
    assert row["conformity"] == flips.conformity.value
    assert row["coupling"] == fj_coupling(np.where(a < 0, np.nan, a == 0), edges, seed=1, resamples=1).value
    assert row["gain"] == pytest.approx((a[:, 1] == 0).mean() - (a[:, 0] == 0).mean())


def test_drift_and_gaps_by_hand(row) -> None:
    assert row["drift"] == pytest.approx(np.mean([1 / 3, 0, 0, 1 / 3]))
    assert row["drift_low"] <= row["drift"] <= row["drift_high"]
    assert 0 < row["p_drift"] < 1
    assert row["oracle_gap"] == pytest.approx(np.mean([0, 1, 0, 0]))
    assert (row["unanimous"], row["unanimous_wrong"], row["n_items"]) == (0.75, 0.25, 4)


def test_trials_of_one_question_are_one_cluster() -> None:
    rng = np.random.Generator(np.random.Philox(1))
    a = rng.integers(0, 2, size=(60, 3, 4))
    alone = flip_table(a, np.zeros(60, dtype=int), seed=1, resamples=1)["all"].truth_advantage
    twice = np.repeat(a, 2, axis=0)
    paired = flip_table(twice, np.zeros(120, dtype=int), items=np.repeat(np.arange(60), 2), seed=1, resamples=1)["all"]
    assert paired.truth_advantage.high == pytest.approx(alone.high, abs=1e-4)
    assert paired.truth_advantage.n_items == 60
