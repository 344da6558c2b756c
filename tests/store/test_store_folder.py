from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentscale.errors import SpecError, StoreError
from agentscale.schema.agents import Agent, Persona, Team
from agentscale.schema.run import SCHEMA_VERSION
from agentscale.store import RunFolder


def test_a_created_run_is_opened_as_it_was_given(run, make_header, questions):
    again = RunFolder.open(run.path)
    assert again.header == run.header == make_header()
    assert again.experiment_path.read_text() == "name: demo\n"
    assert list(again.questions().items()) == [((asked.task, asked.sample_id), asked) for asked in questions]


def test_two_runs_of_one_experiment_have_the_same_bytes(tmp_path, make_header, questions):
    for name in ("a", "b"):
        RunFolder.create(tmp_path / name, make_header(), "x", questions)
    for name in ("run.json", "questions.jsonl", "experiment.yaml"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_files_are_json_and_utf_8_even_where_a_text_is_not(run):
    assert json.loads((run.path / "run.json").read_text("utf-8"))["name"] == "demo"
    asked = [json.loads(line) for line in (run.path / "questions.jsonl").read_text("utf-8").splitlines()]
    assert asked[0]["prompt"] == "2 + 1 = ? é\ud800"


def test_an_empty_folder_may_become_a_run_and_nothing_half_made_stays_beside_it(tmp_path, make_header):
    (tmp_path / "run").mkdir()
    RunFolder.create(tmp_path / "run", make_header(), "x", [])
    assert os.listdir(tmp_path) == ["run"]
    assert RunFolder.open(tmp_path / "run").questions() == {}


@pytest.mark.parametrize("call", ["mkdir", "fsync", "replace", "rename"])
def test_a_creation_that_fails_anywhere_leaves_nothing(tmp_path, make_header, questions, monkeypatch, call):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os if call == "fsync" else Path, call, full)
    with pytest.raises(StoreError, match="No space left on device\n  free space on the disk"):
        RunFolder.create(tmp_path / "run", make_header(), "x", questions)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == []


def test_questions_that_fail_while_they_are_made_leave_nothing(tmp_path, make_header, questions):
    def broken():
        yield questions[0]
        raise SpecError("no such sample")

    with pytest.raises(SpecError):
        RunFolder.create(tmp_path / "run", make_header(), "x", broken())
    assert os.listdir(tmp_path) == []


def test_creation_never_touches_what_is_there(run, tmp_path, make_header):
    with pytest.raises(
        StoreError, match="holds a run already\n  open it to resume, or choose another folder with --out"
    ):
        RunFolder.create(run.path, make_header(), "x", [])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(StoreError, match="holds other files\n  choose another folder"):
        RunFolder.create(tmp_path / "mine", make_header(), "x", [])
    with pytest.raises(StoreError, match=r"is a file, and a run needs a folder\n  choose another"):
        RunFolder.create(tmp_path / "mine" / "notes.txt", make_header(), "x", [])
    with pytest.raises(StoreError, match="a file stands where a folder is needed"):
        RunFolder.create(tmp_path / "mine" / "notes.txt" / "run", make_header(), "x", [])
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            errno.EROFS,
            "cannot make the run folder .*\n  the file system is read-only: choose another folder with --out",
        ),
        (errno.EACCES, "Permission denied\n  make the folder readable and writable for this user, or choose another"),
        (errno.ENAMETOOLONG, "choose shorter names"),
    ],
)
def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path, make_header, monkeypatch, code, told):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StoreError, match=told):
        RunFolder.create(tmp_path / "run", make_header(), "x", [])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_run_cannot_be_locked_recorded_or_tabulated(run):
    for path in (run.path, run.path / "recording"):
        path.chmod(0o555)
    with pytest.raises(StoreError, match="make the folder"), run.lock():
        pass
    with pytest.raises(StoreError, match="read-only"):
        run.recording(write=True)
    with pytest.raises(StoreError, match="make the folder"):
        run.write_table("t", ["a"], [])


def test_what_is_no_run_folder_says_so(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(
        StoreError, match="nowhere does not exist, not a run folder\n  name a folder that `agentscale run`"
    ):
        RunFolder.open(tmp_path / "nowhere")
    with pytest.raises(StoreError, match="file is a file, not a run folder"):
        RunFolder.open(tmp_path / "file")
    with pytest.raises(StoreError, match=r"is not a run folder: it has no run\.json"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"schema_version": 1}', "\ufeff{}", '{"schema_version": "1"}']
)
def test_a_damaged_header_is_one_clear_error(run, text):
    (run.path / "run.json").write_text(text, "utf-8")
    with pytest.raises(StoreError, match=r"run\.json is damaged: .+\n  restore the file from a copy"):
        RunFolder.open(run.path)


def test_bytes_that_are_no_text_in_the_header_are_damage(run):
    (run.path / "run.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StoreError, match="is damaged"):
        RunFolder.open(run.path)


def test_a_header_cut_at_any_byte_is_damage(run):
    whole = (run.path / "run.json").read_bytes()
    for end in range(0, len(whole) - 1, 7):
        (run.path / "run.json").write_bytes(whole[:end])
        with pytest.raises(StoreError, match="is damaged"):
            RunFolder.open(run.path)


def test_a_newer_run_asks_for_an_update(run):
    header = json.loads((run.path / "run.json").read_text())
    header |= {"schema_version": SCHEMA_VERSION + 1, "invention": True}
    (run.path / "run.json").write_text(json.dumps(header))
    with pytest.raises(StoreError, match=f"version {SCHEMA_VERSION + 1}, .*\n  update agentscale"):
        RunFolder.open(run.path)


def test_a_damaged_question_names_file_and_line(run):
    path = run.path / "questions.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b'{"task": 3}\n' + lines[2])
    with pytest.raises(StoreError, match=r"questions\.jsonl, line 2 holds no QuestionRecord: task"):
        run.questions()
    path.unlink()
    with pytest.raises(StoreError, match=r"cannot read .*questions"):
        run.questions()


def test_the_recording_of_a_run_is_there_from_the_start(run):
    with run.recording() as recording:
        assert len(recording) == 0
    run.recording(write=True).close()


def test_members_stand_where_the_layout_says_and_their_folders_are_made(run):
    assert run.figure_path("curve.svg") == run.path / "figures" / "curve.svg"
    assert run.log_path("here") == run.path / "logs" / "here.log"
    assert run.report_path == run.path / "report.html"
    assert run.embeddings_path == run.path / "embeddings"
    assert (run.path / "figures").is_dir()
    assert (run.path / "logs").is_dir()


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "../x", "/etc/passwd", "a\\b", "a\0b", "a b", "é", "a\n"])
def test_no_name_leads_out_of_the_folder(run, name):
    for use in (
        lambda: run.figure_path(name),
        lambda: run.log_path(name),
        lambda: run.write_table(name, ["a"], []),
        lambda: run.transcripts(name),
        lambda: run.has_transcripts(name),
        lambda: run.transcript_writer(name, []),
    ):
        with pytest.raises(StoreError, match="cannot name a file"):
            use()


def test_only_one_process_writes_at_a_time(run):
    script = (
        "import pathlib, sys; from agentscale.store import RunFolder; from agentscale.errors import StoreError\n"
        "try:\n"
        "    with RunFolder.open(pathlib.Path(sys.argv[1])).lock(): print('got it')\n"
        "except StoreError as error: print(error)"
    )

    def other() -> str:
        command = [sys.executable, "-c", script, str(run.path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with run.lock():
        assert "another process writes to" in other()
        assert "wait until it is done, or choose another folder with --out" in other()
        with pytest.raises(StoreError, match="another process writes"), run.lock():
            pass
    assert other() == "got it\n"


def test_the_lock_is_given_back_after_an_error(run):
    with pytest.raises(KeyError), run.lock():
        raise KeyError
    with run.lock():
        pass


def test_the_same_experiment_may_be_resumed_by_another_version(run, make_header):
    run.check_same(make_header())
    run.check_same(make_header(versions={"agentscale": "9.9.9"}))


def test_another_experiment_is_refused_key_by_key_with_both_values_and_the_remedy(run, make_header):
    changed = {
        "name": "demo",
        "seed": 8,
        "team": {"size": [1, 2, 4], "layer": ["L2"]},
        "models": {"m": {"model": "tiny"}},
    }
    with pytest.raises(SpecError) as caught:
        run.check_same(make_header(changed))
    message = str(caught.value)
    assert f"{run.path} holds another experiment" in message
    assert "seed: 7 there, 8 now" in message
    assert "team.size[2]: nothing there, 4 now" in message
    assert "team.layer[0]: nothing there, 'L2' now" in message
    assert "models" not in message
    assert "--out" in message


def test_changed_data_behind_an_equal_experiment_is_refused_too(run, make_header):
    task = make_header().tasks["sums"].model_copy(update={"digest": "e" * 64})
    with pytest.raises(SpecError, match=r"tasks\.sums\.digest: 'dddd.* there, 'eeee.* now"):
        run.check_same(make_header(tasks={"sums": task}))
    cell = make_header().cells[0]
    agent = Agent(slot="m/p/0", config_id="m/p", copy_index=0, model="m", persona=Persona(name="p", text="New words."))
    changed = cell.model_copy(update={"team": Team(agents=(agent,))})
    with pytest.raises(
        SpecError, match=r"cells\.sums\.L1\.m\.1\.vote\.team\.agents\[0\]\.persona\.text: nothing there, 'New"
    ):
        run.check_same(make_header(cells=(changed,)))
    with pytest.raises(SpecError, match="experiment_digest: "):
        run.check_same(make_header(experiment_digest="0" * 64))


def test_a_long_list_of_differences_is_shortened(run, make_header):
    with pytest.raises(SpecError, match=r"team\.size\[2\]: .*\n    team\.size\[3\]: (.|\n)*and 3 more"):
        run.check_same(make_header({"team": {"size": list(range(100, 120))}}))
