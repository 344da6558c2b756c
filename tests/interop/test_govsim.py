"""Recorded runs of GovSim give the numbers that were worked out from them by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentscale.errors import SpecError
from agentscale.interop.govsim import read


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("brisk-pine-11", (12, 600, 1.0, 1.0, 0)),
        ("stellar-sponge-16", (7, 259, 0.432, 0.748, 0.143)),
        ("swift-waterfall-42", (6, 195, 0.325, 0.891, 0.533)),
        ("vivid-galaxy-17", (12, 0, 0, None, 0)),
    ],
)
def test_the_recorded_runs_have_their_known_measures(
    run: str, expected: tuple[float | None, ...], shared_data: Path
) -> None:
    found = read(shared_data / "govsim" / f"{run}.json").measures()
    names = ("survival", "gain", "efficiency", "equality", "over_usage")
    assert tuple(value if (value := found[name]) is None else round(value, 3) for name in names) == expected


def test_a_run_that_only_seems_to_survive_is_seen_to_be_silent(shared_data: Path) -> None:
    found = read(shared_data / "govsim" / "vivid-galaxy-17.json").measures()
    assert (found["survival"], found["silent"]) == (12, 1)


def test_replies_without_a_number_are_counted_where_the_log_says_0(shared_data: Path) -> None:
    recorded = read(shared_data / "govsim" / "stellar-sponge-16.json")
    assert recorded.faults.unreadable == 4
    assert (recorded.faults.asked, len(recorded.months), len(recorded.agents)) == (35, 7, 5)


def test_the_talk_is_read_by_month_and_speaker(shared_data: Path) -> None:
    talk = read(shared_data / "govsim" / "swift-waterfall-42.json").talk
    assert talk[0].name == "Mayor"
    assert [said.name for said in talk if said.month == 1][1:3] == ["John", "Luke"]
    assert {said.month for said in talk} == set(range(1, 7))


def harvest(agent: int, pool: int = 100, got: int = 10, after: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "agent_id": f"persona_{agent}",
        "round": 0,
        "action": "harvesting",
        "resource_in_pool_before_harvesting": pool,
        "resource_in_pool_after_harvesting": after,
        "wanted_resource": got,
        "resource_collected": got,
        "html_interactions": [f"<strong>USER</strong>: How many?<strong>ASSISTANT</strong>: Answer: {got} tons"],
        **more,
    }


def written(folder: Path, rows: object) -> Path:
    path = folder / "log_env.json"
    path.write_text(rows if isinstance(rows, str) else json.dumps(rows))
    return path


def test_a_log_without_what_is_left_is_reckoned_up(tmp_path: Path) -> None:
    recorded = read(written(tmp_path, [harvest(0), harvest(1)]))
    assert recorded.months[0].left == 80
    assert recorded.measures(months=1)["efficiency"] == 0.4


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("no json", "no log of GovSim"),
        ([], "no harvest"),
        ([{"round": 0}], "agent_id"),
        ([harvest(0, got=-1)], "wanted_resource"),
        ([harvest(0), harvest(1, pool=90)], "not all agents harvest once from one pool"),
        ([harvest(0), harvest(0, round=1), harvest(1, round=1)], "month 2 not all agents"),
        ([harvest(0, after=95)], "100 units less 10 are said to leave 95"),
        ([harvest(0, got=200)], "100 units less 200"),
    ],
)
def test_what_is_no_log_is_refused_and_says_why(rows: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=message):
        read(written(tmp_path, rows))


def test_a_missing_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        read(tmp_path / "log_env.json")
