"""A run folder at a URL: what is closed is there, and whoever comes later goes on from it."""

from pathlib import Path

import pytest

from agentscale import api
from agentscale.errors import SpecError
from agentscale.store.remote import Remote, is_url

fsspec = pytest.importorskip("fsspec")

SMALL = ("task=[{name: sums, limit: 6}]", "team={size: [2], layer: [L1]}", "protocol=vote", "embedder=lexical")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with no copy of anything."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fsspec.filesystem("memory").store.clear()


def _moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Goes on from another machine."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / name))


def test_a_run_at_a_url_is_found_whole_on_another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = api.run("main", *SMALL, out="memory://bucket/run")
    here.report()
    names = {path.removeprefix("/bucket/run/") for path in fsspec.filesystem("memory").find("/bucket/run")}
    assert {"run.json", "questions.jsonl", "report.html"} <= names
    assert not [name for name in names if name.endswith((".lock", ".tmp")) or name.startswith("embeddings/")]
    assert not [name for name in names if name.startswith("recording/") and name.endswith(".jsonl")]
    _moved(tmp_path, monkeypatch, "elsewhere")
    there = api.open_run("memory://bucket/run")
    assert there.rows("cells") == here.rows("cells")
    again = api.run("main", *SMALL, out="memory://bucket/run")
    assert again.tally is not None
    assert again.tally.calls_asked == 0


def test_shards_on_machines_that_share_nothing_but_the_url_make_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = api.run("main", *SMALL, out=tmp_path / "whole")
    left = []
    for index in (1, 2, 3):
        _moved(tmp_path, monkeypatch, f"machine-{index}")
        run = api.run("main", *SMALL, out="memory://bucket/shared", shard=f"{index}/3")
        left.append(run.shares_left)
    assert left == [2, 1, 0]
    transcripts = {path.name: path.read_bytes() for path in (run.path / "transcripts").iterdir()}
    assert transcripts == {path.name: path.read_bytes() for path in (whole.path / "transcripts").iterdir()}
    assert len(run.folder.recording()) == len(whole.folder.recording())


def test_a_url_of_an_unknown_kind_is_told_before_anything_is_made() -> None:
    with pytest.raises(SpecError, match="a URL of a kind that fsspec knows"):
        Remote("nonsense://x/y")
    assert is_url("s3://a/b")
    assert not is_url("results/main")
    assert not is_url(None)
