"""A run that is killed and resumed: `agentscale bench kill` is the same at 50 moments."""

import pytest

from agentscale.bench.areas.kill import SERVERS, Server, study
from agentscale.bench.killing import moments


@pytest.mark.parametrize("server", SERVERS.values(), ids=list(SERVERS))
def test_a_killed_run_goes_on_where_it_was_and_ends_as_if_nothing_had_been(server: Server) -> None:
    kills = study(server, questions=8, kills=2)
    assert all(kill.same for kill in kills)
    assert [kill.written_and_asked_again for kill in kills] == [0, 0]
    assert sum(kill.in_flight for kill in kills) > 0
    assert [kill.asked_again for kill in kills] == [kill.in_flight for kill in kills]
    assert [kill.in_silence for kill in kills] == [0, 0]


def test_the_moments_are_the_same_at_every_run_and_lie_within_it() -> None:
    found = list(moments(100, 0.03, 50))
    assert found == list(moments(100, 0.03, 50))
    assert all(1 <= asked < 100 and 0 <= after_s < 0.03 for asked, after_s in found)
    assert len(set(found)) == 50
