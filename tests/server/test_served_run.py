"""A run against the served simulator is the run within the process, answer by answer, whatever the server suffers."""

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from agentscale import api
from agentscale.store import RunFolder


def asked_at(base_url: str, experiment: Path, to: Path, called: str = "", **endpoint: Any) -> Path:
    """The experiment with its models asked at a server, under a name that begins with ``called``."""
    data = yaml.safe_load(experiment.read_text("utf-8"))
    data["endpoints"] = {"here": {"base_url": base_url, **endpoint}}
    data["models"] = {f"{called}{name}": {"endpoint": "here", "model": name} for name in data["models"]}
    to.write_text(yaml.safe_dump(data, sort_keys=False), "utf-8")
    return to


def told(path: Path) -> list[dict[str, Any]]:
    """All transcripts without the keys of calls, in which the model's address differs, and without clock."""
    folder = RunFolder.open(path)
    transcripts = [each for cell in folder.header.cells for each in folder.transcripts(cell.id)]
    kept = [each.model_dump(exclude={"final": True, "events": {"__all__": {"key"}}}) for each in transcripts]
    assert kept
    return kept


@pytest.fixture(scope="module")
def within(experiment: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The transcripts of the run within this process."""
    out = tmp_path_factory.mktemp("within") / "run"
    api.run(experiment, out=out)
    return told(out)


@pytest.mark.parametrize("stream", [False, True])
def test_vote_and_debate_over_http_are_those_within_the_process(
    experiment: Path, within: list[dict[str, Any]], tmp_path: Path, stream: bool
) -> None:
    with api.serve(experiment) as served:
        file = asked_at(served.base_url, experiment, tmp_path / "http.yaml", stream=stream)
        tally = api.run(file, out=tmp_path / "run").tally
    assert tally is not None
    assert tally.calls_failed == 0
    assert tally.calls_asked > 40
    assert told(tmp_path / "run") == within


def test_it_is_recorded_and_replays_without_the_server(
    experiment: Path, within: list[dict[str, Any]], tmp_path: Path
) -> None:
    with api.serve(experiment) as served:
        api.run(asked_at(served.base_url, experiment, tmp_path / "http.yaml"), out=tmp_path / "run")
    api.replay(tmp_path / "run", out=tmp_path / "again")
    assert told(tmp_path / "again") == within


def test_faults_and_delays_change_no_answer(experiment: Path, within: list[dict[str, Any]], tmp_path: Path) -> None:
    faults = "429=0.05,500=0.05,reset=0.05,closed=0.05,truncate=0.02,malformed=0.02,slow=0.05,slow_s=0.02,"
    trouble = {"faults": f"{faults}retry_after_s=0.01", "latency": "uniform:0,0.005", "seed": 3}
    with api.serve(experiment, **trouble) as served:
        file = asked_at(served.base_url, experiment, tmp_path / "http.yaml", max_retries=12)
        tally = api.run(file, out=tmp_path / "run").tally
        for _ in range(10):  # what was no chat completion is asked again by the next run
            if tally is not None and tally.calls_failed:
                tally = api.run(file, out=tmp_path / "run").tally
    assert told(tmp_path / "run") == within


def test_models_of_another_name_are_other_agents_with_the_same_personas(
    experiment: Path, within: list[dict[str, Any]], tmp_path: Path
) -> None:
    with api.serve(experiment) as served:
        file = asked_at(served.base_url, experiment, tmp_path / "http.yaml", called="my-")
        tally = api.run(file, out=tmp_path / "run").tally
    assert tally is not None
    assert tally.calls_failed == 0
    mine, theirs = told(tmp_path / "run"), within
    assert len(mine) == len(theirs)
    texts = [[event["text"] for each in run for event in each["events"]] for run in (mine, theirs)]
    assert texts[0] != texts[1]


def test_a_served_recording_gives_a_run_its_own_answers_again(
    experiment: Path, within: list[dict[str, Any]], tmp_path: Path
) -> None:
    with api.serve(experiment) as served:
        api.run(asked_at(served.base_url, experiment, tmp_path / "http.yaml"), out=tmp_path / "run")
    with api.serve(tmp_path / "run") as served:
        api.run(asked_at(served.base_url, experiment, tmp_path / "again.yaml"), out=tmp_path / "again")
    assert told(tmp_path / "again") == within


def test_a_recording_of_the_simulator_answers_the_same_calls_of_models_at_an_endpoint(
    experiment: Path, within: list[dict[str, Any]], tmp_path: Path
) -> None:
    api.run(experiment, out=tmp_path / "run")
    with api.serve(tmp_path / "run") as served:
        api.run(asked_at(served.base_url, experiment, tmp_path / "http.yaml"), out=tmp_path / "http")
        missed = api.run(tmp_path / "http.yaml", "seed=6", out=tmp_path / "other")
    assert told(tmp_path / "http") == within
    assert missed.tally is not None
    assert missed.tally.calls_failed == missed.tally.calls_asked
    assert "nearest recorded" in next(iter(missed.tally.first_words.values()))


def test_in_batches_a_round_of_all_trials_is_one_and_the_answers_are_the_same(
    experiment: Path, within: list[dict[str, Any]], tmp_path: Path
) -> None:
    with api.serve(experiment) as served:
        batch = {"gather_s": 0.3, "poll_s": 0.05}
        file = asked_at(served.base_url, experiment, tmp_path / "http.yaml", batch=batch)
        run = api.run(file, out=tmp_path / "run")
    assert run.tally is not None
    assert run.tally.calls_failed == 0
    assert told(tmp_path / "run") == within
    assert list((tmp_path / "run" / "batches").iterdir()) == []


def test_a_batch_that_was_under_way_when_a_run_was_stopped_is_read_by_the_next_one(
    experiment: Path, within: list[dict[str, Any]], tmp_path: Path
) -> None:
    with api.serve(experiment) as served:
        slow = {"gather_s": 0.2, "poll_s": 600.0}
        file = asked_at(served.base_url, experiment, tmp_path / "http.yaml", batch=slow)
        folder = tmp_path / "run" / "batches"
        stop = threading.Thread(target=_press_when, args=(folder,))
        stop.start()
        run = api.run(file, out=tmp_path / "run")
        stop.join()
        assert run.tally is not None
        assert run.tally.stopped
        assert run.tally.calls_asked == 0
        (under_way,) = [json.loads(path.read_text()) for path in folder.iterdir()]
        quick = {"gather_s": 0.2, "poll_s": 0.05}
        file = asked_at(served.base_url, experiment, tmp_path / "http.yaml", batch=quick)
        run = api.run(file, out=tmp_path / "run")
        first = len(under_way["keys"])
        batches = httpx.get(f"{served.base_url}/batches").json()["data"]
    counts = [each["request_counts"]["completed"] for each in reversed(batches)]
    assert told(tmp_path / "run") == within
    assert counts[0] == first
    assert len(counts) == 3  # one for each round
    assert run.tally is not None
    assert sum(counts) == run.tally.calls_asked  # nothing was sent twice


def _press_when(folder: Path) -> None:
    """Presses Ctrl-C once a batch is written down."""
    until = time.monotonic() + 30
    while not (folder.is_dir() and list(folder.glob("*.json"))) and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGINT)
