"""The pytest plugin: recorded runs as fixtures, no network in tests, and a word on recordings that nothing uses.

A test asks for ``agentscale_run`` and calls it like ``agentscale.run``. By default the run is replayed from the
recording that stands beside the test; ``--agentscale-record`` makes the recording.
"""

from __future__ import annotations

import ipaddress
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from agentscale.api import Run

RECORD_MODES = ("none", "once", "new", "all")
FOLDER = "recordings"
"""The folder beside a test file in which its recordings stand."""


class NetworkRefused(RuntimeError):
    """A test tried to reach the network. Not an ``OSError``, so that no retry takes it for a passing fault."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option that records and the setting that guards every test."""
    parser.getgroup("agentscale").addoption(
        "--agentscale-record",
        choices=RECORD_MODES,
        default="none",
        help="none replays and asks nothing (default); once records what has no recording; new also asks the calls "
        "that a recording lacks; all records everything anew.",
    )
    parser.addini("agentscale_block_network", "Refuse the network to every test, loopback excepted.", type="bool")


def pytest_configure(config: pytest.Config) -> None:
    """Keeps the book of the recordings that the session uses."""
    config.stash[_BOOK] = _Book()


class _Book:
    """Which recordings were opened, and how much of them was used."""

    def __init__(self) -> None:
        self.opened: set[Path] = set()
        self.leftovers: dict[Path, tuple[int, int]] = {}
        self.beside: set[Path] = set()

    def unused(self) -> list[Path]:
        """Recordings beside the tests that ran, which no test opened."""
        found = {header.parent for folder in self.beside for header in folder.rglob("run.json")}
        return sorted(found - self.opened)


_BOOK = pytest.StashKey[_Book]()


@pytest.fixture(autouse=True)
def _agentscale_network(request: pytest.FixtureRequest) -> Iterator[None]:
    """Refuses the network where the ini setting says so, and to every test that replays."""
    replays = "agentscale_run" in request.fixturenames and request.config.getoption("--agentscale-record") == "none"
    if not replays and not request.config.getini("agentscale_block_network"):
        yield
        return
    with _GUARD.closed():
        yield


@pytest.fixture
def agentscale_run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Run]:
    """A function that replays a run from the recording beside the test, or records it where that is asked for.

    Call it as ``agentscale_run(experiment, *overrides, recording=NAME)``. The recording is
    ``recordings/NAME`` beside the test file; NAME is the test's own by default. The transcripts of a replay go to a
    temporary folder: the recording itself is never written to.
    """
    book = request.config.stash[_BOOK]
    base = request.path.parent / FOLDER
    book.beside.add(base)
    mode = request.config.getoption("--agentscale-record")
    default = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{request.path.stem}/{request.node.name}".replace("/", "."))

    def start(experiment: str | Path, *overrides: str, recording: str = default, **options: Any) -> Run:
        path = base / _plain_name(recording)
        book.opened.add(path)
        _record(mode, path, experiment, overrides, options)
        run = _replay(path, tmp_path / recording, experiment, overrides)
        book.leftovers[path] = _leftover(path, run)
        return run

    return start


def _plain_name(recording: str) -> str:
    """The name, if it leads to a place below the folder of recordings: what stands there may be removed.

    Raises:
        SpecError: If it leads elsewhere, or nowhere.
    """
    from agentscale.errors import SpecError

    parts = PurePath(recording).parts
    if parts and ".." not in parts and not PurePath(recording).is_absolute():
        return recording
    raise SpecError(
        f"the recording is named {str(recording)!r}",
        key="recording",
        allowed=f"a name below the folder {FOLDER!r} beside the test, such as 'team' or 'teams/small', without '..'",
    )


def _record(mode: str, path: Path, experiment: str | Path, overrides: tuple[str, ...], options: dict[str, Any]) -> None:
    from agentscale import api

    if mode == "all" and (path / "run.json").is_file():
        shutil.rmtree(path)
    if mode in ("new", "all") or (mode == "once" and not (path / "run.json").exists()):
        api.run(experiment, *overrides, out=path, **options)


def _replay(path: Path, out: Path, experiment: str | Path, overrides: tuple[str, ...]) -> Run:
    from agentscale import api
    from agentscale.errors import RecordingMiss
    from agentscale.store import RunFolder

    if not (path / "run.json").exists():
        raise RecordingMiss(f"there is no recording {str(path)!r}\n  make it: pytest --agentscale-record=once")
    RunFolder.open(path).check_same(api.load(experiment, *overrides).header)
    return api.replay(path, out=out)


def _leftover(path: Path, run: Run) -> tuple[int, int]:
    """How many recorded calls the replay did not use, and how many there are."""
    from agentscale.store import RunFolder

    used = {event.key for transcript in run.transcripts() for event in transcript.events}
    recording = RunFolder.open(path).recording()
    try:
        keys = set(recording.keys())
    finally:
        recording.close()
    return len(keys - used), len(keys)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Reports recorded calls and whole recordings that nothing used."""
    book = config.stash[_BOOK]
    lines = [
        f"{path}: {unused} of {total} recorded calls were not used"
        for path, (unused, total) in sorted(book.leftovers.items())
        if unused
    ]
    if not terminalreporter.stats.get("deselected"):
        lines += [f"{path}: no test that ran uses this recording" for path in book.unused()]
    if lines:
        terminalreporter.section("agentscale recordings")
        for line in lines:
            terminalreporter.write_line(line)


_PEER_OF: dict[str, Callable[[tuple[Any, ...]], tuple[int, Any]]] = {
    "socket.connect": lambda args: (args[0].family, args[1]),
    "socket.sendto": lambda args: (args[0].family, args[1]),
    "socket.sendmsg": lambda args: (args[0].family, args[1]),
    "socket.getaddrinfo": lambda args: (socket.AF_INET, args),
    "socket.gethostbyname": lambda args: (socket.AF_INET, args),
    "socket.gethostbyaddr": lambda args: (socket.AF_INET, args),
    "socket.getnameinfo": lambda args: (socket.AF_INET, args[0]),
}
"""The audit events that reach out, each with the family and the address (host first) that it reaches for."""


class _Guard:
    """Refuses the network to this process while it is closed.

    An audit hook hears every way out of Python's sockets, whoever holds which function. It cannot be taken away again:
    so it comes with the first guarded test, and does nothing between guarded tests.
    """

    def __init__(self) -> None:
        self._installed = False
        self._is_closed = False

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Closes the guard for the block; blocks may stand in one another."""
        if not self._installed:
            sys.addaudithook(self._hear)
            self._installed = True
        before, self._is_closed = self._is_closed, True
        try:
            with _names_checked():
                yield
        finally:
            self._is_closed = before

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if self._is_closed and event in _PEER_OF:
            _refuse_unless_local(*_PEER_OF[event](args))


_GUARD = _Guard()


_ADDRESS_AT = {"connect": 0, "connect_ex": 0, "sendto": -1, "sendmsg": 3}
"""Where a socket's methods take the address."""


@contextmanager
def _names_checked() -> Iterator[None]:
    """Refuses host names before a socket looks them up: it tells the audit hook of its address only afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        for name, at in _ADDRESS_AT.items():
            patch.setattr(socket.socket, name, _checked(getattr(socket.socket, name), at))
        yield


def _checked(original: Callable[..., Any], at: int) -> Callable[..., Any]:
    def method(self: socket.socket, *args: Any) -> Any:
        for address in args[at:][:1]:
            _refuse_unless_local(self.family, address)
        return original(self, *args)

    return method


def _refuse_unless_local(family: int, address: Any) -> None:
    """Refuses an address of the internet families that is not this machine's. What is no address is not judged."""
    if family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple) or not address:
        return
    host = address[0]
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or host in ("", "localhost") or _is_loopback(host):
        return
    raise NetworkRefused(
        f"this test tried to reach {host!r}: tests reach no network\n"
        "  replay a recording, use a simulated or scripted model, or record with --agentscale-record=once"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
