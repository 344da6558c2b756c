"""An allowance that time refills. The caller brings the time, so that a minute takes no minute to test."""

from __future__ import annotations

BURST_SHARE = 1 / 12
"""Share of a minute's allowance that may be drawn at once: five seconds' worth."""

_EPSILON = 1e-9
"""Rounding of the level: a wait that was computed must suffice when it is over."""


class Bucket:
    """A token bucket that one draw may overdraw.

    A draw larger than the bucket itself waits for a full bucket and leaves a debt, so that no request is too large to
    be sent. The level at time t is min(capacity, level + (t − t₀) · per_s).

    Args:
        capacity: What may be drawn at once, above 0.
        per_s: What flows in each second, above 0.
    """

    __slots__ = ("_capacity", "_level", "_per_s", "_seen_s")

    def __init__(self, capacity: float, per_s: float) -> None:
        self._capacity = capacity
        self._per_s = per_s
        self._level = capacity
        self._seen_s = 0.0

    @classmethod
    def per_minute(cls, limit: int, *, whole: bool) -> Bucket:
        """A bucket that never gives more than ``limit`` within any 60 seconds, a last overdraft aside.

        Args:
            limit: Of a minute, at least 1.
            whole: Whether draws are whole units, such as requests; of tokens a burst takes its share of the flow.
        """
        burst = max(1.0, float(int(limit * BURST_SHARE)))
        # Whole draws cannot take the last fraction of a unit, so that a bucket of one may flow at the full rate.
        return cls(burst, (limit - burst + 1.0 if whole else max(limit - burst, limit / 2)) / 60.0)

    def wait_s(self, now_s: float, amount: float) -> float:
        """Seconds until ``amount`` may be drawn; 0 where it may be drawn now."""
        lacking = min(amount, self._capacity) - self._refilled(now_s)
        return lacking / self._per_s if lacking > _EPSILON * self._capacity else 0.0

    def draw(self, now_s: float, amount: float) -> None:
        """Take ``amount``, into debt if need be; a negative amount gives back what was drawn too much."""
        self._level = min(self._capacity, self._refilled(now_s) - amount)

    def debt_s(self, now_s: float) -> float:
        """Seconds until the debt is paid; 0 where there is none."""
        return max(0.0, -self._refilled(now_s)) / self._per_s

    def _refilled(self, now_s: float) -> float:
        if now_s > self._seen_s:
            self._level = min(self._capacity, self._level + (now_s - self._seen_s) * self._per_s)
            self._seen_s = now_s
        return self._level
