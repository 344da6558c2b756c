from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.transport.control.bucket import Bucket


def played(bucket: Bucket, amounts: list[float], idle_s: list[float]) -> list[float]:
    """The moments of the draws, each made as soon as it may be, after an idle time."""
    now_s, moments = 1000.0, []
    for amount, pause_s in zip(amounts, idle_s, strict=True):
        now_s += pause_s
        now_s += bucket.wait_s(now_s, amount)
        assert bucket.wait_s(now_s, amount) == 0.0
        bucket.draw(now_s, amount)
        moments.append(now_s)
    return moments


@given(st.integers(1, 400), st.lists(st.floats(0, 90), min_size=1, max_size=60))
def test_no_minute_has_more_requests_than_its_limit(limit: int, idle_s: list[float]) -> None:
    idle_s += [0.0] * (2 * limit + 5)
    moments = played(Bucket.per_minute(limit, whole=True), [1.0] * len(idle_s), idle_s)
    for first, moment in enumerate(moments):
        assert sum(other < moment + 60.0 - 1e-6 for other in moments[first:]) <= limit


@given(st.integers(100, 10_000), st.lists(st.floats(1, 50), min_size=50, max_size=200))
def test_no_minute_has_more_tokens_than_its_limit_and_one_last_overdraft(limit: int, amounts: list[float]) -> None:
    moments = played(Bucket.per_minute(limit, whole=False), amounts, [0.0] * len(amounts))
    sums = [0.0, *accumulate(amounts)]
    for first, moment in enumerate(moments):
        last = max(index for index, other in enumerate(moments) if other < moment + 60.0 - 1e-6)
        assert sums[last + 1] - sums[first] <= limit + max(amounts) + 1e-6


@pytest.mark.parametrize("limit", [1, 3, 10, 60, 500, 10_000])
def test_a_steady_stream_gets_at_least_nine_tenths_of_its_limit(limit: int) -> None:
    count = max(20, 3 * limit)
    moments = played(Bucket.per_minute(limit, whole=True), [1.0] * count, [0.0] * count)
    assert (count - 1) / (moments[-1] - moments[0]) >= 0.9 * limit / 60.0


def test_a_request_larger_than_the_bucket_goes_when_it_is_full_and_is_paid_for_afterwards() -> None:
    bucket = Bucket(10.0, 1.0)
    assert bucket.wait_s(0.0, 100.0) == 0.0
    bucket.draw(0.0, 100.0)
    assert bucket.debt_s(0.0) == 90.0
    assert bucket.wait_s(0.0, 1.0) == 91.0
    assert bucket.wait_s(0.0, 100.0) == 100.0


def test_what_was_guessed_too_high_is_given_back_up_to_a_full_bucket() -> None:
    bucket = Bucket(10.0, 1.0)
    bucket.draw(0.0, 8.0)
    bucket.draw(0.0, -3.0)
    assert bucket.wait_s(0.0, 5.0) == 0.0
    bucket.draw(0.0, -100.0)
    assert bucket.wait_s(0.0, 10.0) == 0.0
    bucket.draw(0.0, 10.0)
    assert bucket.wait_s(0.0, 1.0) == 1.0


def test_a_clock_that_stands_or_steps_back_refills_nothing() -> None:
    bucket = Bucket(2.0, 1.0)
    bucket.draw(100.0, 2.0)
    assert bucket.wait_s(100.0, 1.0) == bucket.wait_s(50.0, 1.0) == 1.0
