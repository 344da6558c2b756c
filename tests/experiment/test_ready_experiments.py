"""What ships must load, be small where it says so, and fit the JSON Schema that editors use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from agentscale import catalog
from agentscale.engine.estimate import estimate
from agentscale.engine.pricing import quotes
from agentscale.engine.recollection import Recollection
from agentscale.errors import SpecError
from agentscale.experiment import json_schema, load
from agentscale.protocols import count_calls

NAMES = [entry.name for entry in catalog.experiments()]


def fits(data: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(json_schema()).is_valid(data))


def test_the_ready_experiments_are_these() -> None:
    assert NAMES == [
        "aggregation",
        "attitudes",
        "beauty-contest",
        "branches",
        "channels",
        "commons",
        "debate-manners",
        "debate-topologies",
        "difficulty",
        "diversity-controls",
        "donor-game",
        "equal-budgets",
        "graph-search",
        "hanoi-steps",
        "individuality",
        "judge-debate",
        "macnet",
        "main",
        "main-cpu",
        "managed",
        "mazes",
        "mixture",
        "networks",
        "permuted",
        "pipeline",
        "population",
        "programs",
        "references",
        "repeated-games",
        "routing",
        "self-correction",
        "small-world",
        "society",
        "tools",
        "vote-openai",
        "word-game",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_ready_experiment_loads_by_its_name(name: str) -> None:
    sweep = load(name)
    assert sweep.header.name == name
    assert sweep.source == catalog.experiment_file(name).read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_ready_experiment_fits_the_schema(name: str) -> None:
    assert fits(yaml.safe_load(catalog.experiment_file(name).read_text("utf-8")))


def test_a_file_of_that_name_goes_before_the_catalogs(desk: Path) -> None:
    (desk / "main").write_text("models: {m: {scripted: {replies: [A]}}}\ntask: ./quiz\nname: mine\n", "utf-8")
    assert load("main").header.name == "mine"


def test_main_is_the_design_of_four_layers_without_a_key() -> None:
    sweep = load("main")
    assert {(cell.layer, cell.size) for cell in sweep.header.cells} == {
        (layer, size) for layer in ("L1", "L2", "L3", "L4") for size in (1, 2, 4, 8)
    }
    assert all(spec.simulated is not None for spec in sweep.experiment.models.values())
    assert {cell.topology.name for cell in sweep.header.cells if cell.topology} == {"complete", "ring"}
    assert len(sweep.questions) == 40


def test_main_cpu_is_done_in_minutes_at_150_calls_a_minute() -> None:
    sweep = load("main-cpu")
    # Equal first rounds are asked once; revisions belong to their cell.
    first = {agent.slot for cell in sweep.header.cells for agent in cell.team.agents}
    revisions = sum(
        count_calls(sweep.protocols[cell.id], cell.team, sweep.graphs[cell.id]) - cell.size
        for cell in sweep.header.cells
    )
    assert (len(first) + revisions) * len(sweep.questions) <= 150 * 3


def test_vote_openai_asks_as_many_questions_as_it_says() -> None:
    sweep = load("vote-openai")
    slots = {agent.slot for cell in sweep.header.cells for agent in cell.team.agents}
    assert len(slots) * len(sweep.questions) == 960
    assert "960 short" in sweep.source


def counted(name: str) -> dict[str, int]:
    sweep = load(name)
    return {
        cell.id: count_calls(sweep.protocols[cell.id], cell.team, sweep.graphs[cell.id]) for cell in sweep.header.cells
    }


def test_on_the_diagonal_of_equal_budgets_every_team_and_its_single_agent_have_sixteen_calls() -> None:
    calls = counted("equal-budgets")
    for size, rounds in ((2, 7), (4, 3), (8, 1)):
        assert calls[f"sums.debate-{rounds}.complete.L1.alpha.n{size}"] == 16
        assert calls[f"sums.solo-{rounds + 1}.L1.alpha.n{size}"] == 16
        assert calls[f"sums.solo-{rounds + 1}-refine.L1.alpha.n{size}"] == 16


def test_a_society_of_three_has_eight_schedules_that_share_their_beginnings() -> None:
    sweep = load("society")
    assert len(sweep.header.cells) == 4 * 8
    assert set(counted("society").values()) == {3 * (1 + 3)}
    made = estimate(sweep, quotes(sweep, {}), Recollection(sweep, {}, None))
    # Three agents in 1 + 2 + 4 + 8 beginnings of schedules, for each of four societies; but an agent that has only
    # reflected, in the beginnings "", R, RR and RRR, is one of two whatever the others are.
    assert made.total.high.calls == (4 * 3 * (1 + 2 + 4 + 8) - (4 - 2) * 3 * 4) * len(sweep.questions)


BASE: dict[str, Any] = {"models": {"m": {"scripted": {"replies": ["A"]}}}, "task": "./quiz"}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"task": ["./quiz"]},
        {"task": {"name": "./quiz", "levels": 1}},
        {"team": {"size": 2, "layer": "L3", "models": "m", "personas": ["sceptic"]}},
        {"team": [{"members": [{"model": "m", "persona": "sceptic"}], "size": [1, 2]}]},
        {"protocol": "debate"},
        {"protocol": {"debate": {"rounds": 2}}},
        {"protocol": {"debate": None}},
        {"protocol": {"debate": {"schedule": "DR", "decides": "judge", "judge": {"model": "m"}}}},
        {"protocol": {"debate": {"schedule": ["D"], "agreement": 1}}},
        {"protocol": [{"weighted_vote": {"weights": {"m": 1}}}, {"member": {"which": 0}}, "member"]},
        {"protocol": [{"name": "debate", "parameters": {"rounds": 2}}, "vote"]},
        {"topology": ["ring", {"small_world": {"k": 2}}, "two_teams"]},
        {"topology": {"small_world": {"k": 2, "p": [0, 0.1, 1]}}},
        {"topology": {"hypergraph": {"members": [[0, 1], [1, 2]]}}},
        {"sampling": {"seed": "derived", "stop": ["END"]}},
        {"tools": ["calculator"], "team": {"size": 2, "tools": "calculator"}},
        {"tools": {"c": "calculator", "p": {"python": {"seconds": 1}}}, "team": {"tools": ["none", ["c", "p"]]}},
        {"tools": {"t": {"lookup": {"rows": {"a": "b"}}}}, "team": {"members": [{"model": "m", "tools": "t"}]}},
    ],
)
def test_what_the_schema_takes_loads(change: dict[str, Any], desk: Path) -> None:
    data = {**BASE, **change}
    assert fits(data)
    (desk / "exp.yaml").write_text(yaml.safe_dump(data), "utf-8")
    load("exp.yaml")


@pytest.mark.parametrize(
    "change",
    [
        {"tem": 1},
        {"models": {}},
        {"task": 3},
        {"team": {"size": 0}},
        {"team": {"size": []}},
        {"team": {"layer": "L5"}},
        {"protocol": "debat"},
        {"protocol": {"debate": {"round": 2}}},
        {"protocol": {"debate": {"rounds": 0}}},
        {"protocol": {"debate": {"order": "random"}}},
        {"protocol": {"judged": {"judge": {"persona": "sceptic"}}}},
        {"protocol": {"member": {"which": "best"}}},
        {"protocol": {"debate": {}, "vote": {}}},
        {"topology": "rng"},
        {"topology": {"small_world": {"k": 3}}},
        {"topology": {"small_world": {"p": []}}},
        {"topology": {"small_world": {"p": [0, 2]}}},
        {"topology": {"file": {}}},
        {"sampling": {"temperature": 3}},
        {"tools": ["calculater"]},
        {"tools": {"c": {"calculater": {}}}},
        {"tools": {"a tool": "calculator"}},
        {"tools": {"p": {"python": {"seconds": 0}}}},
        {"tools": {"f": {"function": "solve"}}},
        {"tool_steps": 0},
    ],
)
def test_what_the_schema_refuses_does_not_load(change: dict[str, Any], desk: Path) -> None:
    data = {**BASE, **change}
    assert not fits(data)
    (desk / "exp.yaml").write_text(yaml.safe_dump(data), "utf-8")
    with pytest.raises(SpecError):
        load("exp.yaml")


def test_the_schema_is_itself_right() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
