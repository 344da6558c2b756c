"""What a server says in answer to a request, good or faulty, as pieces of bytes.

Pure: it writes nothing and waits for nothing; `agentscale.server.speaking` carries it out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from typing import Literal

from agentscale.server.faults import Fault, FaultPlan

HUGE_BYTES = 100 * 1024 * 1024
SKEW_S = 70 * 365 * 86400.0
"""How far a skewed clock is ahead, in seconds."""

_DROPS = 8
_PIECE = b" " * (1024 * 1024)


@dataclass(frozen=True)
class Spoken:
    """An answer to be carried out."""

    pieces: Iterable[bytes]
    """What is written, in order."""
    pause_s: float = 0.0
    """Seconds between two pieces."""
    end: Literal["keep", "close", "reset", "hang"] = "keep"
    """What becomes of the connection after the last piece; ``hang`` keeps it open and says nothing more."""
    good: bool = False
    """Whether the caller has its completion when the last piece has arrived."""


def good(body: bytes) -> Spoken:
    """A good answer with this JSON."""
    return Spoken([_head(len(body)), body], good=True)


@dataclass(frozen=True)
class Scene:
    """What a faulty answer is made from."""

    body: bytes
    """The JSON of the good answer, at least 2 bytes."""
    plan: FaultPlan
    """How long waits and slow answers are."""
    now_s: float = 0.0
    """Seconds since 1970, for a skewed clock's dates."""
    echo: str = ""
    """What the server repeats of the request in its complaints, as some repeat the key that they were sent."""


def answer(fault: Fault | None, scene: Scene) -> Spoken:
    """The answer of a request that meets ``fault``; a good one for ``None``."""
    return good(scene.body) if fault is None else _MADE[fault](scene)


def _busy(scene: Scene) -> Spoken:
    return _refusal(scene, "429 Too Many Requests", f"retry-after: {scene.plan.retry_after_s:g}")


def _busy_skewed(scene: Scene) -> Spoken:
    here = scene.now_s + SKEW_S
    until = formatdate(here + scene.plan.retry_after_s, usegmt=True)
    return _refusal(scene, "503 Service Unavailable", f"retry-after: {until}", f"date: {formatdate(here, usegmt=True)}")


def _error(scene: Scene) -> Spoken:
    return _refusal(scene, "500 Internal Server Error")


def _refusal(scene: Scene, status: str, *headers: str) -> Spoken:
    body = json.dumps({"error": {"message": f"{status} {scene.echo}".strip(), "type": "fault"}}).encode()
    return Spoken([_head(len(body), status, *headers), body])


def _hang(scene: Scene) -> Spoken:
    return Spoken([], end="hang")


def _hang_midway(scene: Scene) -> Spoken:
    return Spoken([_head(len(scene.body)), scene.body[: len(scene.body) // 2]], end="hang")


def _closed(scene: Scene) -> Spoken:
    return Spoken([], end="close")


def _reset(scene: Scene) -> Spoken:
    return Spoken([_head(len(scene.body)), scene.body[: len(scene.body) // 2]], end="reset")


def _slow(scene: Scene) -> Spoken:
    size = -(-len(scene.body) // _DROPS)
    drops = [scene.body[at : at + size] for at in range(0, len(scene.body), size)]
    return Spoken([_head(len(scene.body)), *drops], pause_s=scene.plan.slow_s / len(drops), good=True)


def _truncated(scene: Scene) -> Spoken:
    half = scene.body[: len(scene.body) // 2]
    return Spoken([_head(len(half)), half])


def _wrong_type(scene: Scene) -> Spoken:
    wrong = json.dumps({"echo": scene.echo, "choices": [{"message": {"role": "assistant", "content": 42}}]}).encode()
    return Spoken([_head(len(wrong)), wrong])


def _not_json(scene: Scene) -> Spoken:
    page = f"<html><body>Bad gateway {scene.echo}</body></html>".encode()
    return Spoken([_head(len(page), "200 OK", kind="text/html"), page])


def _huge(scene: Scene) -> Spoken:
    return Spoken(_megabytes(_head(HUGE_BYTES), b"", b""), end="close")


def _endless(scene: Scene) -> Spoken:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    return Spoken(_megabytes(head, b"%x\r\n" % len(_PIECE), b"\r\n"), end="close")


def _megabytes(head: bytes, before: bytes, after: bytes) -> Iterator[bytes]:
    yield head
    for _ in range(HUGE_BYTES // len(_PIECE)):
        yield before + _PIECE + after


def _head(length: int, status: str = "200 OK", *headers: str, kind: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-type: {kind}", f"content-length: {length}", *headers, "", ""]
    return "\r\n".join(lines).encode()


_MADE = {
    "busy": _busy,
    "busy_skewed": _busy_skewed,
    "error": _error,
    "hang": _hang,
    "hang_midway": _hang_midway,
    "closed": _closed,
    "reset": _reset,
    "slow": _slow,
    "truncated": _truncated,
    "wrong_type": _wrong_type,
    "not_json": _not_json,
    "huge": _huge,
    "endless": _endless,
}
"""How each fault is made."""
