from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.transport.control.retry import RetryBudget, RetryPolicy
from agentscale.transport.reading import Trouble, kind_of

unit = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize("status", [408, 429, 500, 501, 502, 503, 504, 529, 599])
def test_what_may_pass_is_tried_again(status: int) -> None:
    assert RetryPolicy().wait_s(Trouble(kind_of(status), "x"), 0, 0.0) is not None


@pytest.mark.parametrize("status", [300, 307, 400, 401, 403, 404, 409, 413, 422, 451])
def test_what_cannot_pass_is_not_tried_again(status: int) -> None:
    assert RetryPolicy().wait_s(Trouble(kind_of(status), "x"), 0, 0.0) is None


@pytest.mark.parametrize("kind", ["timeout", "redirect", "too_large", "malformed", "auth", "refused", "circuit_open"])
def test_only_connection_faults_and_silence_are_tried_again_without_a_status(kind: str) -> None:
    assert RetryPolicy().wait_s(Trouble(kind, "x"), 0, 0.0) is None  # type: ignore[arg-type]
    assert RetryPolicy().wait_s(Trouble("connection", "x"), 0, 0.0) is not None
    assert RetryPolicy().wait_s(Trouble("stalled", "x"), 0, 0.0) is not None
    assert RetryPolicy().wait_s(Trouble("overfull", "x"), 0, 0.0) is not None


@given(st.integers(0, 10), unit)
def test_tries_end(most: int, jitter: float) -> None:
    policy = RetryPolicy(most)
    given_up = [policy.wait_s(Trouble("server", "x"), retries, jitter) is None for retries in range(most + 3)]
    assert given_up == [retries >= most for retries in range(most + 3)]


@given(st.integers(0, 5000), unit)
def test_waits_are_bounded_and_never_nothing(retries: int, jitter: float) -> None:
    policy = RetryPolicy(10_000)
    wait_s = policy.wait_s(Trouble("rate_limit", "x", 429), retries, jitter)
    assert wait_s is not None
    assert policy.first_s / 2 <= wait_s <= policy.longest_s


def test_backoff_doubles_up_to_its_cap() -> None:
    policy = RetryPolicy(10, first_s=1.0, longest_s=8.0)
    waits_s = [policy.wait_s(Trouble("server", "x"), retries, 0.0) for retries in range(6)]
    assert waits_s == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_retries_within_the_budget_wait_for_nothing_more() -> None:
    budget = RetryBudget(32)
    assert [budget.delay_s(0.0) for _ in range(100)] == [0.0] * 100


def test_a_storm_is_spread_over_time_and_nothing_of_it_is_lost() -> None:
    budget = RetryBudget(500)
    delays = [budget.delay_s(0.0) for _ in range(600)]
    assert delays == sorted(delays)
    assert delays[-1] == pytest.approx((600 - RetryBudget.SAVED) / 50.0)


@given(st.lists(st.booleans(), max_size=500), st.integers(1, 64))
def test_retries_that_do_not_wait_are_at_most_a_share_of_the_calls(events: list[bool], places: int) -> None:
    budget, calls, prompt = RetryBudget(places), 0, 0
    for is_call in events:
        if is_call:
            calls += 1
            budget.first_try(0.0)
        else:
            prompt += budget.delay_s(0.0) == 0.0
    assert prompt <= RetryBudget.SAVED + RetryBudget.SHARE * calls


def test_calls_fill_the_budget_up_again() -> None:
    budget = RetryBudget(1)
    for _ in range(110):
        budget.delay_s(0.0)
    for _ in range(22):
        budget.first_try(0.0)
    assert budget.delay_s(0.0) == 0.0
