"""Two runs side by side: differences that were planted come back, paired, whichever run is named first."""

from __future__ import annotations

from typing import Any

import pytest

from agentscale.analysis import compare_runs
from agentscale.analysis.across import alike
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.run import Cell, Named
from agentscale.store import RunFolder

from .conftest import Builder

SAMPLES = [f"q{n:03}" for n in range(60)]


def played(build: Builder, name: str, right: set[str], cell: Cell, samples: list[str] = SAMPLES) -> RunFolder:
    """A run of one agent that answers right where it is said, and wrong elsewhere."""
    slot = cell.team.slots[0]
    given = [build.transcript(cell, sample, [{slot: "A" if sample in right else "B"}]) for sample in samples]
    return build.folder([cell], given, samples=SAMPLES, name=name)


def row(one: RunFolder, other: RunFolder, **how: Any) -> dict[str, Any]:
    table = compare_runs(one, other, seed=1, **how)
    assert len(table.rows) == 1
    assert tuple(table.rows[0]) == table.columns
    return dict(table.rows[0])


def test_a_planted_difference_comes_back_with_its_sign_turned_where_the_runs_are(build: Builder) -> None:
    cell = build.cell(["small/-"])
    one, other = played(build, "one", set(SAMPLES[:20]), cell), played(build, "other", set(SAMPLES[:35]), cell)
    there, back = row(one, other), row(other, one)
    assert there["delta"] == pytest.approx(15 / 60)
    assert (there["accuracy"], there["accuracy_other"]) == (pytest.approx(20 / 60), pytest.approx(35 / 60))
    assert there["low"] < there["delta"] < there["high"]
    assert (back["delta"], back["p_mcnemar"]) == (pytest.approx(-there["delta"]), pytest.approx(there["p_mcnemar"]))
    assert (back["low"], back["high"]) == (
        pytest.approx(-there["high"], abs=0.02),
        pytest.approx(-there["low"], abs=0.02),
    )
    assert there["p_mcnemar"] == pytest.approx(2 / 2**15)
    assert (there["calls"], there["tokens"], there["n_items"]) == (1.0, 13.0, 60)


def test_what_is_hard_for_both_cancels(build: Builder) -> None:
    cell = build.cell(["small/-"])
    one = played(build, "one", set(SAMPLES[:30]), cell)
    nested = played(build, "nested", set(SAMPLES[:40]), cell)
    crossed = played(build, "crossed", set(SAMPLES[20:]), cell)
    narrow, wide = row(one, nested), row(one, crossed)
    assert narrow["delta"] == pytest.approx(wide["delta"])
    assert narrow["high"] - narrow["low"] < 0.6 * (wide["high"] - wide["low"])


def test_an_interval_of_two_equal_runs_covers_nothing_in_95_of_100(build: Builder) -> None:
    rng = keyed(5, "equal runs")
    cell = build.cell(["small/-"])
    covered = 0
    for at in range(40):
        draws = [{sample for sample in SAMPLES if rng.random() < 0.6} for _ in range(2)]
        one, other = (played(build, f"{at}-{side}", draw, cell) for side, draw in enumerate(draws))
        found = row(one, other, resamples=400)
        covered += found["low"] <= 0.0 <= found["high"]
    assert covered >= 36


def test_only_questions_in_the_same_words_that_both_have_answered_count(build: Builder) -> None:
    cell = build.cell(["small/-"])
    one = played(build, "one", set(), cell)
    other = played(build, "other", set(SAMPLES), cell, SAMPLES[:30])
    assert (row(one, other)["n_items"], row(one, other)["accuracy"]) == (30, 0.0)
    asked = {key: q.model_copy(update={"prompt": "!"}) if key[1] < "q010" else q for key, q in one.questions().items()}
    other.questions = lambda: asked  # type: ignore[method-assign]
    assert row(one, other)["n_items"] == 20
    other.questions = dict  # type: ignore[method-assign]
    with pytest.raises(SpecError, match="share no question"):
        compare_runs(one, other, seed=1)


def test_teams_of_other_names_are_alike_only_where_they_have_no_rival(build: Builder) -> None:
    def cells(*names: str) -> list[Cell]:
        return [build.cell([f"{name}/-"], team_name=name) for name in names]

    def pairs(one: list[Cell], other: list[Cell]) -> list[tuple[str, str]]:
        return [(a.team_name, b.team_name) for a, b in alike(one, other)]

    assert pairs(cells("old"), cells("new")) == [("old", "new")]
    assert pairs(cells("same", "old"), cells("new", "same")) == [("same", "same"), ("old", "new")]
    assert pairs(cells("old"), cells("new", "newer")) == []
    ring = build.cell(["new/-"], team_name="new", topology=Named(name="ring"))
    assert pairs(cells("old"), [ring]) == []


def test_other_teams_other_decoding_and_unread_answers_are_told(build: Builder) -> None:
    cell, hot = build.cell(["small/-"]), build.cell(["large/-"], team_name="large", temperature=0.5)
    one = played(build, "one", set(SAMPLES[:20]), cell)
    mute = [build.transcript(hot, sample, [{"large/-/0": None}]) for sample in SAMPLES]
    note = row(one, build.folder([hot], mute, samples=SAMPLES, name="mute"))["note"]
    assert "the teams differ" in note
    assert "temperature 0.5" in note
    assert "unreadable answers differ: 0.0% against 100.0%" in note


def test_runs_without_a_cell_that_is_alike_are_refused(build: Builder) -> None:
    one = played(build, "one", set(), build.cell(["small/-"]))
    other = played(build, "other", set(), build.cell(["small/-"], protocol=Named(name="debate")))
    with pytest.raises(SpecError, match=r"no cell of .* is like one of"):
        compare_runs(one, other, seed=1)
