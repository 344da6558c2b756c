"""How often Python looks for garbage in cycles while a run is under way: seldom, since a run makes hardly any.

By default it looks whenever 700 objects are there that were not before, which with hundreds of calls under way they
always are; it then goes over all of them and finds next to nothing. That was a quarter of what a call costs.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (10_000, 20, 50)
"""As `gc.set_threshold` takes them. A call leaves less than one object in a cycle."""


class _Runs:
    """The runs of this process that are under way. The collector is one for all: the last to end puts it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n = 0
        self._before = THRESHOLDS

    def begin(self) -> None:
        with self._lock:
            if not self._n:
                self._before = gc.get_threshold()
                if self._before[0]:  # else it does not look by itself, and that is the caller's wish
                    gc.set_threshold(*map(max, self._before, THRESHOLDS))
            self._n += 1

    def end(self) -> None:
        with self._lock:
            self._n -= 1
            if not self._n:
                gc.set_threshold(*self._before)


_RUNS = _Runs()


@contextmanager
def seldom() -> Iterator[None]:
    """Within the block the collector looks seldom; afterwards as often as before."""
    _RUNS.begin()
    try:
        yield
    finally:
        _RUNS.end()
