"""Money at every point of the curves: by hand, averaged over teams, and unknown where one price is."""

from __future__ import annotations

import pytest

from agentscale.analysis.money import money_table


def price(model: str, tokens_in: int, tokens_out: int) -> float | None:
    return None if model == "unknown" else (tokens_in + tokens_out) * {"a": 1.0, "b": 3.0}[model]


def played(build, cell, n_replicates: int = 1):
    return [
        build.transcript(cell, q, [dict.fromkeys(cell.team.slots, "A")], replicate=r)
        for q in ("q0", "q1")
        for r in range(n_replicates)
    ]


def test_a_layer_costs_the_mean_of_its_teams_and_replicates_are_no_further_questions(build) -> None:
    cells = [build.cell([f"{model}/-"] * 2, team_name=model) for model in ("a", "b")]
    folder = build.folder(cells, [one for cell in cells for one in played(build, cell, 2)], samples=["q0", "q1"])
    (row,) = money_table(folder, price, seed=1, resamples=50).rows
    assert (row["layer"], row["size"], row["n_items"]) == ("L1", 2, 2)
    assert row["usd"] == pytest.approx(2 * 13 * (1 + 3) / 2)
    assert row["low"] <= row["usd"] <= row["high"]


def test_one_unknown_price_leaves_a_point_out_and_not_the_others(build) -> None:
    cells = [build.cell(["a/-"]), build.cell(["a/-", "unknown/-"], layer="L3")]
    folder = build.folder(cells, [one for cell in cells for one in played(build, cell)], samples=["q0", "q1"])
    assert [row["size"] for row in money_table(folder, price, seed=1, resamples=50).rows] == [1]


def test_a_call_of_nobody_in_the_cell_has_no_price(build) -> None:
    cell = build.cell(["a/-"])
    (trial, _) = played(build, cell)
    other = trial.events[0].model_copy(update={"slot": "elsewhere/-/0", "key": "elsewhere"})
    folder = build.folder([cell], [trial.model_copy(update={"events": (*trial.events, other)})], samples=["q0"])
    assert money_table(folder, price, seed=1, resamples=50).rows == ()


@pytest.mark.parametrize(("error", "known"), [("timeout", True), (None, False)])
def test_a_failed_call_costs_nothing_and_untold_tokens_make_the_cost_unknown(build, error, known) -> None:
    cell = build.cell(["a/-", "a/-"])
    trial = build.transcript(cell, "q0", [dict.fromkeys(cell.team.slots, "A")])
    lost = trial.events[1].model_copy(update={"tokens_in": None, "tokens_out": None, "error": error})
    folder = build.folder([cell], [trial.model_copy(update={"events": (trial.events[0], lost)})], samples=["q0"])
    assert [row["usd"] for row in money_table(folder, price, seed=1, resamples=50).rows] == [13.0] * known
