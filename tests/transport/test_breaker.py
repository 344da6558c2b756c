from __future__ import annotations

import math

import pytest

from agentscale.transport.control.breaker import FAULTS, LONGEST_S, REFUSED_KEY_S, Breaker
from agentscale.transport.reading import Trouble

DOWN = Trouble("connection", "a connection fault (refused)")
BAD_KEY = Trouble("auth", "HTTP 401 with an empty body", 401)
FORBIDDEN = Trouble("auth", "HTTP 403 with an empty body", 403)


def opened(patience: int = 4, at_s: float = 0.0) -> Breaker:
    breaker = Breaker(patience)
    for serial in range(FAULTS):
        breaker.sent(serial)
        breaker.failed(serial, DOWN, at_s)
    return breaker


def probed(breaker: Breaker, now_s: float, serial: int) -> None:
    assert breaker.wait_s(now_s) == 0.0
    breaker.sent(serial)
    assert breaker.state == "half_open"


def test_it_stays_closed_until_faults_come_in_a_row() -> None:
    breaker = Breaker(4)
    for serial in range(10 * FAULTS):
        breaker.sent(serial)
        breaker.failed(serial, DOWN, 0.0)
        if serial % (FAULTS - 1) == 0:
            breaker.answered()
        assert breaker.state == "closed"
    assert breaker.wait_s(0.0) == 0.0


def test_requests_that_hang_and_end_after_others_were_answered_do_not_open_it() -> None:
    breaker = Breaker(4)
    for serial in range(5 * FAULTS):
        breaker.sent(serial)
    breaker.answered()
    for serial in range(5 * FAULTS):
        breaker.failed(serial, DOWN, 20.0)
    assert breaker.state == "closed"


def test_open_it_holds_calls_back_and_then_lets_one_through() -> None:
    breaker = opened()
    assert (breaker.state, breaker.wait_s(0.25)) == ("open", 0.75)
    probed(breaker, 1.0, FAULTS)
    assert breaker.wait_s(1.0) == math.inf


def test_one_answer_closes_it() -> None:
    breaker = opened()
    probed(breaker, 1.0, FAULTS)
    breaker.answered()
    assert (breaker.state, breaker.wait_s(1.0)) == ("closed", 0.0)


def test_each_failed_probe_doubles_the_wait_up_to_its_cap() -> None:
    breaker, now_s, waits = opened(patience=100), 0.0, []
    for serial in range(FAULTS, FAULTS + 8):
        wait_s = breaker.wait_s(now_s)
        assert isinstance(wait_s, float)
        waits.append(wait_s)
        now_s += wait_s
        probed(breaker, now_s, serial)
        breaker.failed(serial, DOWN, now_s)
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_S, LONGEST_S, LONGEST_S]


def test_after_as_many_failed_probes_as_there_is_patience_calls_are_refused_until_the_next_probe() -> None:
    breaker, now_s = opened(patience=2), 1.0
    probed(breaker, now_s, FAULTS)
    breaker.failed(FAULTS, DOWN, now_s)
    probed(breaker, now_s + 2.0, FAULTS + 1)
    breaker.failed(FAULTS + 1, DOWN, now_s + 2.0)
    refusal = breaker.wait_s(now_s + 2.0)
    assert isinstance(refusal, Trouble)
    assert refusal.text == (
        "got no try, since it failed again and again and it is left alone for 4 s more; the last fault was a "
        "connection fault (refused); allowed: an endpoint that answers; check that the server runs and that base_url "
        "leads to it"
    )
    assert (refusal.kind, refusal.transient) == ("circuit_open", False)
    probed(breaker, now_s + 6.0, FAULTS + 2)
    assert isinstance(breaker.wait_s(now_s + 6.0), Trouble)
    breaker.answered()
    assert breaker.wait_s(now_s + 6.0) == 0.0


def test_faults_of_tries_sent_before_it_opened_prolong_nothing() -> None:
    breaker = opened()
    for serial in range(5 * FAULTS):
        breaker.failed(serial, DOWN, 0.5)
    assert breaker.wait_s(0.5) == 0.5
    probed(breaker, 1.0, 6 * FAULTS)
    breaker.failed(3, DOWN, 1.0)
    assert breaker.state == "half_open"


def test_a_refused_key_opens_it_at_once_and_calls_are_refused() -> None:
    breaker = Breaker(4)
    breaker.sent(0)
    breaker.refused_key(BAD_KEY, 10.0)
    refusal = breaker.wait_s(20.0)
    assert isinstance(refusal, Trouble)
    assert (refusal.kind, refusal.status) == ("circuit_open", 401)
    assert refusal.text == (
        "got no try, since its key was refused and it is left alone for 50 s more; the last fault was HTTP 401 with an "
        "empty body; allowed: an endpoint that answers; check that api_key_env names the variable with this endpoint's "
        "key, and that the key is valid"
    )
    probed(breaker, 10.0 + REFUSED_KEY_S, 1)


def test_a_403_after_a_good_answer_speaks_of_its_own_request() -> None:
    breaker = Breaker(4)
    breaker.answered()
    breaker.refused_key(FORBIDDEN, 1.0)
    assert breaker.state == "closed"
    breaker.refused_key(BAD_KEY, 1.0)
    assert breaker.state == "open"


def test_a_first_403_is_a_refused_key() -> None:
    breaker = Breaker(4)
    breaker.refused_key(FORBIDDEN, 1.0)
    assert isinstance(breaker.wait_s(1.0), Trouble)


def test_a_probe_that_is_cancelled_is_sent_anew_at_once() -> None:
    breaker = opened()
    probed(breaker, 1.0, FAULTS)
    breaker.abandoned(3)
    assert breaker.wait_s(1.0) == math.inf
    breaker.abandoned(FAULTS)
    probed(breaker, 1.0, FAULTS + 1)


@pytest.mark.parametrize("faults", [FAULTS, 50 * FAULTS])
def test_without_patience_faults_never_open_it_and_a_refused_key_does(faults: int) -> None:
    breaker = Breaker(0)
    for serial in range(faults):
        breaker.failed(serial, DOWN, 0.0)
    assert breaker.wait_s(0.0) == 0.0
    breaker.refused_key(BAD_KEY, 0.0)
    assert isinstance(breaker.wait_s(0.0), Trouble)
