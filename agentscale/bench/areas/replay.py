"""A large recording: opening it, looking calls up, and playing the whole run again; beside the same texts in SQLite."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

from agentscale import api
from agentscale.bench.desk import calls_made, desk, scripted
from agentscale.bench.goals import Goal, Measure, Result, cpu_us
from agentscale.bench.measuring import Contender, once, side_by_side
from agentscale.bench.setting import Setting
from agentscale.recording import CallRecord
from agentscale.store import RunFolder

AGENTS = 16
OPENED = 100_000
"""Calls of the run that the goals speak of; a quick run has a tenth, and its opening is scaled up."""


def run(setting: Setting) -> Result:
    """Measures the area."""
    questions = setting.size(OPENED, OPENED // 10) // AGENTS
    with desk(questions) as bench:
        experiment = bench.experiment(models={"one": scripted()}, team={"size": AGENTS, "layer": "L1"})
        made = bench.run(experiment)
        calls = calls_made(made)
        database = _to_sqlite(made.folder, bench.path / "calls.sqlite")
        contenders: dict[str, Contender] = {
            "open the recording": partial(opened, made.folder),
            "SQLite, by key": partial(_sqlite_by_key, database),
            "recording, by key": partial(by_key, made.folder),
        }
        costs = side_by_side(contenders, setting.size(3, 2))
        costs["replay, transcripts included"] = once(partial(played, made.path, calls))
        size = sum(path.stat().st_size for path in made.path.rglob("*") if path.is_file())
    rate = 1 / costs["replay, transcripts included"].cpu_s
    goals = [
        Goal.at_most(
            "open 100,000 calls, s CPU", costs["open the recording"].cpu_s * OPENED, 0.3, "per call x 100,000"
        ),
        Goal.at_least("replayed calls a CPU-second", rate, 20_000, "SQLite, by key"),
    ]
    measures = [
        *(cpu_us(name, cost) for name, cost in costs.items()),
        Measure("calls of the run", calls, "calls"),
        Measure("run folder", size / calls, "bytes a call", "transcripts included"),
    ]
    return Result("replay", measures, goals)


def opened(folder: RunFolder) -> int:
    """Opens the recording; returns how many calls it holds."""
    with folder.recording() as recording:
        return len(recording)


def by_key(folder: RunFolder) -> int:
    """Looks every answer up by its key, opening included."""
    with folder.recording() as recording:
        return sum(map(bool, map(recording.answer, recording.keys())))


def played(path: Path, calls: int) -> int:
    """Plays a run of so many calls again, its transcripts included."""
    api.replay(path)
    return calls


def _to_sqlite(folder: RunFolder, path: Path) -> Path:
    """The same answers in a database with an index on the key."""
    with closing(sqlite3.connect(path)) as database, folder.recording() as recording:
        database.execute("create table calls (key blob primary key, answer text) without rowid")
        database.executemany("insert into calls values (?, ?)", map(_row, recording.records()))
        database.commit()
    return path


def _row(record: CallRecord) -> tuple[bytes, str]:
    assert record.completion is not None  # a script fails only where it is told to
    answer = {"text": record.completion.text, "finish": record.completion.finish, "started": record.clock.started_s}
    return bytes.fromhex(record.key), json.dumps(answer)


def _sqlite_by_key(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        keys = [row[0] for row in database.execute("select key from calls")]
        select = "select answer from calls where key = ?"
        return sum(bool(json.loads(database.execute(select, (key,)).fetchone()[0])["text"]) for key in keys)
