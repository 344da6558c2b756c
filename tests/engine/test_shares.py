"""Shares of a run ask each call once, keep every cap together, and end in the transcripts of the run in one process."""

from pathlib import Path

import pytest
import yaml

from agentscale import api
from agentscale.engine.shares import held, is_done, left, mark_done
from agentscale.engine.tally import Tally
from agentscale.errors import SpecError, StoreError
from agentscale.experiment.shares import Share, most_at_once, share_of
from agentscale.store import RunFolder

EXPERIMENT = {
    "name": "shared",
    "seed": 3,
    "models": {"a": {"simulated": {"model": 0}}, "b": {"simulated": {"model": 1}}},
    "task": [{"name": "knowledge", "limit": 7}, {"name": "sums", "limit": 4}],
    "team": {"size": [1, 4], "layer": ["L1", "L3"]},
    "protocol": ["vote", {"debate": {"rounds": 1}}],
    "replicates": 2,
    "embedder": "lexical",
}


SMALL = 'task=[{"name": "sums", "limit": 4}]'


def _file(folder: Path, **changes: object) -> Path:
    path = folder / "shared.yaml"
    path.write_text(yaml.safe_dump({**EXPERIMENT, **changes}), "utf-8")
    return path


def _transcripts(run: api.Run) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (run.path / "transcripts").iterdir()}


def test_shards_in_any_order_end_in_the_transcripts_of_one_process(tmp_path: Path) -> None:
    file = _file(tmp_path)
    whole = api.run(file, out=tmp_path / "whole")
    # The second share finds the others left behind, as after a death, and plays them too.
    last = api.run(file, out=tmp_path / "shared", shard="2/3")
    assert _transcripts(last) == _transcripts(whole)
    assert last.tally is not None
    assert whole.tally is not None
    assert last.tally.calls_asked == whole.tally.calls_asked
    again = api.run(file, out=tmp_path / "shared", shard="1/3")
    assert again.tally is not None
    assert again.tally.calls_asked == 0


def test_a_share_that_somebody_holds_is_left_to_him_and_the_run_is_not_finished_meanwhile(tmp_path: Path) -> None:
    file = _file(tmp_path)
    folder = api.run(file, SMALL, out=tmp_path / "run", shard="1/1").folder
    for path in (folder.path / "shares").iterdir():
        path.unlink()
    with held(folder, Share(1, 3)) as free:
        assert free
        run = api.run(file, SMALL, out=tmp_path / "run", shard="1/3")
        assert run.shares_left == 1
        assert left(folder, 3) == [Share(1, 3)]
        with pytest.raises(StoreError, match="another process plays the share 2/3"):
            api.run(file, SMALL, out=tmp_path / "run")
    assert api.run(file, SMALL, out=tmp_path / "run", shard="3/3").shares_left == 0


def test_shares_are_a_partition_of_the_questions_and_of_every_cap(tmp_path: Path) -> None:
    sweep = api.load(
        _file(
            tmp_path,
            budget={"calls": 100, "usd": 1.0, "wall_s": 60.0, "cell": {"calls": 11}, "agent": {"tokens": 7}},
            endpoints={"here": {"base_url": "http://127.0.0.1:9/v1", "max_in_flight": 9, "requests_per_minute": 10}},
            models={**EXPERIMENT["models"], "c": {"endpoint": "here", "model": "x"}},  # type: ignore[dict-item]
        )
    )
    parts = [share_of(sweep, Share(index, 3), at_once=3) for index in range(3)]
    assert sorted(key for part in parts for key in part.questions) == sorted(sweep.questions)
    assert sum(part.experiment.budget.calls or 0 for part in parts) == 100
    assert sum(part.experiment.budget.cell.calls or 0 for part in parts) == 11
    assert sum(part.experiment.budget.agent.tokens or 0 for part in parts) == 7
    assert sum(part.experiment.budget.usd or 0 for part in parts) == pytest.approx(1.0)
    assert {part.experiment.budget.wall_s for part in parts} == {60.0}
    limits = [part.experiment.endpoints["here"] for part in parts]
    assert [(each.max_in_flight, each.requests_per_minute) for each in limits] == [(3, 3)] * 3
    assert most_at_once(sweep.experiment) == 9
    with pytest.raises(SpecError, match="limit of 9 cannot be divided"):
        share_of(sweep, Share(0, 10), at_once=10)


@pytest.mark.parametrize("n_shares", [2, 4])
def test_a_budget_holds_for_all_shares_together_and_is_used_up(tmp_path: Path, n_shares: int) -> None:
    file = _file(tmp_path, budget={"calls": 60})
    for index in range(1, n_shares + 1):
        run = api.run(file, out=tmp_path / "run", shard=f"{index}/{n_shares}")
    assert len(run.folder.recording()) <= 60
    run = api.run(file, out=tmp_path / "run")  # what the parts left over is used by the run itself
    assert 40 <= len(run.folder.recording()) <= 60
    assert run.tally is not None
    assert run.tally.caps_reached


def test_failures_of_shares_stand_when_the_transcripts_are_made(tmp_path: Path) -> None:
    models = {"a": {"scripted": {"replies": ["x"], "fails": True}}, "b": EXPERIMENT["models"]["a"]}  # type: ignore[index]
    file = _file(tmp_path, models=models)
    run = api.run(file, out=tmp_path / "run", shard="1/2")
    recording = run.folder.recording()
    assert run.tally is not None
    assert run.tally.calls_failed > 0
    assert {recording.times(key) for key in recording.keys()} == {1}  # noqa: SIM118
    assert run.tally.trials_done == run.tally.trials


def test_what_a_changed_experiment_has_done_is_not_taken_for_done(tmp_path: Path) -> None:
    file = _file(tmp_path)
    api.run(file, SMALL, out=tmp_path / "run", shard="1/2")
    more = api.run(file, out=tmp_path / "run", shard="1/2", changed=True)
    assert more.tally is not None
    assert more.tally.trials_done == more.tally.trials


@pytest.mark.parametrize("text", ["0/4", "5/4", "a/b", "1", "-1/2", "1/0"])
def test_a_wrong_share_is_told_with_what_is_allowed(tmp_path: Path, text: str) -> None:
    with pytest.raises(SpecError, match="the first of eight"):
        api.run(_file(tmp_path), out=tmp_path / "run", shard=text)
    assert not (tmp_path / "run").exists()


def test_more_shares_than_questions_are_refused_before_a_folder_is_made(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="12 shares of 11 questions"):
        api.run(_file(tmp_path), out=tmp_path / "run", shard="1/12")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"executor": "rya"}, "did you mean 'ray'"),
        ({"executor": "ray", "shard": "1/2"}, "both share out the run"),
        ({"workers": 2}, "belong to executor ray"),
        ({"executor": "ray", "workers": 0}, "at least 1"),
        ({"shard": "1/2", "mode": "live"}, "has to be recorded"),
    ],
)
def test_executors_that_cannot_be_are_told(tmp_path: Path, given: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        api.run(_file(tmp_path), out=tmp_path / "run", **given)  # type: ignore[arg-type]


def test_what_shares_have_done_adds_up() -> None:
    one = Tally(trials=2, calls_asked=3, usd=1.0, failures={"a": 1}, caps_reached=["x"], trials_by_cell={"c": 2})
    two = Tally(trials=1, calls_asked=4, usd=None, failures={"a": 2, "b": 1}, caps_reached=["x"], stopped=True)
    both = one.plus(two)
    assert (both.trials, both.calls_asked, both.usd, both.stopped) == (3, 7, None, True)
    assert (both.failures, both.caps_reached, both.trials_by_cell) == ({"a": 3, "b": 1}, ["x"], {"c": 2})


def test_a_cap_that_was_reached_leaves_its_share_undone(tmp_path: Path) -> None:
    run = api.run(_file(tmp_path, budget={"calls": 10}), out=tmp_path / "run", shard="1/2")
    folder = RunFolder.open(run.path)
    assert not is_done(folder, Share(0, 2))
    mark_done(folder, Share(0, 2))
    assert is_done(folder, Share(0, 2))
