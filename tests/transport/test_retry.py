from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.transport import RetryPolicy
from agentscale.transport.reading import Trouble, kind_of
from agentscale.transport.retry import asked_wait_s

NOW_S = 1_800_000_000.0
unit = st.floats(0, 1, exclude_max=True)
waits = st.none() | st.floats(0, 1e12)


def dated(offset_s: float) -> str:
    return format_datetime(datetime.fromtimestamp(NOW_S + offset_s, UTC), usegmt=True)


@pytest.mark.parametrize("status", [408, 429, 500, 501, 502, 503, 504, 529, 599])
def test_what_may_pass_is_tried_again(status: int) -> None:
    assert RetryPolicy().wait_s(Trouble(kind_of(status), "x"), 0, 0.0) is not None


@pytest.mark.parametrize("status", [300, 307, 400, 401, 403, 404, 409, 413, 422, 451])
def test_what_cannot_pass_is_not_tried_again(status: int) -> None:
    assert RetryPolicy().wait_s(Trouble(kind_of(status), "x"), 0, 0.0) is None


@pytest.mark.parametrize("kind", ["timeout", "redirect", "too_large", "malformed", "auth", "refused"])
def test_only_connection_faults_are_tried_again_without_a_status(kind: str) -> None:
    assert RetryPolicy().wait_s(Trouble(kind, "x"), 0, 0.0) is None  # type: ignore[arg-type]
    assert RetryPolicy().wait_s(Trouble("connection", "x"), 0, 0.0) is not None


@given(st.integers(0, 10), unit)
def test_tries_end(most: int, jitter: float) -> None:
    policy = RetryPolicy(most)
    given_up = [policy.wait_s(Trouble("server", "x"), retries, jitter) is None for retries in range(most + 3)]
    assert given_up == [retries >= most for retries in range(most + 3)]


@given(st.integers(0, 5000), unit, waits)
def test_waits_are_bounded_and_never_shorter_than_asked_up_to_the_cap(
    retries: int, jitter: float, asked: float | None
) -> None:
    policy = RetryPolicy(10_000)
    wait_s = policy.wait_s(Trouble("rate_limit", "x", 429, asked), retries, jitter)
    assert wait_s is not None
    floor = min(asked or 0.0, policy.longest_asked_s)
    assert floor < wait_s <= floor + policy.longest_s


def test_backoff_doubles_up_to_its_cap() -> None:
    policy = RetryPolicy(10, first_s=1.0, longest_s=8.0)
    waits_s = [policy.wait_s(Trouble("server", "x"), retries, 0.0) for retries in range(6)]
    assert waits_s == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": dated(30)}, 30.0),
        ({"retry-after": dated(-30)}, 0.0),
        ({"retry-after": dated(3630), "date": dated(3600)}, 30.0),
        ({"retry-after": dated(30), "date": "not a date"}, 30.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "9" * 400}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_against_the_servers_own_clock(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert asked_wait_s(headers, NOW_S) == seconds


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_text_breaks_the_reading(asked: str, date: str) -> None:
    seconds = asked_wait_s({"retry-after": asked, "date": date, "retry-after-ms": asked}, NOW_S)
    assert seconds is None or seconds >= 0
