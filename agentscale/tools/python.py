"""Python in the sandbox, for agents: what a program printed, or how it ended."""

from __future__ import annotations

from agentscale.tools.sandbox import Limits, run

VERSION = "python/1"
_LAST = 1500
"""Characters of what a failed program printed, of each stream: of errors the end tells most."""


class ProgramFailed(Exception):
    """A program did not come to a good end. It says how, and what was printed."""


class Python:
    """Runs programs within the same limits.

    Args:
        limits: What a program may use.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def run_python(self, code: str, stdin: str = "") -> str:
        """Runs a Python program, without network, and gives what it prints. Nothing is kept between two programs."""
        ran = run(code, stdin, self._limits)
        if ran.ok:
            return ran.stdout or "(the program printed nothing)"
        why = f"it met its limit of {ran.limit}" if ran.limit else f"it ended with exit code {ran.exit_code}"
        raise ProgramFailed("\n".join(filter(None, [why, ran.stderr.strip()[-_LAST:], ran.stdout[:_LAST]])))
