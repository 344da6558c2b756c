"""Recorded runs of GovSim give the numbers that were worked out from them by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentscale.api import import_run
from agentscale.environments import Commons
from agentscale.errors import SpecError
from agentscale.interop.readers.govsim import recorded
from agentscale.randomness import keyed


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
    found = recorded(shared_data / "govsim" / f"{run}.json").measures()
    names = ("survival", "gain", "efficiency", "equality", "over_usage")
    assert tuple(value if (value := found[name]) is None else round(value, 3) for name in names) == expected


def test_a_run_that_only_seems_to_survive_is_seen_to_be_silent(shared_data: Path) -> None:
    found = recorded(shared_data / "govsim" / "vivid-galaxy-17.json").measures()
    assert (found["survival"], found["silent"]) == (12, 1)


def test_replies_without_a_number_are_counted_where_the_log_says_0(shared_data: Path) -> None:
    run = recorded(shared_data / "govsim" / "stellar-sponge-16.json")
    assert run.faults.unreadable == 4
    assert (run.faults.asked, len(run.months), len(run.agents)) == (35, 7, 5)


def test_the_talk_is_read_by_month_and_speaker(shared_data: Path) -> None:
    talk = recorded(shared_data / "govsim" / "swift-waterfall-42.json").talk
    assert talk[0].name == "Mayor"
    assert [said.name for said in talk if said.month == 1][1:3] == ["John", "Luke"]
    assert {said.month for said in talk} == set(range(1, 7))


@pytest.mark.parametrize("run", ["brisk-pine-11", "swift-waterfall-42", "stellar-sponge-16"])
def test_what_was_wanted_there_leads_to_the_same_pools_in_our_own_world(run: str, shared_data: Path) -> None:
    months, draws = recorded(shared_data / "govsim" / f"{run}.json").months, keyed(1, "world")
    world = Commons(talk=0, reflection=False)
    state = world.start(5, (), draws)
    for month in months:
        assert state.pool == month.pool
        state = world.after(state, [f"Final answer: {units}" for units in month.wanted], draws)
        if sum(units or 0 for units in month.wanted) <= month.pool:  # else a draw decides who gets how much
            assert state.months[-1] == month
        assert state.months[-1].left == month.left
    assert world.observe(state) == ()


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
    run = recorded(written(tmp_path, [harvest(0), harvest(1)]))
    assert run.months[0].left == 80
    assert run.measures(months=1)["efficiency"] == 0.4


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
        recorded(written(tmp_path, rows))


def test_a_missing_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        recorded(tmp_path / "log_env.json")


def test_logs_become_a_run_with_the_measures_and_the_survival_of_our_own_commons(
    shared_data: Path, tmp_path: Path
) -> None:
    logs = sorted((shared_data / "govsim").glob("*.json"))
    run = import_run(logs, format="govsim", out=tmp_path / "run", embedder="lexical").run
    made = {(row["cell"], row["measure"]): row["value"] for row in run.rows("worlds")}
    for log in logs:
        assert {name: made[log.stem, name] for name in ("survival", "gain", "silent", "unreadable")} == {
            name: value
            for name, value in recorded(log).measures().items()
            if name in ("survival", "gain", "silent", "unreadable")
        }
    page = run.report().read_text("utf-8")
    assert 'id="survival"' in page
    assert 'id="worlds"' in page
    ended = [(row["cell"], row["at"]) for row in run.rows("survival") if row["measure"] == "ended" and row["value"]]
    assert ended == [("stellar-sponge-16", "7"), ("swift-waterfall-42", "6")]


def test_logs_of_one_name_are_replicates_and_their_words_are_kept(tmp_path: Path) -> None:
    paths = [tmp_path / name / "mine.json" for name in "ab"]
    for path in paths:
        path.parent.mkdir()
        path.write_text(json.dumps([harvest(0), harvest(1)]))
    run = import_run(paths, format="govsim", out=tmp_path / "run", embedder="lexical").run
    one, other = run.transcripts()
    assert (one.cell, one.replicate, other.replicate) == ("mine", 0, 1)
    assert [event.text for event in one.events] == ["Answer: 10 tons"] * 2
    assert one.snapshots[0]["months"] == [{"pool": 100, "wanted": [10, 10], "got": [10, 10]}]


def test_replicates_have_the_same_agents(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    paths = [written(tmp_path, [harvest(0)]).rename(tmp_path / "mine.json"), tmp_path / "b" / "mine.json"]
    paths[1].write_text(json.dumps([harvest(1)]))
    with pytest.raises(SpecError, match="another log of the name 'mine' has other agents"):
        import_run(paths, format="govsim", out=tmp_path / "run")


def test_a_world_has_no_answers_to_be_read_anew(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="leave --extract out"):
        import_run(written(tmp_path, [harvest(0)]), format="govsim", out=tmp_path / "run", extract=["mark"])
