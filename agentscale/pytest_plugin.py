"""The pytest plugin: recorded runs as fixtures, no network in tests, and a word on recordings that nothing uses.

A test asks for ``agentscale_run`` and calls it like ``agentscale.run``. By default the run is replayed from the
recording that stands beside the test; ``--agentscale-record`` makes the recording.
"""

from __future__ import annotations

import ipaddress
import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
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
def _agentscale_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuses the network where the ini setting says so, and to every test that replays."""
    replays = "agentscale_run" in request.fixturenames and request.config.getoption("--agentscale-record") == "none"
    if replays or request.config.getini("agentscale_block_network"):
        _block_network(monkeypatch)


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
        path = base / recording
        book.opened.add(path)
        _record(mode, path, experiment, overrides, options)
        run = _replay(path, tmp_path / recording, experiment, overrides)
        book.leftovers[path] = _leftover(path, run)
        return run

    return start


def _record(mode: str, path: Path, experiment: str | Path, overrides: tuple[str, ...], options: dict[str, Any]) -> None:
    from agentscale import api

    if mode == "all" and path.exists():
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


def _block_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuses every connection but to loopback and to sockets of the file system."""
    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)

        def guarded(self: socket.socket, address: Any, _original: Any = original) -> Any:
            _refuse_unless_local(self.family, address)
            return _original(self, address)

        monkeypatch.setattr(socket.socket, name, guarded)
    lookup = socket.getaddrinfo

    def guarded_lookup(host: Any, *rest: Any, **options: Any) -> Any:
        _refuse_unless_local(socket.AF_INET, (host,))
        return lookup(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", guarded_lookup)


def _refuse_unless_local(family: int, address: Any) -> None:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0].decode() if isinstance(address[0], bytes) else address[0]
    if host in (None, "", "localhost") or _is_loopback(str(host)):
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
