"""From a run folder to forecasts: what counts as a replicate, and the rows by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agentscale.analysis import DeFinetti, Pilot, forecast_table, read_pilots
from agentscale.analysis.forecast import outlook
from agentscale.errors import SpecError
from agentscale.schema.run import Named

DEBATE = Named(name="debate", parameters={"rounds": 1})


def said(cell: Any, answers: str) -> dict[str, str | None]:
    """One letter an agent; ``-`` is unreadable."""
    return {slot: None if letter == "-" else letter for slot, letter in zip(cell.team.slots, answers, strict=True)}


@pytest.fixture
def folder(build):
    """A vote of two configurations, and a debate of three agents of the first whose round 0 is the vote's."""
    vote = build.cell(["s/-", "s/-", "s/-", "l/wise"], layer="explicit", team_name="team")
    debate = build.cell(["s/-", "s/-"], protocol=DEBATE)
    first = {"q0": "AABA", "q1": "BB-A", "q2": "ABCC"}
    trials = [build.transcript(vote, q, [said(vote, answers)]) for q, answers in first.items()]
    trials += [build.transcript(debate, q, [said(debate, a[:2]), said(debate, "AA")]) for q, a in first.items()]
    return build.folder([vote, debate], trials, samples=list(first))


def test_a_pilot_holds_each_call_once_and_only_what_was_said_alone(folder) -> None:
    (pilot,) = read_pilots(folder)
    assert (pilot.task, pilot.configs, pilot.models) == ("quiz", ("s/-", "l/wise"), ("s", "l"))
    assert pilot.pilot.counts.tolist() == [[[2, 1, 0], [1, 0, 0]], [[0, 2, 0], [1, 0, 0]], [[1, 1, 1], [0, 0, 1]]]
    assert pilot.pilot.missing.tolist() == [[0, 0], [1, 0], [0, 0]]
    assert (pilot.tokens_in, pilot.tokens_out) == ((10.0, 10.0), (3.0, 3.0))


def test_calls_asked_anew_in_every_cell_are_further_replicates(build) -> None:
    cells = [build.cell(["s/-"] * n) for n in (1, 2)]
    trials = []
    for cell in cells:
        one = build.transcript(cell, "q0", [said(cell, "AB"[: cell.size])])
        anew = tuple(event.model_copy(update={"key": cell.id + event.key}) for event in one.events)
        trials.append(one.model_copy(update={"events": anew}))
    (pilot,) = read_pilots(build.folder(cells, trials, samples=["q0"]))
    assert pilot.pilot.recorded.tolist() == [[3]]


def test_one_call_that_failed_leaves_the_tokens_of_the_others_known(build) -> None:
    cell = build.cell(["s/-", "s/-"])
    one = build.transcript(cell, "q0", [said(cell, "A-")])
    lost = one.events[1].model_copy(update={"tokens_in": None, "tokens_out": None, "error": "timeout"})
    one = one.model_copy(update={"events": (one.events[0], lost)})
    (pilot,) = read_pilots(build.folder([cell], [one], samples=["q0"]))
    assert pilot.cost("tokens") == (13.0,)


def test_who_read_somebody_is_no_replicate(build) -> None:
    cell = build.cell(["s/-", "s/-"])
    one = build.transcript(cell, "q0", [said(cell, "AB")])
    reader = one.events[1].model_copy(update={"reads": ("s/-/0",)})
    one = one.model_copy(update={"events": (one.events[0], reader)})
    (pilot,) = read_pilots(build.folder([cell], [one], samples=["q0"]))
    assert pilot.pilot.recorded.tolist() == [[1]]


def test_the_table_goes_to_four_times_the_pilot_and_without_end(folder) -> None:
    found = forecast_table(read_pilots(folder), seed=7, resamples=50)
    assert all(tuple(row) == found.columns for row in found.rows)
    alone = [row for row in found.rows if row["team"].endswith(" s")]
    assert [row["size"] for row in alone] == [1, 2, 3, 4, 8, 12, np.inf]
    assert [row["reach"] for row in alone[:-1]] == pytest.approx([1 / 3, 2 / 3, 1, 4 / 3, 8 / 3, 4])
    assert [row["kind"] for row in alone] == ["team"] * 6 + ["ceiling"]
    once = [row["team"] for row in found.rows if row not in alone]
    assert once == ["1 of each", "1 l/wise"]  # one replicate says nothing of two
    assert not any("times the pilot" in row["warnings"] for row in found.rows)


def test_a_named_team_is_the_array_layers_forecast_with_its_reach_and_warning(folder) -> None:
    (pilot,) = read_pilots(folder)
    (row,) = forecast_table([pilot], seed=7, team={"s": 3, "l/wise": 20}, resamples=50).rows
    (want,) = DeFinetti(pilot.pilot, seed=7, resamples=50, task="quiz").accuracy([(3, 20)])
    assert row["accuracy"] == want.accuracy.value
    assert (row["team"], row["size"], row["reach"]) == ("3 s + 20 l/wise", 23, 20.0)
    assert "more than 4 times the pilot" in row["warnings"]
    assert "one replicate" in row["warnings"]


def test_a_budget_of_tokens_buys_what_a_budget_of_calls_does_at_equal_prices(folder) -> None:
    calls, tokens = forecast_table(read_pilots(folder), seed=7, budget={"calls": 4, "tokens": 52}, resamples=50).rows
    assert (calls["kind"], tokens["kind"]) == ("best for 4 calls", "best for 52 tokens")
    assert calls["team"] == tokens["team"]
    assert tokens["cost"] == 13 * calls["cost"] <= 52
    assert "on questions that did not choose it" in calls["method"]


def test_an_outlook_is_the_default_table_and_the_best_team_for_a_few_calls(folder) -> None:
    found, default = (
        outlook(folder, seed=7, resamples=50).forecast,
        forecast_table(read_pilots(folder), seed=7, resamples=50),
    )
    best = [row for row in found.rows if row["kind"].startswith("best")]
    assert [row["kind"] for row in best] == [f"best for {calls} calls" for calls in (2, 4, 8)]
    np.testing.assert_equal(list(found.rows[: -len(best)]), list(default.rows))
    (want,) = forecast_table(read_pilots(folder), seed=7, budget={"calls": 4}, resamples=50).rows
    np.testing.assert_equal(best[1], want)


def test_one_configuration_has_no_best_team_and_a_run_without_first_answers_no_outlook(build) -> None:
    cell = build.cell(["s/-", "s/-"])
    alone = build.folder([cell], [build.transcript(cell, "q0", [said(cell, "AB")])], samples=["q0"])
    assert {row["kind"] for row in outlook(alone, seed=1, resamples=50).forecast.rows} == {"team", "ceiling"}
    assert outlook(build.folder([cell], [], samples=["q0"], name="none"), seed=1).forecast.rows == ()


def test_mixes_of_two_hold_every_team_up_to_the_pilot_and_agree_with_its_forecast(build) -> None:
    cell = build.cell(["s/-", "s/-", "l/-", "l/-", "l/-"], layer="L3")
    trials = [build.transcript(cell, q, [said(cell, answers)]) for q, answers in (("q0", "AABAB"), ("q1", "BABBA"))]
    folder = build.folder([cell], trials, samples=["q0", "q1"])
    mixes = outlook(folder, seed=7, resamples=50).mixes.rows
    assert [(row["n_a"], row["n_b"]) for row in mixes] == [(m, k) for m in range(3) for k in range(4) if m + k]
    for row in mixes:
        team = {row["a"]: row["n_a"], row["b"]: row["n_b"]}
        (want,) = forecast_table(read_pilots(folder), seed=7, team=team, resamples=50).rows
        assert (row["accuracy"], row["n_items"]) == (want["accuracy"], want["n_items"])


def test_a_configuration_that_was_recorded_once_is_in_no_mix(build) -> None:
    cell = build.cell(["s/-", "l/-"], layer="L3")
    once = build.folder([cell], [build.transcript(cell, "q0", [said(cell, "AB")])], samples=["q0"])
    assert outlook(once, seed=1, resamples=50).mixes.rows == ()


def test_names_that_do_not_fit_are_told(folder, build) -> None:
    pilots = read_pilots(folder)
    for team, told in (({"small": 1}, "unknown configuration 'small'"), ({"l": 0}, "not all 0")):
        with pytest.raises(SpecError) as caught:
            forecast_table(pilots, seed=1, team=team)
        assert told in str(caught.value)
    with pytest.raises(SpecError) as caught:
        forecast_table(pilots, seed=1, budget={"euros": 5})
    assert "calls, tokens, usd" in str(caught.value)
    cell = build.cell(["s/sly", "s/wise"])
    two = build.folder([cell], [build.transcript(cell, "q0", [said(cell, "AB")])], samples=["q0"], name="two")
    with pytest.raises(SpecError) as caught:
        forecast_table(read_pilots(two), seed=1, team={"s": 2})
    assert "several configurations" in str(caught.value)
    assert "s/sly, s/wise" in str(caught.value)


def test_a_budget_of_money_buys_by_the_rate_of_each_model(folder) -> None:
    def rate(model: str, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in + 4 * tokens_out) * {"s": 1.0, "l": 100.0}[model]

    (row,) = forecast_table(read_pilots(folder), seed=7, budget={"usd": 100}, rate=rate, resamples=50).rows
    assert row["kind"] == "best for 100 usd"
    assert "l/wise" not in row["team"]
    assert row["cost"] == 22 * row["size"] <= 100


@pytest.mark.parametrize(
    ("unit", "usd", "tokens_out", "said"),
    [
        ("tokens", None, float("nan"), "an answer of 's/-' takes was never told"),
        ("usd", 1.0, float("nan"), "an answer of 's/-' takes was never told"),
        ("usd", None, 3.0, "the price of 's' is not known"),
        ("usd", 0.0, 3.0, "an answer of 's/-' costs nothing"),
    ],
)
def test_what_a_budget_cannot_know_is_told(folder, unit: str, usd: float | None, tokens_out: float, said: str) -> None:
    (pilot,) = read_pilots(folder)
    silent = replace(pilot, tokens_out=(tokens_out, 3.0))
    with pytest.raises(SpecError) as caught:
        forecast_table([silent], seed=1, budget={unit: 100}, rate=lambda *_: usd)
    assert said in str(caught.value)
    assert "a budget of calls" in str(caught.value)


def test_a_run_without_first_answers_has_no_forecast(build) -> None:
    cell = build.cell(["s/-"])
    empty = build.folder([cell], [], samples=["q0"])
    with pytest.raises(SpecError) as caught:
        forecast_table(read_pilots(empty), seed=1)
    assert "gave alone" in str(caught.value)


def test_an_empty_pilot_table_is_not_counted_as_missing() -> None:
    assert Pilot.of_counts(np.zeros((1, 1, 0), dtype=int)).recorded.tolist() == [[0]]
