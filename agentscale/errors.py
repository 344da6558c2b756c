"""The names of everything that can go wrong.

The tree::

    AgentscaleError
    ├── SpecError         the user's file, argument or environment is wrong   exit code 2
    ├── EndpointError     a model endpoint did not answer as it should        exit code 3
    ├── RecordingMiss     a replay asked for a call that was never recorded   exit code 4
    ├── BudgetExceeded    a cap of the run was reached                        exit code 5
    ├── ProtocolError     a protocol broke its contract with the engine       exit code 6
    └── StoreError        a run folder or a recording cannot be used          exit code 7

Every message says what was got, what is allowed, and the remedy. This room imports nothing of agentscale.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class AgentscaleError(Exception):
    """The root: catch this to catch every failure that agentscale names."""

    exit_code = 1


class SpecError(AgentscaleError):
    """What the user wrote is wrong.

    Args:
        problem: What is wrong, in one clause: what was got.
        file: The file at fault, where there is one.
        line: The line in that file, counted from 1.
        key: The dotted key, such as ``team.size[2]``.
        allowed: What would have been right.
        nearest: The nearest right name, where the fault looks like a slip.
        remedy: What to do, where ``allowed`` does not say it.
    """

    exit_code = 2

    def __init__(
        self,
        problem: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        key: str | None = None,
        allowed: str | None = None,
        nearest: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.problem = problem
        self.file = None if file is None else str(file)
        self.line = line
        self.key = key
        self.allowed = allowed
        self.nearest = nearest
        self.remedy = remedy
        super().__init__(self._message())

    def _message(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        head = ": ".join(part for part in (place, self.key, self.problem) if part)
        tail = [
            f"allowed: {self.allowed}" if self.allowed else "",
            f"did you mean {self.nearest!r}?" if self.nearest else "",
            self.remedy or "",
        ]
        return "\n  ".join([head, *(line for line in tail if line)])

    def at(self, *, file: str | Path | None = None, line: int | None = None, key: str | None = None) -> SpecError:
        """The same error with the place filled in where it was not yet known."""
        return SpecError(
            self.problem,
            file=self.file if self.file is not None else file,
            line=self.line if self.line is not None else line,
            key=self.key if self.key is not None else key,
            allowed=self.allowed,
            nearest=self.nearest,
            remedy=self.remedy,
        )

    @classmethod
    def unknown(cls, what: str, got: object, allowed: Iterable[str], *, key: str | None = None) -> SpecError:
        """An unknown name: lists the known ones and finds the nearest.

        Args:
            what: The kind of thing, such as ``"topology"``.
            got: The name as written.
            allowed: The names that are known.
            key: The dotted key at which the name stands.
        """
        names = sorted(allowed)
        close = difflib.get_close_matches(str(got), names, n=1, cutoff=0.5)
        return cls(
            f"unknown {what} {got!r}",
            key=key,
            allowed=", ".join(names) or f"no {what} is defined",
            nearest=close[0] if close else None,
        )


class EndpointError(AgentscaleError):
    """An endpoint refused, failed or could not be understood.

    Args:
        message: What was got and what to do.
        kind: The class of fault, as it is written into the recording.
        status: The HTTP status, where there was one.
        model: The model that was asked.
        retry_after_s: The wait that the endpoint asked for, in seconds.
        retries: Further tries that were made before giving up.
        said: The body of the refusal, without secrets and cut: for whoever can read what was refused, never shown.
    """

    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        kind: str = "endpoint",
        status: int | None = None,
        model: str | None = None,
        retry_after_s: float | None = None,
        retries: int = 0,
        said: str = "",
    ) -> None:
        self.kind = kind
        self.status = status
        self.model = model
        self.retry_after_s = retry_after_s
        self.retries = retries
        self.said = said
        super().__init__(message)


class RecordingMiss(AgentscaleError):
    """A replay asked for a call that the recording does not hold."""

    exit_code = 4


class BudgetExceeded(AgentscaleError):
    """A cap on calls, tokens, money or time was reached."""

    exit_code = 5


class ProtocolError(AgentscaleError):
    """A protocol yielded something that the engine cannot carry out."""

    exit_code = 6


class StoreError(AgentscaleError):
    """A run folder or a recording cannot be read or written."""

    exit_code = 7
