"""How many requests may be under way at once: learnt from what the endpoint refuses, never above what the user allows.

Additive increase, multiplicative decrease, as in TCP (RFC 5681), with the cut in proportion to the refused share
(DCTCP, RFC 8257).
"""

from __future__ import annotations

GAIN = 0.25
"""Weight of the newest window in the refused share."""

STEPS_PER_THRESHOLD = 32
"""Windows that lead from the level of the last cut to its double, where that is a high one."""

SLOWEST = 1 / 8
"""Least part of a place that a window adds, where the level of the last cut is a low one."""

HASTE = 1.2
"""Factor of that part for each window without a cut; a cut halves it."""

FORGIVEN = 1 / 4
"""Refusals that each answer makes good, where there are `MANY` places or more."""

SAVED = 2.0
"""Such refusals that may be saved up, beyond a quarter of the limit."""

MANY = 16
"""Below so many places less is forgiven in proportion, since each refusal is a larger part of them."""


class Places:
    """The present limit of requests under way.

    Of many places, refusals of up to one in five are forgiven: an endpoint that refuses now and then whatever the load,
    or lets a request hang, is not full. The first refusal beyond cuts the limit by half of the refused share α of
    recent windows, by a place at least, and once a window: the span in which the requests that were under way at its
    beginning come back. Each further refusal beyond what the cut took away takes one more place, so that a limit far
    too high falls within a window to what the endpoint serves.

    While all places are in use, the limit doubles each window below the level of the last cut. Above it grows, as long
    as nothing is left to forgive, by a constant: a part of that level, or less and less than one place where cuts
    follow one another, lest an endpoint with room for one be asked for two each time.

    Args:
        ceiling: The most that the user allows, at least 1. It is also where the limit starts.
    """

    def __init__(self, ceiling: int) -> None:
        self.ceiling = ceiling
        self.value = float(ceiling)
        self._threshold = float(ceiling)
        self._share = 1.0
        self._pace = 1.0
        self._credit = SAVED
        self._has_answered = True
        self._mark = self._back = self._refused = self._charged = 0
        self._cut = 0.0

    def answered(self, serial: int, sent: int, under_way: int) -> None:
        """A try came back that the endpoint had room for.

        Args:
            serial: Its number among the tries sent, from 0.
            sent: Tries sent so far.
            under_way: Tries that were under way, itself included.
        """
        self._count(serial, sent)
        self._has_answered = True
        scale = min(1.0, self.value / MANY)
        most = scale * (SAVED + self.value * FORGIVEN)
        self._credit = min(most, self._credit + scale * FORGIVEN)
        if self.value == self.ceiling or under_way < int(self.value):
            return
        if self.value < self._threshold:
            self.value = min(self.ceiling, self.value + 1.0)
        elif self._credit > most - 1.0:
            step = max(self._pace, self._threshold / STEPS_PER_THRESHOLD)
            self.value = min(self.ceiling, self.value + step / self.value)

    def refused(self, serial: int, sent: int, under_way: int) -> None:
        """A try came back that the endpoint had no room for. Arguments as for `answered`."""
        self._count(serial, sent)
        self._refused += 1
        if self._credit >= 1.0:
            self._credit -= 1.0
        elif under_way > 1:  # one cannot be made fewer, so that its refusal says nothing about how many
            self._charge(under_way)

    def _charge(self, under_way: int) -> None:
        self._charged += 1
        if self._charged == 1:
            base = min(self.value, under_way)
            self._cut = max(1.0, base * self._share / 2)
            self._pace = max(SLOWEST, self._pace / 2)
            self.value = max(1.0, base - self._cut)
            if self._has_answered:  # else the level of the last cut is still the best guess: all is refused at present
                self._threshold, self._has_answered = self.value, False
        elif self._charged > self._cut:
            self.value = max(1.0, self.value - 1.0)

    def _count(self, serial: int, sent: int) -> None:
        if serial >= self._mark:
            if self._back:
                self._close_window(self._refused / self._back)
            self._mark, self._back, self._refused, self._charged = sent, 0, 0, 0
        self._back += 1

    def _close_window(self, share: float) -> None:
        self._share += GAIN * (share - self._share)
        if not self._charged:
            self._pace = min(1.0, self._pace * HASTE)
