"""When to try again, and after how long: pure decisions, no clock and no socket.

A later controller of the rate takes the place of `RetryPolicy` and of the client's gate; it sees the same `Trouble`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from agentscale.transport.reading import Trouble


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential back-off with jitter that respects what the endpoint asks for.

    The wait before try ``k + 1`` is ``u · min(longest_s, first_s · 2^k)`` with ``u`` uniform in [1/2, 1], on top of the
    endpoint's own ``Retry-After`` where there is one, so that callers who were told the same second do not return as
    one.
    """

    max_retries: int = 4
    first_s: float = 0.5
    longest_s: float = 20.0
    """Cap of the back-off, in seconds."""
    longest_asked_s: float = 60.0
    """Cap of a wait that the endpoint asks for, in seconds: a wrong clock or a hostile header stops no run."""

    def wait_s(self, trouble: Trouble, retries: int, jitter: float) -> float | None:
        """Seconds to wait before the next try, or ``None`` to give up.

        Args:
            trouble: What the last try ran into.
            retries: Retries made so far.
            jitter: A uniform draw from [0, 1).
        """
        if not trouble.transient or retries >= self.max_retries:
            return None
        backoff = min(self.longest_s, self.first_s * 2.0 ** min(retries, 32)) * (0.5 + 0.5 * jitter)
        return backoff + min(trouble.retry_after_s or 0.0, self.longest_asked_s)


def asked_wait_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """The wait that a reply's headers ask for, in seconds, at least 0; ``None`` where they ask for none.

    ``Retry-After`` holds seconds or an HTTP date (RFC 9110, section 10.2.3). A date is read against the reply's own
    ``Date`` where there is one, so that clocks that differ do no harm. ``retry-after-ms``, in milliseconds, is
    finer and goes first.

    Args:
        headers: Of the reply; names in lower case or a case-insensitive mapping.
        now_s: Seconds since the epoch, for a reply without a ``Date``.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    asked = headers.get("retry-after")
    seconds = _number(asked)
    if seconds is not None:
        return seconds
    then = _epoch_s(asked)
    if then is None:
        return None
    here = _epoch_s(headers.get("date"))
    return max(0.0, then - (now_s if here is None else here))


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and re.fullmatch(r"[ \t]*[0-9]{1,12}(\.[0-9]{1,12})?[ \t]*", text) else None


def _epoch_s(date: str | None) -> float | None:
    if date is None:
        return None
    try:
        moment = parsedate_to_datetime(date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):  # the parser's faults for text that is no date
        return None
