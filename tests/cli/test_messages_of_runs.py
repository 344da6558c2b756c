"""What a wrong run, resume or replay is told, word for word: what was got, what is allowed, what to do, which code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agentscale.cli import main
from agentscale.errors import StoreError
from agentscale.recording import Recording

EXPERIMENT = """\
name: small
seed: 4
endpoints:
  here: {base_url: "http://127.0.0.1:1/v1", api_key_env: HERE_KEY}
models:
  one: {simulated: {model: 0}}
  far: {endpoint: here, model: m}
task: {name: knowledge, limit: 2}
team: {size: 2, layer: L1, models: [one]}
embedder: lexical
"""
KEY = "sk-canary-0123456789abcdef"
KEY_IN_FILE = (
    "small.yaml:4: endpoints.here.api_key_env: the experiment file, or an override, holds the key of endpoint 'here' "
    "itself, and would be written into the run folder\n"
    "  allowed: the name of the variable that holds the key, under api_key_env\n"
    "  take the key out of the file, its comments included, and renew it if others have seen the file\n"
)
ANOTHER_EXPERIMENT = (
    "results/small holds another experiment than the one to run now:\n"
    "    seed: 4 there, 5 now\n"
    "  give the changed experiment a folder of its own with --out, undo the change, or go on here with --changed, "
    "which keeps every recorded call\n"
)


def newer(desk: Path) -> None:
    path = desk / "results" / "small" / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "schema_version": 99}), "utf-8")


def with_key(desk: Path) -> None:
    (desk / "small.yaml").write_text(f"{EXPERIMENT}# {KEY}\n", "utf-8")


def nothing(desk: Path) -> None:
    """The folder is as a run left it."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with an experiment that was run."""
    desk = tmp_path_factory.mktemp("desk")
    (desk / "small.yaml").write_text(EXPERIMENT, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(desk)
        patch.setenv("HERE_KEY", KEY)
        with pytest.raises(SystemExit):
            main(["run", "small.yaml", "--no-report"])
    return desk


@pytest.mark.parametrize(
    ("change", "command", "code", "told"),
    [
        (nothing, "run small.yaml --concurrency 0", 2,
         "concurrency: concurrency is 0\n  allowed: a whole number of at least 1\n"),
        (nothing, "run small.yaml --env-file keys.env", 2,
         "env_file: there is no file 'keys.env'\n  allowed: a file of NAME=value lines\n"),
        (nothing, "run small.yaml --mode live", 2,
         "'results/small' holds a recording, which transcripts without one would belie\n"
         "  name another folder with --out, or run with mode record to resume\n"),
        (nothing, "run small.yaml seed=5", 2, ANOTHER_EXPERIMENT),
        (nothing, "replay results/small --out results/small", 2,
         "out: 'results/small' exists already\n  name a folder that does not exist yet\n"),
        (nothing, "run small.yaml endpoints.here.base_url=http://127.0.0.1:1/v1/chat/completions", 2,
         "the base URL ends in /chat/completions, the address of one call\n"
         "  allowed: the part before it, which usually ends in /v1\n  leave /chat/completions out\n"),
        (newer, "run small.yaml", 7,
         "results/small/run.json has schema version 99, this agentscale reads versions up to 1\n  update agentscale\n"),
        (with_key, "run small.yaml", 2, KEY_IN_FILE),
    ],
)  # fmt: skip
def test_a_wrong_run_is_told_what_was_got_what_is_allowed_and_what_to_do(
    change: Callable[[Path], None],
    command: str,
    code: int,
    told: str,
    made: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    change(made)
    monkeypatch.chdir(made)
    monkeypatch.setenv("HERE_KEY", KEY)
    try:
        with pytest.raises(SystemExit) as ended:
            main(command.split())
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
    assert ended.value.code == code
    assert capsys.readouterr().err.endswith(told)


def test_a_recording_that_was_closed_says_so(tmp_path: Path) -> None:
    recording = Recording.open(tmp_path, write=True)
    recording.close()
    with pytest.raises(StoreError) as caught:
        recording.asked("0" * 64)
    assert str(caught.value) == f"the recording {tmp_path} is closed; open it again"
