"""Searches from an experiment file to a front: recorded, repeated without a call, within their budget."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentscale import api
from agentscale.errors import SpecError

MODELS: dict[str, Any] = {
    "good": {"scripted": {"replies": ["Final answer: {target}"]}},
    "bad": {"scripted": {"replies": ["I cannot tell."]}},
    "writer": {"scripted": {"replies": ["0:bad 1:good* 0>1\n0:good 1:good"]}},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    spec = {
        "name": "hunt",
        "seed": 3,
        "models": MODELS,
        "sampling": {"max_tokens": 20},
        "task": {"name": "sums", "levels": 1, "limit": 2},
        "embedder": "lexical",
    }
    path = tmp_path / "hunt.yaml"
    path.write_text(yaml.safe_dump(spec), "utf-8")
    return path


def without(*names: str) -> str:
    return f"models={json.dumps({name: spec for name, spec in MODELS.items() if name not in names})}"


def test_a_repeated_search_asks_nothing_and_comes_to_the_same(file: Path, tmp_path: Path) -> None:
    def again(name: str) -> api.Searched:
        return api.search(file, without("writer"), nodes=2, batch=2, rounds=1, prune=True, out=tmp_path / name)

    first = again("one")
    kept = (tmp_path / "one" / "search.jsonl").read_bytes()
    second = again("one")
    assert first.calls_asked > 0
    assert second.calls_asked == 0
    assert second.rows == first.rows
    assert (tmp_path / "one" / "search.jsonl").read_bytes() == kept
    assert again("two").rows == first.rows


def test_cost_lies_within_the_bound_and_the_front_is_of_what_was_tried(file: Path, tmp_path: Path) -> None:
    made = api.search(file, without("writer"), method="random", nodes=3, batch=2, rounds=1, out=tmp_path / "run")
    assert len(made.rows) == 2
    assert all(row.bound is not None and 0 < row.cost <= row.bound for row in made.rows)
    best = max(row.score for row in made.rows)
    assert made.front[-1].score == best
    assert all(row in made.rows for row in made.front)


def test_halving_asks_shares_of_the_same_questions(file: Path, tmp_path: Path) -> None:
    made = api.search(file, without("writer"), method="halving", nodes=1, batch=2, rounds=2, out=tmp_path / "run")
    assert [(row.share, row.models) for row in made.rows] in (
        [(0.5, ("good",)), (0.5, ("bad",)), (1.0, ("good",))],
        [(0.5, ("bad",)), (0.5, ("good",)), (1.0, ("good",))],
    )
    assert made.calls_asked == 1 + 1 + 1  # the winner's first question is recorded


def test_a_model_proposes_and_its_reply_is_recorded(file: Path, tmp_path: Path) -> None:
    def again() -> api.Searched:
        return api.search(file, method="told", proposer="writer", nodes=2, batch=2, rounds=1, out=tmp_path / "run")

    made = again()
    assert [row.plan for row in made.rows] == ["0:bad 1:good* 0>1", "0:good 1:good"]
    assert made.n_unread == 0
    assert again().calls_asked == 0


@pytest.mark.parametrize(
    ("unit", "most"),
    [
        (api.PlanCost("calls"), 2.0),
        (api.PlanCost("flops", parameters={"good": 1e9, "bad": 1e6}), None),
        (api.PlanCost("seconds", tokens_per_second={"good": 10.0, "bad": 10.0}), 4.0),
        (api.PlanCost("usd"), 0.0),
    ],
)
def test_every_unit_has_a_bound_before_and_a_cost_after(
    file: Path, tmp_path: Path, unit: api.PlanCost, most: float | None
) -> None:
    made = api.search(
        file, without("writer"), method="random", nodes=2, batch=1, rounds=1, cost=unit, out=tmp_path / "run"
    )
    for row in made.rows:
        assert row.bound is not None
        assert row.cost <= row.bound
        assert most is None or row.bound <= most


def test_a_chain_takes_the_time_of_both_and_a_pair_that_of_one(file: Path, tmp_path: Path) -> None:
    unit = api.PlanCost("seconds", tokens_per_second={"good": 10.0, "bad": 10.0})
    made = api.search(
        file, method="told", proposer="writer", nodes=2, batch=2, rounds=1, cost=unit, out=tmp_path / "run"
    )
    assert [row.bound for row in made.rows] == [4.0, 2.0]


def test_no_plan_above_the_cap_is_tried(file: Path, tmp_path: Path) -> None:
    unit = api.PlanCost("seconds", tokens_per_second={"good": 10.0, "bad": 10.0})
    settings = {"method": "random", "nodes": 2, "batch": 4, "rounds": 1, "cost": unit}
    made = api.search(file, without("writer"), cap=2.0, out=tmp_path / "run", **settings)  # type: ignore[arg-type]
    assert {row.edges for row in made.rows} == {()}
    with pytest.raises(SpecError, match="no plan was found whose bound keeps to 1 seconds a question"):
        api.search(file, without("writer"), cap=1.0, out=tmp_path / "none", **settings)  # type: ignore[arg-type]
    assert not (tmp_path / "none").exists()


def test_the_budget_of_the_experiment_is_that_of_the_whole_search(file: Path, tmp_path: Path) -> None:
    made = api.search(
        file, without("writer"), "budget.calls=6", method="random", nodes=2, batch=9, rounds=9, out=tmp_path / "run"
    )
    assert made.stopped == "the next plan could bring the search to 8 calls; the budget allows 6"
    assert made.calls_asked <= 6
    assert made.rows


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"method": "reinforced"}, "reinforce"),
        ({"nodes": 0}, "nodes is 0"),
        ({"batch": 0}, "batch is 0"),
        ({"rounds": 0}, "rounds is 0"),
        ({"method": "told"}, "no proposer was given"),
        ({"proposer": "writer"}, "for the method told"),
        ({"method": "told", "proposer": "writr"}, "writer"),
        ({"cost": api.PlanCost("flops", parameters={"good": 1e9})}, "parameters of the model 'bad' is not given"),
        ({"cost": api.PlanCost("seconds")}, "tokens_per_second of the model 'bad' is not given"),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_is_asked(
    file: Path, tmp_path: Path, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(SpecError, match=told):
        api.search(file, out=tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()
