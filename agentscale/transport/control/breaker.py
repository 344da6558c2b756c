"""When to leave an endpoint alone: after faults that would hit every call alike, until the first answer."""

from __future__ import annotations

import math
from typing import Literal

from agentscale.transport.reading import Trouble

State = Literal["closed", "open", "half_open"]

FAULTS = 20
"""Consecutive faults that open the breaker."""

FIRST_S = 1.0
"""Seconds that it stays open at first; each failed probe doubles them."""

LONGEST_S = 30.0
"""Cap of the seconds that it stays open after faults."""

REFUSED_KEY_S = 60.0
"""Seconds that it stays open after a refused key: long, since a key seldom becomes good."""


class Breaker:
    """A circuit breaker.

    Open, it holds all calls back; after its time it lets one through as a probe. Calls wait for the probe's news as
    long as fewer than ``patience`` probes have failed in a row, so that a server may restart in the middle of a run;
    beyond, and after a refused key, they are refused until the next probe.

    Args:
        patience: Failed probes that calls wait out. With 0 nobody wants to wait, and only a refused key opens it.
    """

    def __init__(self, patience: int) -> None:
        self.state: State = "closed"
        self.opened = 0
        """How often it opened, failed probes not counted."""
        self._patience = patience
        self._faults = 0
        self._trips = 0
        self._until_s = 0.0
        self._probe = -1
        self._last = -1
        self._answered_until = -1
        self._hopeless = False
        self._answered = False
        self._cause: Trouble | None = None

    @property
    def key_refused(self) -> bool:
        """Whether the last news of the endpoint is that it refuses the key."""
        return self.state != "closed" and self._cause is not None and self._cause.kind == "auth"

    def wait_s(self, now_s: float) -> float | Trouble:
        """Seconds until a try may be sent, infinite while a probe is out; or why there is nothing to wait for."""
        if self.state == "closed":
            return 0.0
        if self.state == "open" and now_s >= self._until_s:
            return 0.0
        if self._hopeless and self._cause is not None:
            return self._refusal(now_s, self._cause)
        return self._until_s - now_s if self.state == "open" else math.inf

    def sent(self, serial: int) -> None:
        """A try was sent; where the breaker was open, it is the probe."""
        self._last = serial
        if self.state == "open":
            self.state = "half_open"
            self._probe = serial

    def answered(self) -> None:
        """The endpoint gave a sign of life, whatever it said."""
        self._answered = True
        self._answered_until = self._last
        self._close()

    def failed(self, serial: int, trouble: Trouble, now_s: float) -> None:
        """A try failed in a way that may hit every call alike.

        One that was sent before the last answer says nothing: requests that hang end long after others were answered.
        """
        if serial <= self._answered_until:
            return
        self._faults += 1
        probing = self.state == "half_open" and serial == self._probe
        if probing or (self.state == "closed" and self._faults >= FAULTS and self._patience > 0):
            self._trips += probing
            open_s = min(LONGEST_S, FIRST_S * 2.0 ** min(self._trips, 16))
            self._open(trouble, now_s + open_s, hopeless=self._trips >= self._patience)

    def refused_key(self, trouble: Trouble, now_s: float) -> None:
        """The endpoint refused the key. A 403 after a good answer speaks of that request, not of the key."""
        if trouble.status == 403 and self._answered:
            self._close()
        else:
            self._open(trouble, now_s + REFUSED_KEY_S, hopeless=True)

    def abandoned(self, serial: int) -> None:
        """A try ended without news, as when its call was cancelled; a probe is then sent anew at once."""
        if self.state == "half_open" and serial == self._probe:
            self.state = "open"

    def _open(self, trouble: Trouble, until_s: float, *, hopeless: bool) -> None:
        self.opened += self.state == "closed"
        self.state = "open"
        self._until_s, self._hopeless, self._cause = until_s, hopeless, trouble

    def _close(self) -> None:
        self.state = "closed"
        self._faults = self._trips = 0
        self._hopeless = False

    def _refusal(self, now_s: float, cause: Trouble) -> Trouble:
        left_s = max(0.0, self._until_s - now_s)
        why = "its key was refused" if cause.kind == "auth" else "it failed again and again"
        return Trouble(
            "circuit_open",
            f"no try, since {why} and it is left alone for {left_s:.0f} s more; the last fault was {cause.got}",
            cause.status,
            advice=cause.remedy,
        )
