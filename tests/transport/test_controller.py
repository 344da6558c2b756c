"""The whole core against endpoints that are played, hours in moments: no loop, no socket, no sleep."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.transport.control import Controller, Limits, Outcome, Ticket
from agentscale.transport.control.breaker import REFUSED_KEY_S
from agentscale.transport.reading import Trouble

BUSY = Trouble("rate_limit", "HTTP 429", 429)
DOWN = Trouble("connection", "a connection fault")
ERROR = Trouble("server", "HTTP 500", 500)
BAD_KEY = Trouble("auth", "HTTP 401", 401)
Endpoint = Callable[[float, int], tuple[float, Outcome]]
"""From the moment and the number of requests under way to seconds until the answer and what it is."""


@dataclass
class Play:
    """So many calls against an endpoint, each asked for again as the core says."""

    controller: Controller
    endpoint: Endpoint
    answered: list[float] = field(default_factory=list)
    failed: list[Trouble] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    most: int = 0
    now_s: float = 0.0

    def run(self, calls: int, tokens: float = 0.0) -> Play:
        waiting = [(number, 0) for number in range(calls)]
        events: list[tuple[float, int, Callable[[], None]]] = []
        order, under_way = count(), 0

        def later(seconds: float, action: Callable[[], None]) -> None:
            heapq.heappush(events, (self.now_s + seconds, next(order), action))

        def come_back(ticket: Ticket, number: int, retries: int, outcome: Outcome) -> None:
            nonlocal under_way
            under_way -= 1
            self.controller.finished(self.now_s, ticket, outcome)
            if outcome.trouble is None:
                self.answered.append(self.now_s)
                return
            wait_s = self.controller.retry_in_s(self.now_s, outcome.trouble, retries, 0.5)
            if wait_s is None:
                self.failed.append(outcome.trouble)
            else:
                later(wait_s, lambda: heapq.heappush(waiting, (number, retries + 1)))

        for _ in range(calls):
            self.controller.called(self.now_s)
        while waiting or events:
            asked_again_s = math.inf
            while waiting:
                verdict = self.controller.admit(self.now_s, tokens)
                if isinstance(verdict, float):
                    assert verdict > 0.0
                    asked_again_s = verdict
                    break
                number, retries = heapq.heappop(waiting)
                if isinstance(verdict, Trouble):
                    self.failed.append(verdict)
                    continue
                under_way += 1
                self.most = max(self.most, under_way)
                self.sent.append(self.now_s)
                seconds, outcome = self.endpoint(self.now_s, under_way)
                later(seconds, lambda t=verdict, n=number, r=retries, o=outcome: come_back(t, n, r, o))
            next_s = min(self.now_s + asked_again_s, events[0][0] if events else math.inf)
            assert next_s < math.inf or not waiting, "calls wait for what never comes"
            self.now_s = next_s if next_s < math.inf else self.now_s
            while events and events[0][0] <= self.now_s:
                heapq.heappop(events)[2]()
        return self


def played(endpoint: Endpoint, calls: int = 1000, *, tokens: float = 0.0, **limits: int) -> Play:
    return Play(Controller(Limits(**limits)), endpoint).run(calls, tokens)


def good(seconds: float = 1.0, **outcome: float) -> Endpoint:
    return lambda now_s, under_way: (seconds, Outcome(**outcome))  # type: ignore[arg-type]


def test_a_good_endpoint_is_asked_as_much_as_is_allowed() -> None:
    play = played(good(), 1000, max_in_flight=100)
    assert (len(play.answered), play.most, play.now_s) == (1000, 100, 10.0)


def test_an_endpoint_with_less_room_than_the_limit_is_used_well_and_every_call_is_answered() -> None:
    def cramped(now_s: float, under_way: int) -> tuple[float, Outcome]:
        return (1.0, Outcome()) if under_way <= 10 else (0.01, Outcome(BUSY))

    play = played(cramped, 1000, max_in_flight=512, max_retries=10)
    assert len(play.answered) == 1000
    assert play.now_s < 1.5 * 1000 / 10
    assert len(play.sent) < 1000 + 512 + 300


def test_requests_per_minute_hold_whatever_the_retries() -> None:
    troubles = iter([ERROR, None, None] * 10_000)
    play = played(lambda now_s, under_way: (0.1, Outcome(next(troubles))), 300, requests_per_minute=120)
    assert len(play.answered) + len(play.failed) == 300
    for first in range(0, len(play.sent), 7):
        assert sum(play.sent[first] <= moment < play.sent[first] + 60.0 - 1e-6 for moment in play.sent) <= 120


def test_tokens_per_minute_hold_by_what_was_really_used_though_every_guess_is_wrong() -> None:
    play = played(good(0.5, tokens=100), 600, tokens=10.0, tokens_per_minute=6000, max_in_flight=4)
    minutes = play.answered[-1] / 60.0
    assert 600 * 100 / minutes <= 6000 * 1.05
    assert 600 * 100 / minutes >= 6000 * 0.85


def test_without_a_guess_the_mean_of_late_is_set_aside() -> None:
    play = played(good(0.5, tokens=100), 600, tokens_per_minute=6000, max_in_flight=32)
    assert 600 * 100 / (play.answered[-1] / 60.0) <= 6000 * 1.05


def test_a_wait_that_is_asked_for_holds_the_whole_endpoint() -> None:
    asked = Trouble("rate_limit", "HTTP 429", 429, retry_after_s=30.0)
    first = iter([Outcome(asked)])
    play = played(lambda now_s, under_way: (1.0, next(first, Outcome())), 50, max_in_flight=1)
    assert play.sent[0] == 0.0
    assert play.sent[1] == 31.0
    assert play.controller.traffic(0).paused_s == 30.0
    assert play.controller.traffic(0).rate_limited == 1


def test_overlapping_waits_count_once() -> None:
    asked = Trouble("rate_limit", "HTTP 429", 429, retry_after_s=30.0)
    play = Play(Controller(Limits(max_in_flight=10)), lambda now_s, under_way: (1.0, Outcome()))
    tickets = [play.controller.admit(0.0, 0.0) for _ in range(10)]
    for ticket in tickets:
        assert isinstance(ticket, Ticket)
        play.controller.finished(5.0, ticket, Outcome(asked))
    assert play.controller.traffic(0).paused_s == 30.0
    assert play.controller.admit(6.0, 0.0) == 29.0


def test_an_allowance_that_the_endpoint_says_is_empty_is_waited_for() -> None:
    play = played(good(0.5, empty_for_s=2.0), 10, max_in_flight=1)
    assert play.sent == [2.5 * index for index in range(10)]


def test_a_server_that_is_down_for_a_while_is_waited_for_and_nothing_fails() -> None:
    def restarting(now_s: float, under_way: int) -> tuple[float, Outcome]:
        return (0.01, Outcome(DOWN)) if 5.0 < now_s < 12.0 else (0.5, Outcome())

    play = played(restarting, 2000, max_in_flight=64)
    assert (len(play.answered), play.failed) == (2000, [])
    assert len(play.sent) < 2000 + 64 + 40
    assert play.controller.traffic(0).breaker == "closed"


def test_a_server_that_is_down_for_good_is_asked_little_and_every_call_fails_with_the_reason() -> None:
    play = played(lambda now_s, under_way: (0.01, Outcome(DOWN)), 10_000, max_in_flight=64)
    assert len(play.failed) == 10_000
    assert {trouble.kind for trouble in play.failed} == {"connection", "circuit_open"}
    assert len(play.sent) < 300
    assert play.now_s < 120.0


def test_a_bad_key_is_not_asked_ten_thousand_times() -> None:
    play = played(lambda now_s, under_way: (0.2, Outcome(BAD_KEY)), 10_000, max_in_flight=64)
    assert len(play.failed) == 10_000
    assert len(play.sent) <= 64
    assert {trouble.kind for trouble in play.failed} == {"auth", "circuit_open"}


def test_a_key_that_becomes_good_is_found_good_by_a_probe() -> None:
    controller = Controller(Limits())
    play = Play(controller, lambda now_s, under_way: (0.2, Outcome(BAD_KEY)))
    play.run(3)
    play.now_s += REFUSED_KEY_S
    play.endpoint = good()
    play.run(5)
    assert len(play.answered) == 1  # the probe; those who came while it was out were refused
    assert len(play.run(5).answered) == 6


def test_a_storm_of_errors_adds_at_most_half_to_the_load_of_its_time() -> None:
    flips = iter([ERROR, None] * 100_000)
    play = played(lambda now_s, under_way: (0.1, Outcome(next(flips))), 5000, max_in_flight=200, max_retries=20)
    assert len(play.answered) == 5000
    early = sum(moment < 4.0 for moment in play.sent)
    assert early <= 200 / 0.1 * 4.0


def test_a_try_without_news_gives_its_place_back_and_teaches_nothing() -> None:
    controller = Controller(Limits(max_in_flight=1))
    ticket = controller.admit(0.0, 0.0)
    assert isinstance(ticket, Ticket)
    assert controller.admit(0.0, 0.0) == math.inf
    controller.finished(1.0, ticket, None)
    assert isinstance(controller.admit(1.0, 0.0), Ticket)
    assert controller.traffic(3)._asdict() == {
        "in_flight": 1,
        "waiting": 3,
        "limit": 1,
        "sent": 2,
        "retries": 0,
        "rate_limited": 0,
        "paused_s": 0.0,
        "breaker": "closed",
        "opened": 0,
        "key_refused": False,
    }


outcomes = st.sampled_from([None, None, BUSY, DOWN, ERROR, Trouble("stalled", "x"), Trouble("refused", "x", 400)])


@given(
    st.lists(st.tuples(outcomes, st.floats(0.01, 5.0)), min_size=1, max_size=40),
    st.integers(1, 80),
    st.integers(1, 20),
    st.integers(0, 3),
    st.sampled_from([None, 600]),
)
def test_every_call_is_answered_or_fails_and_every_place_comes_back(
    script: list[tuple[Trouble | None, float]], calls: int, places: int, retries: int, per_minute: int | None
) -> None:
    turn = count()

    def endpoint(now_s: float, under_way: int) -> tuple[float, Outcome]:
        trouble, seconds = script[next(turn) % len(script)]
        return seconds, Outcome(trouble)

    limits = Limits(places, retries, requests_per_minute=per_minute)
    play = Play(Controller(limits), endpoint).run(calls)
    assert len(play.answered) + len(play.failed) == calls
    assert play.most <= places
    assert len(play.sent) <= calls * (retries + 1)
    traffic = play.controller.traffic(0)
    assert (traffic.in_flight, traffic.sent) == (0, len(play.sent))
    assert 1 <= traffic.limit <= places


@pytest.mark.parametrize("places", [1, 7, 256])
def test_the_core_grants_no_more_than_the_places(places: int) -> None:
    controller = Controller(Limits(max_in_flight=places))
    granted = [controller.admit(0.0, 0.0) for _ in range(places + 1)]
    assert [isinstance(verdict, Ticket) for verdict in granted] == [True] * places + [False]
