"""A whole run against a server with every fault: `agentscale bench hostile` is the same at 20,000 calls."""

from agentscale.bench.areas.hostile import Ordeal, endure
from agentscale.server.faults import FAULTS, FaultPlan

SHARES = dict.fromkeys(FAULTS, 0.012) | {"hang": 0.006, "hang_midway": 0.006, "huge": 0.006, "endless": 0.006}
PLAN = FaultPlan(seed=4, shares=SHARES, storm_every_s=1.0, storm_s=0.1, retry_after_s=0.05, slow_s=0.2)


def test_every_call_is_answered_or_failed_with_its_reason_and_none_is_asked_after_its_answer() -> None:
    found, leaks = endure(Ordeal(calls=800, in_flight=128, timeout_s=2.0, plan=PLAN), report=False)
    assert found.settled, found
    assert leaks == []
    assert found.planned == found.answered + sum(found.failed.values()) == 800
    assert found.answered > 700
    assert {"malformed", "timeout", "too_large"} <= set(found.failed)
    assert found.requests > 800
    assert found.longest_hang_s < 4.0
    assert set(found.faults) == set(FAULTS)
