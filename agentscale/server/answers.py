"""What a server says to a request, good or faulty: a head, pieces of a body, and what becomes of the connection.

Pure: it writes nothing and waits for nothing. `agentscale.server.speaking` carries it out over a bare connection,
`agentscale.server.troubling` within an ASGI server.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Literal

from agentscale.server.faults import Fault, FaultPlan

HUGE_BYTES = 100 * 1024 * 1024
SKEW_S = 70 * 365 * 86400.0
"""How far a skewed clock is ahead, in seconds."""

_DROPS = 8
_PIECE = b" " * (1024 * 1024)


@dataclass(frozen=True)
class Head:
    """The status and the headers of an answer. Without a length the body comes in chunks."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def chunked(self) -> bool:
        """Whether no length is announced."""
        return all(name != "content-length" for name, _ in self.headers)

    def wire(self) -> bytes:
        """The head as HTTP/1.1 writes it."""
        framing = (("transfer-encoding", "chunked"),) if self.chunked else ()
        lines = [f"{name}: {value}" for name, value in (*self.headers, *framing)]
        return "\r\n".join([f"HTTP/1.1 {_status(self.status)}", *lines, "", ""]).encode()


@dataclass(frozen=True)
class Spoken:
    """An answer to be carried out."""

    head: Head | None
    """``None`` where nothing is said at all."""
    pieces: Iterable[bytes] = ()
    """The body as it is written, in order."""
    pause_s: float = 0.0
    """Seconds before each piece."""
    end: Literal["keep", "close", "reset", "hang"] = "keep"
    """What becomes of the connection after the last piece; ``hang`` keeps it open and says nothing more."""
    good: bool = False
    """Whether the caller has its completion when the last piece has arrived."""

    def wire(self) -> Iterator[bytes]:
        """Head and body as HTTP/1.1 writes them; no end is put to a body in chunks."""
        if self.head is not None:
            yield self.head.wire()
            for piece in self.pieces:
                yield b"%x\r\n%b\r\n" % (len(piece), piece) if self.head.chunked else piece


def good(body: bytes) -> Spoken:
    """A good answer with this JSON."""
    return Spoken(_head(len(body)), [body], good=True)


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
    return _refusal(scene, 429, ("retry-after", f"{scene.plan.retry_after_s:g}"))


def _busy_skewed(scene: Scene) -> Spoken:
    here = scene.now_s + SKEW_S
    until = formatdate(here + scene.plan.retry_after_s, usegmt=True)
    return _refusal(scene, 503, ("retry-after", until), ("date", formatdate(here, usegmt=True)))


def _error(scene: Scene) -> Spoken:
    return _refusal(scene, 500)


def _refusal(scene: Scene, status: int, *headers: tuple[str, str]) -> Spoken:
    message = f"{_status(status)} {scene.echo}".strip()
    body = json.dumps({"error": {"message": message, "type": "fault"}}).encode()
    return Spoken(_head(len(body), status, *headers), [body])


def _hang(scene: Scene) -> Spoken:
    return Spoken(None, end="hang")


def _hang_midway(scene: Scene) -> Spoken:
    return Spoken(_head(len(scene.body)), [_half(scene)], end="hang")


def _closed(scene: Scene) -> Spoken:
    return Spoken(None, end="close")


def _reset(scene: Scene) -> Spoken:
    return Spoken(_head(len(scene.body)), [_half(scene)], end="reset")


def _slow(scene: Scene) -> Spoken:
    size = -(-len(scene.body) // _DROPS)
    drops = [scene.body[at : at + size] for at in range(0, len(scene.body), size)]
    return Spoken(_head(len(scene.body)), drops, pause_s=scene.plan.slow_s / len(drops), good=True)


def _truncated(scene: Scene) -> Spoken:
    return Spoken(_head(len(_half(scene))), [_half(scene)])


def _half(scene: Scene) -> bytes:
    return scene.body[: len(scene.body) // 2]


def _malformed(scene: Scene) -> Spoken:
    wrong = scene.body.replace(b'"', b"'")
    return Spoken(_head(len(wrong)), [wrong])


def _wrong_type(scene: Scene) -> Spoken:
    wrong = json.dumps({"echo": scene.echo, "choices": [{"message": {"role": "assistant", "content": 42}}]}).encode()
    return Spoken(_head(len(wrong)), [wrong])


def _not_json(scene: Scene) -> Spoken:
    page = f"<html><body>Bad gateway {scene.echo}</body></html>".encode()
    return Spoken(_head(len(page), kind="text/html"), [page])


def _huge(scene: Scene) -> Spoken:
    return Spoken(_head(HUGE_BYTES), _megabytes(), end="close")


def _endless(scene: Scene) -> Spoken:
    return Spoken(Head(200, (("content-type", "application/json"),)), _megabytes(), end="close")


def _megabytes() -> Iterator[bytes]:
    return (_PIECE for _ in range(HUGE_BYTES // len(_PIECE)))


def _head(length: int, status: int = 200, *headers: tuple[str, str], kind: str = "application/json") -> Head:
    return Head(status, (("content-type", kind), ("content-length", str(length)), *headers))


def _status(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


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
    "malformed": _malformed,
    "wrong_type": _wrong_type,
    "not_json": _not_json,
    "huge": _huge,
    "endless": _endless,
}
"""How each fault is made."""
