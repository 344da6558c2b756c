"""Whether every call of a run is accounted for: the server's own log against the run's recording. No clock, no socket.

A call may be answered or failed; nothing else. One that was answered was answered by the server exactly once, with its
last request. One that failed says why, and no good answer was given to it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from agentscale.recording import CallRecord

ARRIVED = b'"key": '
"""What the log's line of an arrival holds, and no other line."""


class Request(NamedTuple):
    """One request as the server saw it."""

    key: str
    fault: str | None
    good: bool
    """A good answer was written to its end while the connection stood."""
    held_s: float | None
    """Seconds from its arrival until the server was done with it; ``None`` where the log ends before."""


@dataclass(frozen=True)
class Accounts:
    """How the calls of a run ended."""

    planned: int
    """Calls that the run was to make."""
    answered: int
    failed: Mapping[str, int]
    """Failed calls by kind of failure."""
    requests: int
    """Requests that the server saw, every try counted."""
    faults: Mapping[str, int]
    """Requests that met a fault, by its name."""
    lost: int
    """Calls of which the recording knows nothing, or neither answer nor reason."""
    unproved: int
    """Answered calls to which the server gave no good answer."""
    asked_again: int
    """Requests for a call that had been given its good answer before."""
    wasted: int
    """Failed calls that had been given a good answer, other than by running out of time."""
    longest_hang_s: float = field(default=0.0)
    """The longest that a call kept a connection open on which the server said nothing more."""

    @property
    def settled(self) -> bool:
        """Whether every call is accounted for."""
        return not (self.lost or self.unproved or self.asked_again or self.wasted)


def read_log(lines: Iterable[bytes]) -> list[Request]:
    """The requests of a server's log, in the order of their arrival."""
    arrived: dict[int, dict[str, object]] = {}
    done: dict[int, dict[str, object]] = {}
    for line in lines:
        facts = json.loads(line)
        (arrived if "key" in facts else done)[facts["n"]] = facts
    return [_request(facts, done.get(number)) for number, facts in sorted(arrived.items())]


def _request(arrived: Mapping[str, object], done: Mapping[str, object] | None) -> Request:
    key, fault = str(arrived["key"]), arrived["fault"]
    named = None if fault is None else str(fault)
    if done is None:
        return Request(key, named, False, None)
    return Request(key, named, bool(done["good"]), float(str(done["at"])) - float(str(arrived["at"])))


def accounts(planned: int, requests: Iterable[Request], records: Iterable[CallRecord]) -> Accounts:
    """Sets the log against the recording.

    Args:
        planned: Calls that the run was to make, no two of them equal.
        requests: What the server saw, in the order of arrival.
        records: What was recorded.
    """
    tries: dict[str, list[Request]] = defaultdict(list)
    for request in requests:
        tries[request.key].append(request)
    kept = {record.key: record for record in records}
    answered = [key for key, record in kept.items() if record.completion is not None]
    failed = {key: record.failure for key, record in kept.items() if record.failure is not None}
    every = [request for each in tries.values() for request in each]
    hangs = [request.held_s or 0.0 for request in every if request.fault in ("hang", "hang_midway")]
    return Accounts(
        planned=planned,
        answered=len(answered),
        failed=Counter(failure.kind for failure in failed.values()),
        requests=len(every),
        faults=Counter(request.fault for request in every if request.fault is not None),
        lost=planned - len(answered) - len(failed) + len(set(tries) - set(kept)),
        unproved=sum(not any(request.good for request in tries[key]) for key in answered),
        asked_again=sum(map(_after_good, tries.values())),
        wasted=sum(
            any(request.good for request in tries[key]) and failure.kind != "timeout" for key, failure in failed.items()
        ),
        longest_hang_s=max(hangs, default=0.0),
    )


def _after_good(tries: list[Request]) -> int:
    """Requests of one call after the first that was given a good answer."""
    first = next((number for number, request in enumerate(tries) if request.good), len(tries))
    return max(0, len(tries) - first - 1)
