from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentscale.recording import CallRecord, Clock, Recording
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CallId, ChatRequest, Completion, Failure, Message, Usage

PEER = "A peer wrote, at such length that it pays to store it once: the answer follows from the second premise alone."


def _make_call(
    n: int = 0,
    *,
    text: str = "Final answer: A",
    prompt: str = PEER,
    failed: bool = False,
    sampling: Sampling = Sampling(temperature=0.5, stop=("\n\n",)),
    **identity: object,
) -> CallRecord:
    fields = {
        "seed": 7,
        "task": "t" * 64,
        "sample_id": f"q{n}",
        "replicate": 0,
        "slot": "small/-/0",
        "role": "agent",
        "round": 0,
        "turn": 0,
        "step": 0,
        "attempt": 0,
        "body": hashlib.sha256(str(n).encode()).hexdigest(),
    }
    return CallRecord(
        id=CallId(**{**fields, **identity}),
        request=ChatRequest("small", (Message("system", "Be brief."), Message("user", prompt)), sampling),
        completion=None if failed else Completion(text, "stop", Usage(12, None), None),
        failure=Failure("timeout", text, None) if failed else None,
        clock=Clock(1.5e9 + n, 0.25, 1),
    )


@pytest.fixture(autouse=True, scope="module")
def _no_fsync() -> Iterator[None]:
    """Thousands of small folders are written here; whether fsync is called is tested on its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda fd: None)
        yield


@pytest.fixture
def make_call() -> Callable[..., CallRecord]:
    return _make_call


@pytest.fixture
def crashed(tmp_path, make_call):
    """A small recording whose writer died: its one plain segment, nobody's lock on it."""

    def crash(folder: Path, *, n: int = 4) -> Path:
        source = tmp_path / "alive"
        recording = Recording.open(source, write=True)
        for number in range(n):
            recording.append(make_call(number, failed=number == 1))
        (segment,) = source.glob("*.jsonl")
        folder.mkdir(parents=True, exist_ok=True)
        copy = folder / segment.name
        copy.write_bytes(segment.read_bytes())
        recording.close()
        return copy

    return crash


@pytest.fixture
def packed(make_call):
    """Writes a recording and closes it: its one segment as frames, and the index beside it."""

    def pack(folder: Path, *, n: int = 4) -> tuple[Path, Path]:
        with Recording.open(folder, write=True) as recording:
            for number in range(n):
                recording.append(make_call(number))
        return next(folder.glob("*.zst")), next(folder.glob("*.idx"))

    return pack
