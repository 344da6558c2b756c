"""Attitudes whose way is planted: the table has that way, and what nobody said is not in it."""

from __future__ import annotations

import pytest

from agentscale.analysis import analyze
from agentscale.schema.run import Named

DEBATE, COMPLETE = Named(name="debate", parameters={"rounds": 2}), Named(name="complete")


@pytest.fixture
def told(build, embedding):
    def of(configs, stands_by_question):
        edges = tuple((u, v) for u in range(len(configs)) for v in range(len(configs)) if u != v)
        cell = build.cell(configs, protocol=DEBATE, topology=COMPLETE, edges=edges)
        trials = [
            build.probed(
                build.transcript(cell, f"q{at}", [dict.fromkeys(cell.team.slots, "A")] * 3),
                dict(zip(cell.team.slots, stands, strict=bool(stands))),
            )
            for at, stands in enumerate(stands_by_question)
        ]
        folder = build.folder([cell], trials, samples=[f"q{at}" for at in range(len(trials))])
        rows = analyze(folder, embedding, embedder="t", seed=1, resamples=100).tables["attitudes"].rows
        return {(row["measure"], row["at"]): row for row in rows}

    return of


def test_agents_that_move_a_known_amount_a_round_have_that_drift(told) -> None:
    """One comes down by 1 a round from 3 above the default, the other stays 2 below it."""
    rows = told(["a/hawk", "a/dove"], [[(d, [d + 3, d + 2, d + 1]), (d, [d - 2] * 3)] for d in (4, 5, 6)])
    for at, (first, second) in enumerate([(3, 2), (2, 2), (1, 2)]):
        assert rows["from_default", str(at)]["value"] == pytest.approx((first + second) / 2)
        assert rows["from_default_of", f"a/hawk, {at}"]["value"] == pytest.approx(first)
        assert rows["from_default_of", f"a/dove, {at}"]["value"] == pytest.approx(second)
        assert rows["from_start_of", f"a/hawk, {at}"]["value"] == pytest.approx(at)
        assert rows["from_start_of", f"a/dove, {at}"]["value"] == 0
    assert rows["approach", "2"]["value"] == pytest.approx(1.0)
    assert rows["attitude", "0"]["value"] == pytest.approx(5.5)
    assert rows["attitude_spread", "0"]["value"] == pytest.approx(2.5)
    assert rows["attitude_default", ""]["value"] == pytest.approx(5)


def test_agents_that_stand_still_have_no_drift_and_its_interval_is_at_nought(told) -> None:
    rows = told(["a/hawk", "a/dove"], [[(5, [8 - at] * 3), (5, [2] * 3)] for at in range(4)])
    for measure in ("approach", "from_start"):
        assert [rows[measure, "2"][end] for end in ("value", "low", "high")] == [0, 0, 0]


def test_defaults_are_of_the_agents_own_model(told) -> None:
    rows = told(["a/x", "a/y", "b/x"], [[(4, [5]), (6, [5]), (9, [5])]] * 2)
    assert rows["from_default_of", "a/x, 0"]["value"] == 0  # the mean of 4 and 6
    assert rows["from_default_of", "b/x, 0"]["value"] == 4


def test_what_cannot_be_read_is_left_out_and_its_share_told(told) -> None:
    rows = told(["a/-", "a/-"], [[(5, [7, None]), (None, [7, 7])], [(5, [7, None]), (5, [7, None])]])
    assert rows["attitude_unread", "1"]["value"] == pytest.approx(3 / 4)
    assert (rows["attitude", "1"]["value"], rows["attitude", "1"]["n_items"]) == (7, 1)
    assert rows["from_default", "0"]["value"] == 2


def test_a_debate_without_probes_has_no_attitudes(told) -> None:
    assert told(["a/-"], [[]]) == {}
