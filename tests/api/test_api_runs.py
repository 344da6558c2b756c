"""The Python API does what the command line does, also inside a running event loop."""

import asyncio
import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import agentscale
from agentscale.api.waiting import wait_for

EXPERIMENT = """\
name: small
seed: 4
models:
  one: {simulated: {model: 0}}
  two: {simulated: {model: 1}}
task: {name: knowledge, limit: 4}
team: {size: [1, 4], layer: [L1, L3]}
protocol: [vote, {debate: {rounds: 1}}]
embedder: lexical
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(EXPERIMENT, "utf-8")
    return tmp_path


@pytest.fixture
def run(desk: Path) -> agentscale.Run:
    return agentscale.run("small.yaml")


def test_a_run_gives_rows_estimates_transcripts_and_a_page(run: agentscale.Run) -> None:
    cells = [cell.id for cell in run.header.cells]
    assert [row["cell"] for row in run.rows()] == cells
    assert len(list(run.transcripts())) == 4 * len(cells)
    assert {t.cell for t in run.transcripts(cells[0])} == {cells[0]}
    assert run.report().name == "report.html"
    assert repr(run) == "Run('results/small')"


def test_estimates_carry_their_interval_items_and_agents(run: agentscale.Run) -> None:
    accuracy, channels = run.estimates("accuracy"), run.estimates("k_star")
    assert set(accuracy) == set(channels) == {cell.id for cell in run.header.cells}
    for cell in run.header.cells:
        for estimate in (accuracy[cell.id], channels[cell.id]):
            assert estimate.low <= estimate.value <= estimate.high
            assert (estimate.n_items, estimate.n_agents) == (4, cell.size)
        assert 1 - 1e-9 <= channels[cell.id].value <= cell.size + 1e-9


def test_every_measure_of_a_section_is_an_estimate_by_cell(run: agentscale.Run) -> None:
    several = [cell for cell in run.header.cells if cell.size > 1]
    rho = run.estimates("icc_correct")
    assert set(rho) == {cell.id for cell in several}
    for cell in several:
        row = next(row for row in run.rows("agreement") if (row["cell"], row["measure"]) == (cell.id, "icc_correct"))
        assert repr(rho[cell.id].value) == repr(row["value"])
        assert (rho[cell.id].n_agents, rho[cell.id].method) == (cell.size, row["method"])
    assert set(run.estimates("coverage", at="2")) == {cell.id for cell in several}


def test_a_measure_with_an_axis_wants_a_place(run: agentscale.Run) -> None:
    with pytest.raises(agentscale.SpecError, match="place of 'coverage'") as caught:
        run.estimates("coverage")
    assert "1" in str(caught.value)
    with pytest.raises(agentscale.SpecError, match="icc_correct"):
        run.estimates("icc_corect")


def test_a_replay_and_an_opened_run_give_the_same_numbers(run: agentscale.Run, desk: Path) -> None:
    again = agentscale.replay("results/small", out=desk / "again", concurrency=1)
    opened = agentscale.open_run(desk / "again")
    for table in ("cells", "curves", "vote_curve", "rounds", "agents", "comparisons"):
        ours, theirs, read = run.rows(table), again.rows(table), opened.rows(table)
        assert [list(row) for row in ours] == [list(row) for row in theirs]
        for one, other, third in zip(ours, theirs, read, strict=True):
            for key, value in one.items():
                both_nan = isinstance(value, float) and math.isnan(value)
                assert both_nan or value == other[key] == third[key]
    assert again.tally is not None
    assert again.tally.calls_asked == 0


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda run: run.rows("cell"), "unknown table 'cell'"),
        (lambda run: run.estimates("kstar"), "unknown estimate 'kstar'"),
        (lambda run: list(run.transcripts("nope")), "unknown cell 'nope'"),
        (lambda run: agentscale.open_run(run.path, embedder="lexicle").rows(), "unknown embedder 'lexicle'"),
    ],
)
def test_a_wrong_name_is_told_with_the_right_ones(run: agentscale.Run, ask: object, message: str) -> None:
    with pytest.raises(agentscale.SpecError, match=message):
        ask(run)  # type: ignore[operator]


def test_a_run_works_inside_a_running_event_loop(desk: Path) -> None:
    async def notebook() -> agentscale.Run:
        return agentscale.run("small.yaml", "task.limit=1")

    assert asyncio.run(notebook()).path == Path("results/small")


def test_waiting_gives_results_and_errors_in_and_out_of_a_loop() -> None:
    async def works() -> threading.Thread:
        return threading.current_thread()

    async def fails() -> None:
        raise ValueError("as it should")

    async def within() -> threading.Thread:
        with pytest.raises(ValueError, match="as it should"):
            wait_for(fails)
        return wait_for(works)

    assert wait_for(works) is threading.main_thread()
    assert asyncio.run(within()) is not threading.main_thread()
    with pytest.raises(ValueError, match="as it should"):
        wait_for(fails)


def test_a_replay_into_a_new_folder_makes_a_whole_run_of_its_own(run: agentscale.Run, desk: Path) -> None:
    again = agentscale.replay(run.path, out=desk / "again")
    third = agentscale.replay(again.path, out=desk / "third")
    assert list(third.transcripts()) == list(run.transcripts())
    resumed = agentscale.run("small.yaml", out=desk / "again")
    assert resumed.tally is not None
    assert resumed.tally.calls_asked == 0


def test_a_replay_that_fails_leaves_no_folder_and_one_that_would_overwrite_is_refused(
    run: agentscale.Run, desk: Path
) -> None:
    for segment in (run.path / "recording").iterdir():
        segment.unlink()
    with pytest.raises(agentscale.RecordingMiss):
        agentscale.replay(run.path, out=desk / "again")
    assert not (desk / "again").exists()
    with pytest.raises(agentscale.SpecError, match="exists already"):
        agentscale.replay(run.path, out=run.path)


def test_a_live_run_never_overwrites_what_is_recorded(run: agentscale.Run) -> None:
    before = list(run.transcripts())
    with pytest.raises(agentscale.SpecError, match="holds a recording, which transcripts without one would belie"):
        agentscale.run("small.yaml", mode="live")
    assert list(run.transcripts()) == before


@pytest.mark.parametrize("concurrency", [0, -3])
def test_a_concurrency_below_one_is_refused(run: agentscale.Run, concurrency: int) -> None:
    with pytest.raises(agentscale.SpecError, match="at least 1"):
        agentscale.replay(run.path, concurrency=concurrency)
    with pytest.raises(agentscale.SpecError, match="at least 1"):
        agentscale.run("small.yaml", concurrency=concurrency)


def test_a_damaged_run_is_listed_and_hides_no_other(run: agentscale.Run, desk: Path) -> None:
    agentscale.run("small.yaml", out="results/other")
    (desk / "results/other/run.json").write_text("{")
    first, second = agentscale.list_runs()
    assert first["path"] == "results/other"
    assert first["state"].startswith("damaged: ")
    assert second["state"] == "complete"


def test_damaged_questions_stop_a_replay_and_are_mended_by_the_experiment(run: agentscale.Run) -> None:
    questions = run.path / "questions.jsonl"
    whole = questions.read_bytes()
    questions.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(agentscale.StoreError):
        agentscale.replay(run.path)
    assert list(agentscale.run("small.yaml").transcripts()) == list(run.transcripts())
    assert questions.read_bytes() == whole


def test_the_tally_tells_before_the_first_call_how_many_there_can_be(desk: Path) -> None:
    seen: list[tuple[int, int]] = []
    made = agentscale.run("small.yaml", watch=lambda tally: seen.append((tally.calls_asked, tally.calls_at_most)))
    # Vote: L1 has two teams, L3 one; a debate of one round asks everybody twice. Four questions.
    assert {most for _, most in seen} == {4 * 3 * (1 + 4) * (1 + 2)}
    assert made.tally is not None
    assert made.tally.calls_asked <= made.tally.calls_at_most


SLOW = """
import asyncio
import agentscale
from agentscale import models

build = models.build
class Far:
    def __init__(self, model):
        self.model, self.identity, self.aclose = model, model.identity, model.aclose
    async def complete(self, request, call):
        await asyncio.sleep(0.05)
        return await self.model.complete(request, call)
models.build = lambda *args, **keys: {name: Far(model) for name, model in build(*args, **keys).items()}
def watch(tally):
    print(tally.calls_asked, flush=True)
from agentscale import api
try:
    run = api.run("small.yaml", concurrency=2, watch=watch)
    print("stopped" if run.tally.stopped else "done", run.tally.calls_asked, flush=True)
except KeyboardInterrupt:
    print("aborted", flush=True)
"""


def _started(desk: Path) -> subprocess.Popen[str]:
    """A slow run in a process of its own, some calls under way."""
    process = subprocess.Popen([sys.executable, "-c", SLOW], cwd=desk, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while int(process.stdout.readline()) < 5:
        time.sleep(0)
    return process


def _ended(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=60)
    return out.splitlines()[-1]


def _finished_like_an_undisturbed_run(desk: Path) -> bool:
    resumed = agentscale.run("small.yaml")
    whole = agentscale.run("small.yaml", out="whole")
    return [t.model_dump() for t in resumed.transcripts()] == [t.model_dump() for t in whole.transcripts()]


def test_one_ctrl_c_stops_asking_and_keeps_every_call(desk: Path) -> None:
    process = _started(desk)
    process.send_signal(signal.SIGINT)
    word, asked = _ended(process).split()
    assert word == "stopped"
    recording = agentscale.open_run("results/small").folder.recording()
    assert len(recording) == int(asked)
    recording.close()
    assert _finished_like_an_undisturbed_run(desk)


def test_a_second_ctrl_c_aborts_and_the_run_still_resumes(desk: Path) -> None:
    process = _started(desk)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    assert _ended(process).split()[0] in ("aborted", "stopped")
    assert _finished_like_an_undisturbed_run(desk)


def test_kill_9_loses_no_call_that_was_counted(desk: Path) -> None:
    process = _started(desk)
    os.kill(process.pid, signal.SIGKILL)
    out, _ = process.communicate(timeout=60)
    counted = max([5, *(int(line) for line in out.split() if line.isdecimal())])
    recording = agentscale.open_run("results/small").folder.recording()
    assert len(recording) >= counted
    recording.close()
    assert _finished_like_an_undisturbed_run(desk)


def test_a_changed_experiment_is_refused_unless_it_is_meant_and_then_asks_only_what_is_missing(
    run: agentscale.Run, desk: Path
) -> None:
    with pytest.raises(agentscale.SpecError, match=r"team\[0\]\.size\[2\]: nothing there, 6 now(.|\n)*--changed"):
        agentscale.run("small.yaml", "team.size=1,4,6")
    assert run.tally is not None
    before = run.tally.calls_asked
    changed = agentscale.run("small.yaml", "team.size=1,4,6", changed=True)
    whole = agentscale.run("small.yaml", "team.size=1,4,6", out="whole")
    assert changed.tally is not None
    assert whole.tally is not None
    assert changed.tally.calls_asked == whole.tally.calls_asked - before
    assert list(changed.transcripts()) == list(whole.transcripts())
    assert agentscale.open_run(run.path / "earlier" / "1").header == run.header
    back = agentscale.run("small.yaml", changed=True)
    assert back.tally is not None
    assert back.tally.calls_asked == 0
    assert list(back.transcripts()) == list(agentscale.run("small.yaml", out="first").transcripts())


def test_an_experiment_that_is_the_same_changes_nothing(run: agentscale.Run) -> None:
    header = (run.path / "run.json").read_bytes()
    again = agentscale.run("small.yaml", changed=True)
    assert again.tally is not None
    assert again.tally.calls_asked == 0
    assert (run.path / "run.json").read_bytes() == header
    assert not (run.path / "earlier").exists()


def test_a_live_run_changes_no_recorded_folder(run: agentscale.Run) -> None:
    with pytest.raises(agentscale.SpecError, match="which transcripts without one would belie"):
        agentscale.run("small.yaml", "seed=9", mode="live", changed=True)
    assert not (run.path / "earlier").exists()
