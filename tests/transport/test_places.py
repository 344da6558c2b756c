from __future__ import annotations

import heapq
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.transport.control.places import Places


class Played(NamedTuple):
    served: int
    refused: int
    limits: list[int]
    """The limit at the end of each second."""
    sent: int
    """Tries sent, those of earlier plays included."""


def play(
    places: Places, seconds: int, room: int, *, asked: int = 10_000, fault_every: int = 0, sent: int = 0
) -> Played:
    """An endpoint that serves ``room`` requests at once in a second each and refuses others; it is always asked."""
    back: list[tuple[float, int, bool]] = []
    serving = 0
    now_s, limits, results = 0.0, [], [0, 0]
    while now_s < seconds:
        while len(back) < min(asked, int(places.value)):
            good = serving < room and (not fault_every or sent % fault_every > 0)
            serving += good
            heapq.heappush(back, (now_s + (1.0 if good else 0.01), sent, good))
            sent += 1
        under_way = len(back)
        when_s, serial, good = heapq.heappop(back)
        limits += [int(places.value)] * (int(when_s) - int(now_s))
        now_s = when_s
        serving -= good
        results[good] += 1
        (places.answered if good else places.refused)(serial, sent, under_way)
    return Played(results[1], results[0], limits, sent)


def test_the_limit_starts_at_its_ceiling_and_stays_there_while_all_is_well() -> None:
    assert play(Places(64), 20, room=64) == Played(64 * 20 + 1 - 64, 0, [64] * 20, 64 * 20)


@pytest.mark.parametrize(("ceiling", "room"), [(32, 4), (256, 8), (1024, 8), (1024, 100), (16, 1)])
def test_the_limit_settles_at_what_the_endpoint_serves_and_few_are_refused(ceiling: int, room: int) -> None:
    places = Places(ceiling)
    settled = play(places, 60, room, sent=play(places, 20, room).sent)
    assert settled.served >= 0.75 * 60 * room
    assert settled.refused <= max(15, 0.2 * settled.served)


def test_one_window_is_enough_to_leave_a_limit_far_too_high() -> None:
    played = play(Places(1024), 2, room=8)
    assert played.limits[0] <= 16
    assert played.refused < 1.1 * 1024


def test_the_limit_never_falls_below_one_and_comes_back_after_a_storm() -> None:
    places = Places(64)
    storm = play(places, 20, room=0)
    assert storm.limits == [1] * 20
    assert play(places, 45, room=10_000, sent=storm.sent).limits[-1] == 64


def test_a_window_of_refusals_is_forgiven_two_cut_once_by_half_and_then_by_place() -> None:
    places = Places(100)
    for serial in range(2):
        places.refused(serial, sent=100, under_way=100)
    assert places.value == 100.0
    for serial in range(2, 52):
        places.refused(serial, sent=100, under_way=100)
    assert places.value == 50.0
    places.refused(52, sent=100, under_way=50)
    assert places.value == 49.0


def test_an_unused_limit_does_not_grow() -> None:
    places = Places(64)
    before = places.value = 20.0
    play(places, 50, room=64, asked=5)
    assert places.value == before


@pytest.mark.parametrize("fault_every", [10, 20, 50])
def test_refusals_now_and_then_whatever_the_load_cost_no_place_for_long(fault_every: int) -> None:
    limits = play(Places(512), 100, room=512, fault_every=fault_every).limits
    assert min(limits) > 128
    assert limits[-1] > 256


@given(st.integers(1, 2000), st.lists(st.tuples(st.booleans(), st.integers(1, 50)), max_size=200))
def test_the_limit_keeps_between_one_and_its_ceiling(ceiling: int, outcomes: list[tuple[bool, int]]) -> None:
    places = Places(ceiling)
    for sent, (good, lag) in enumerate(outcomes, start=1):
        (places.answered if good else places.refused)(max(0, sent - lag), sent, min(sent, ceiling))
        assert 1.0 <= places.value <= ceiling
