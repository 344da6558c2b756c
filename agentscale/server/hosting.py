"""Hosts an application on loopback: a uvicorn server in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from agentscale.errors import SpecError
from agentscale.server.application import application
from agentscale.server.doors import Door
from agentscale.server.faults import FaultPlan
from agentscale.server.troubling import Troubled

HOST = "127.0.0.1"
"""Nothing else is listened to: whoever can reach the server may ask it anything."""

_BACKLOG = 4096
_GRACE_S = 1
"""Seconds that answers under way have when the server ends."""


@dataclass(frozen=True)
class Served:
    """A server that is up."""

    port: int
    models: tuple[str, ...]
    """The models that it answers for."""
    wait: Callable[[], None]
    """Returns when the server has ended."""

    @property
    def base_url(self) -> str:
        """What clients are given as base URL."""
        return f"http://{HOST}:{self.port}/v1"


@contextmanager
def hosting(door: Door, port: int, plan: FaultPlan, latency_s: Callable[[int], float]) -> Iterator[Served]:
    """A server that answers from ``door`` while the block runs.

    Args:
        door: What answers; closed at the end.
        port: The port; 0 for any that is free.
        plan: Its faults.
        latency_s: Of a request's number, the seconds before its answer.

    Raises:
        SpecError: The port is not free.
    """
    wires: dict[tuple[str, int], asyncio.Transport] = {}
    troubled = Troubled(application(door), plan, latency_s, wires)
    with closing(door), listening(lambda port: troubled, port, _wired(wires)) as up:
        yield Served(up.port, tuple(door.models), up.wait)


class Listening(NamedTuple):
    """A port that is listened to."""

    port: int
    wait: Callable[[], None]
    """Returns when the server has ended."""


@contextmanager
def listening(build: Callable[[int], Any], port: int, http: type[H11Protocol] = H11Protocol) -> Iterator[Listening]:
    """An application that is served on loopback while the block runs, in a thread of its own.

    Args:
        build: Gives the ASGI application, of the port that it is to be served on.
        port: The port; 0 for any that is free.
        http: Uvicorn's protocol.

    Raises:
        SpecError: The port is not free.
    """
    with _bound(port) as listener:
        bound = listener.getsockname()[1]
        server = _server(build(bound), http)
        thread = threading.Thread(target=server.run, args=([listener],), name="agentscale-serve", daemon=True)
        thread.start()
        try:
            yield Listening(bound, thread.join)
        finally:
            server.should_exit = True
            thread.join()


def _server(application: Any, http: type[H11Protocol]) -> uvicorn.Server:
    config = uvicorn.Config(
        application,
        http=http,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",  # a caller that is cut off is no news; what breaks here is told to the caller as a 500
        access_log=False,
        date_header=False,  # a clock that is off must be able to say so
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return uvicorn.Server(config)


def _wired(wires: dict[tuple[str, int], asyncio.Transport]) -> type[H11Protocol]:
    """Uvicorn's protocol, which also enters every open connection in ``wires``."""

    class Wired(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if self.client is not None:
                wires[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            if self.client is not None:
                wires.pop(self.client, None)
            super().connection_lost(exc)

    return Wired


def _bound(port: int) -> socket.socket:
    """A socket that listens already: whoever is told the port may connect at once."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "there is no such port"
        raise SpecError(
            f"cannot serve on port {port}: {reason.lower()}", key="port", remedy="name another with --port; 0 is any"
        ) from None
    return listener
