"""Whether a fault may be tried again, and after how long: pure decisions, no clock and no socket."""

from __future__ import annotations

from dataclasses import dataclass

from agentscale.transport.control.bucket import Bucket
from agentscale.transport.reading import Trouble


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential back-off with jitter.

    The wait before try ``k + 1`` is ``u · min(longest_s, first_s · 2^k)`` with ``u`` uniform in [1/2, 1]. What the
    endpoint itself asks for holds for all calls and is not the policy's.
    """

    max_retries: int = 4
    first_s: float = 0.5
    longest_s: float = 20.0
    """Cap of the back-off, in seconds."""

    def wait_s(self, trouble: Trouble, retries: int, jitter: float) -> float | None:
        """Seconds to wait before the next try, or ``None`` to give up.

        Args:
            trouble: What the last try ran into.
            retries: Retries made so far.
            jitter: A uniform draw from [0, 1).
        """
        if not trouble.transient or retries >= self.max_retries:
            return None
        return min(self.longest_s, self.first_s * 2.0 ** min(retries, 32)) * (0.5 + 0.5 * jitter)


class RetryBudget:
    """How many of the tries may be second tries.

    Each first try allows for `SHARE` of a retry, and each second for a tenth of the places; a hundred may be saved up.
    A retry beyond is not lost, it waits: a storm of faults can at most add half to the load, and ends.

    Args:
        max_in_flight: The endpoint's places.
    """

    SHARE = 0.5
    SAVED = 100.0

    __slots__ = ("_bucket",)

    def __init__(self, max_in_flight: int) -> None:
        self._bucket = Bucket(self.SAVED, max(1.0, max_in_flight / 10))

    def first_try(self, now_s: float) -> None:
        """A call was sent for the first time."""
        self._bucket.draw(now_s, -self.SHARE)

    def delay_s(self, now_s: float) -> float:
        """Take one retry out of the budget; the seconds that it has to wait for that."""
        self._bucket.draw(now_s, 1.0)
        return self._bucket.debt_s(now_s)
