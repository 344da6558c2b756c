"""Other libraries, measured in interpreters of their own, so that they need not share ours.

``with_NAME.py`` asks by one library and imports nothing of agentscale: it runs where agentscale is not installed.
``driver.py`` is the program that runs it and prints what it cost.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from agentscale.errors import SpecError

WANTED = {"inspect_ai": 20.0, "pydantic_ai": 8.0, "openai_agents": 5.0, "lm_eval": 1.0}
"""How many times dearer than a recorded call of agentscale each is to be."""

READERS = ("inspect_ai", "lm_eval")
"""Those that read answers from texts."""

LONGEST_S = 300.0
"""Seconds that one peer may take, its imports included."""

_HERE = Path(__file__).parent
PEERS = tuple(sorted(path.stem.removeprefix("with_") for path in _HERE.glob("with_*.py")))
"""The libraries that can be measured."""


class Answer(NamedTuple):
    """What a peer's calls cost."""

    cpu_us: float | None
    """Microseconds of CPU time a call; ``None`` where it could not be measured."""
    note: str
    """Its version, or why it was not measured."""


def named(pairs: tuple[str, ...], everyone: bool) -> dict[str, str]:
    """The peers to measure, each with its interpreter.

    Args:
        pairs: ``NAME=/path/to/python``.
        everyone: Whether those that are not named are tried in this interpreter.

    Raises:
        SpecError: A pair is no pair, or names a library that is not known.
    """
    chosen = dict.fromkeys(PEERS, sys.executable) if everyone else {}
    for pair in pairs:
        name, separator, interpreter = pair.partition("=")
        if not separator or not interpreter:
            raise SpecError(f"--peer is {pair!r}", allowed="NAME=/path/to/python")
        if name not in PEERS:
            raise SpecError.unknown("peer", name, PEERS)
        chosen[name] = interpreter
    return chosen


def asked(name: str, interpreter: str, base_url: str, *, calls: int, workers: int) -> Answer:
    """Lets a peer ask ``calls`` times and says what a call cost."""
    return _driven(name, interpreter, "ask", base_url, str(calls), str(workers))


def read_by(name: str, interpreter: str, texts: Path, kind: str) -> Answer:
    """Lets a peer, one of `READERS`, read ``letters`` or ``numbers`` of a JSON list of texts: what a text cost."""
    return _driven(name, interpreter, "read", str(texts), kind)


def _driven(name: str, interpreter: str, *arguments: str) -> Answer:
    command = [interpreter, str(_HERE / "driver.py"), name, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    except FileNotFoundError:
        return Answer(None, f"no interpreter {interpreter}")
    except subprocess.TimeoutExpired:
        return Answer(None, f"took more than {LONGEST_S:.0f} s")
    last = (done.stdout.strip().splitlines() or [""])[-1]
    if done.returncode or not last.startswith("{"):
        return Answer(None, f"failed: {(done.stderr.strip().splitlines() or ['said nothing'])[-1][:100]}")
    said = json.loads(last)
    return Answer(said["cpu_us"], said["note"])
