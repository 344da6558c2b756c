"""A run in a real terminal: the picture moves while it goes, and is gone when the result stands there."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

EXPERIMENT = """\
name: shown
models:
  one: {simulated: {model: 0}}
task: {name: knowledge, limit: 240}
team: {size: [1, 8], layer: L1}
protocol: [vote, {debate: {rounds: 1}}]
topology: ring
embedder: lexical
"""
COMMAND = [sys.executable, "-c", "from agentscale.cli import main; main()", "run", "shown.yaml", "--no-report"]


def seen(folder: Path, **environment: str) -> str:
    """All that a terminal of 80 columns is sent."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execve(COMMAND[0], COMMAND, {**os.environ, "TERM": "xterm-256color", **environment})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    sent = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        sent += piece
    os.close(terminal)
    assert os.waitpid(process, 0)[1] == 0
    return sent.decode()


def test_the_picture_moves_and_then_gives_way_to_the_result(tmp_path: Path) -> None:
    (tmp_path / "shown.yaml").write_text(EXPERIMENT, "utf-8")
    sent = seen(tmp_path)
    moving, result = sent.rsplit("\x1b[2K", 1)  # the last line that was wiped away
    assert "cells     " in moving
    assert "calls     " in moving
    assert "960 of 960 trials" in result
    assert "cells     " not in result


def test_without_colour_and_on_a_dumb_terminal_it_does_without(tmp_path: Path) -> None:
    (tmp_path / "shown.yaml").write_text(EXPERIMENT.replace("240", "3"), "utf-8")
    assert "\x1b[3" not in seen(tmp_path, NO_COLOR="1", COLUMNS="80")
    assert "\x1b" not in seen(tmp_path, TERM="dumb")
