"""What a carrier is asked and what it gives. A carrier neither waits on purpose, nor tries again, nor reads a body."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

PIECE_BYTES = 256 * 1024
"""A longer body is sent in pieces of this size: in one it would hold up the loop."""


class Faulty(Exception):
    """The connection failed; the text says how, and may hold anything that the other side sent."""


class Undecodable(Exception):
    """The body is not what its own Content-Encoding says."""


class Answer(Protocol):
    """An HTTP answer whose head has arrived."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Of the answer; looked up without regard to case."""

    @property
    def is_whole(self) -> bool:
        """Whether the body is known to have arrived to its end, so that nothing is left to wait for."""

    async def piece(self) -> bytes:
        """The next piece of the body, unpacked; empty at its end. Raises `Faulty` and `Undecodable`."""

    async def aclose(self) -> None:
        """Give the connection back where the body was read to its end, and close it otherwise."""


class Carrier(Protocol):
    """Carries requests to one endpoint."""

    async def send(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Send one request and wait for the head of its answer. Redirects are not followed.

        Args:
            method: Such as ``POST``.
            path: Below the base URL.
            content: The body.
            headers: Beyond those that the carrier was given for every request.

        Raises:
            Faulty: The connection could not be made, or broke off.
            Overdue: The connection was not made in time.
        """

    async def aclose(self) -> None:
        """Close every connection."""


def in_pieces(content: bytes) -> AsyncIterator[bytes] | None:
    """A long body in pieces; ``None`` for one that may go in one."""
    return _pieces(content) if len(content) > PIECE_BYTES else None


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    view = memoryview(content)
    for start in range(0, len(content), PIECE_BYTES):
        yield bytes(view[start : start + PIECE_BYTES])
