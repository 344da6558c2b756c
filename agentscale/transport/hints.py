"""What an endpoint's headers say about its own limits: how long to wait, and how much is left. Pure reading.

``Retry-After`` is RFC 9110's, section 10.2.3; the rate headers are OpenAI's (``x-ratelimit-…``, with lengths such as
``1m30s``) and Anthropic's (``anthropic-ratelimit-…``, with moments in RFC 3339). Both give the time until the allowance
is *full* again, and refill it evenly, so that one more request is allowed long before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 60.0
"""Cap of every wait that an endpoint asks for, in seconds: a wrong clock or a hostile header stops no run."""

_REQUESTS = ("x-ratelimit-{}-requests", "anthropic-ratelimit-requests-{}")
_TOKENS = ("x-ratelimit-{}-tokens", "anthropic-ratelimit-tokens-{}")
_REMAINING = tuple(name.format("remaining") for name in (*_REQUESTS, *_TOKENS))

_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LENGTH = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ms|[smhd]))+")
_PART = re.compile(r"([0-9.]+)(ms|[smhd])")


def asked_wait_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """The wait that a reply's headers ask for, in seconds, within [0, `LONGEST_S`]; ``None`` where they ask for none.

    A date in ``Retry-After`` is read against the reply's own ``Date`` where there is one, so that clocks that differ do
    no harm. ``retry-after-ms``, in milliseconds, is finer and goes first.

    Args:
        headers: Of the reply; names in lower case or a case-insensitive mapping.
        now_s: Seconds since the epoch, for a reply without a ``Date``.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return min(LONGEST_S, milliseconds / 1000)
    asked = headers.get("retry-after")
    seconds = _number(asked)
    if seconds is None and (then := _http_date_s(asked)) is not None:
        seconds = max(0.0, then - _server_time_s(headers, now_s))
    return None if seconds is None else min(LONGEST_S, seconds)


def empty_for_s(headers: Mapping[str, str], tokens: float, now_s: float) -> float:
    """Seconds until the allowance that a reply's headers speak of has room for one more request, up to `LONGEST_S`.

    Args:
        headers: As for `asked_wait_s`.
        tokens: What one more request uses, at least 1.
        now_s: Seconds since the epoch.
    """
    needs = [*((name, 1.0) for name in _REQUESTS), *((name, tokens) for name in _TOKENS)]
    return max(_lacking_s(headers, name, need, now_s) for name, need in needs)


def speaks_of_limits(headers: Mapping[str, str]) -> bool:
    """Whether a reply carries rate headers at all, which costs less to know than to read them."""
    return any(name in headers for name in _REMAINING)


def _lacking_s(headers: Mapping[str, str], name: str, need: float, now_s: float) -> float:
    remaining = _number(headers.get(name.format("remaining")))
    if remaining is None or remaining >= need:
        return 0.0
    full_s = _reset_s(headers, headers.get(name.format("reset")), now_s)
    limit = _number(headers.get(name.format("limit")))
    # Full again after full_s, from what remains now to the limit: what is needed is there after its share of that.
    share = 1.0 if limit is None or limit <= need else (need - remaining) / (limit - remaining)
    return min(LONGEST_S, full_s * share)


def _reset_s(headers: Mapping[str, str], text: str | None, now_s: float) -> float:
    """Seconds until a reset that is written as a length or as a moment; 0 where it cannot be read."""
    if text is None:
        return 0.0
    if _LENGTH.fullmatch(text.strip()):
        return sum(float(number) * _UNIT_S[unit] for number, unit in _PART.findall(text) if number.count(".") < 2)
    seconds = _number(text)
    if seconds is not None:
        return seconds
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return 0.0
    return max(0.0, _epoch_s(moment) - _server_time_s(headers, now_s))


def _server_time_s(headers: Mapping[str, str], now_s: float) -> float:
    there = _http_date_s(headers.get("date"))
    return now_s if there is None else there


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and re.fullmatch(r"[ \t]*[0-9]{1,12}(\.[0-9]{1,12})?[ \t]*", text) else None


def _http_date_s(date: str | None) -> float | None:
    if date is None:
        return None
    try:
        return _epoch_s(parsedate_to_datetime(date))
    except (ValueError, TypeError, OverflowError, IndexError):  # the parser's faults for text that is no date
        return None


def _epoch_s(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
