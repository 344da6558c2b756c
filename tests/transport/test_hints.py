from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.transport.hints import LONGEST_S, asked_wait_s, empty_for_s, speaks_of_limits

NOW_S = 1_800_000_000.0


def dated(offset_s: float) -> str:
    return format_datetime(datetime.fromtimestamp(NOW_S + offset_s, UTC), usegmt=True)


def moment(offset_s: float) -> str:
    return datetime.fromtimestamp(NOW_S + offset_s, UTC).isoformat().replace("+00:00", "Z")


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
        ({"retry-after": "86400"}, LONGEST_S),
        ({"retry-after-ms": "86400000"}, LONGEST_S),
        ({"retry-after": dated(86_400)}, LONGEST_S),
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
    assert seconds is None or seconds <= LONGEST_S


def openai(what: str, remaining: object, reset: str, limit: object = 60) -> dict[str, str]:
    names = {"limit": limit, "remaining": remaining, "reset": reset}
    return {f"x-ratelimit-{name}-{what}": str(value) for name, value in names.items()}


def anthropic(what: str, remaining: object, reset: str, limit: object = 60) -> dict[str, str]:
    names = {"limit": limit, "remaining": remaining, "reset": reset}
    return {f"anthropic-ratelimit-{what}-{name}": str(value) for name, value in names.items()}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        (openai("requests", 59, "1s"), 0.0),
        (openai("requests", 1, "59s"), 0.0),
        (openai("requests", 0, "60s"), 1.0),
        (openai("requests", 0, "1m0s"), 1.0),
        (openai("requests", 0, "20ms", limit=1), 0.02),
        (openai("requests", 0, "1h", limit=1), LONGEST_S),
        (openai("requests", 0, "2m59.56s", limit=179.56), 1.0),
        (openai("requests", 0, "6", limit=1), 6.0),
        (openai("requests", 0, "soon"), 0.0),
        (openai("requests", "few", "9s"), 0.0),
        ({"x-ratelimit-remaining-requests": "0"}, 0.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "7s"}, 7.0),
        (openai("tokens", 500, "30s", limit=1000), 0.0),
        (openai("tokens", 50, "19s", limit=1000), 1.0),
        ({**openai("requests", 0, "60s"), **openai("tokens", 0, "30s", limit=100)}, 30.0),
        (anthropic("requests", 0, moment(30), limit=30), 1.0),
        ({**anthropic("requests", 0, moment(3630), limit=30), "date": dated(3600)}, 1.0),
        (anthropic("tokens", 0, moment(10), limit=100), 10.0),
        (anthropic("requests", 0, moment(-10)), 0.0),
        (anthropic("requests", 0, "not a moment"), 0.0),
    ],
)
def test_an_empty_allowance_is_waited_for_until_one_more_request_fits(headers: dict[str, str], seconds: float) -> None:
    assert empty_for_s(headers, 100.0, NOW_S) == pytest.approx(seconds)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_rate_header_breaks_the_reading_or_stops_a_run(limit: str, remaining: str, reset: str) -> None:
    for headers in (openai("tokens", remaining, reset, limit), anthropic("requests", "0", reset, limit)):
        assert 0.0 <= empty_for_s(headers, 100.0, NOW_S) <= LONGEST_S


@given(st.from_regex(r"([0-9]{1,3}(\.[0-9]{1,3})?(ms|s|m|h|d)){1,4}", fullmatch=True))
def test_every_length_is_read(reset: str) -> None:
    assert 0.0 <= empty_for_s(openai("requests", 0, reset, 1), 1.0, NOW_S) <= LONGEST_S


def test_replies_that_speak_of_requests_or_of_tokens_are_known_by_their_names() -> None:
    for what in ("requests", "tokens"):
        assert speaks_of_limits(openai(what, 5, "1s"))
        assert speaks_of_limits(anthropic(what, 5, moment(1)))
    assert not speaks_of_limits({"retry-after": "3"})
