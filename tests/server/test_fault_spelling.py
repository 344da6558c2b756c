"""Faults and delays are spelt in one line, and a slip is told with what is allowed."""

import numpy as np
import pytest

from agentscale.errors import SpecError
from agentscale.server.faults import FAULTS
from agentscale.server.spelling import SPELLINGS, fault_plan, latency


def test_every_fault_is_spelt_by_its_name_and_the_usual_ones_by_another() -> None:
    for fault in FAULTS:
        assert fault_plan(f"{fault}=0.5", 3).shares == {fault: 0.5}
    for other, fault in SPELLINGS.items():
        assert fault_plan(f"{other}=0.5", 3).shares == {fault: 0.5}


def test_settings_stand_among_the_shares_and_the_seed_beside_them() -> None:
    plan = fault_plan("429=0.1, slow=0.2, slow_s=3, retry_after_s=0.5", 7)
    assert (plan.seed, plan.shares, plan.slow_s, plan.retry_after_s) == (7, {"busy": 0.1, "slow": 0.2}, 3, 0.5)
    assert fault_plan("", 0).shares == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rest=0.1", "did you mean 'reset'?"),
        ("429", "allowed: NAME=NUMBER"),
        ("429=often", "got '429=often'"),
        ("429=0.7,500=0.7", "the shares of faults sum to 1.4"),
        ("429=-0.1", "greater than or equal to 0"),
        ("slow_s=inf", "allowed: NAME=NUMBER"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(text: str, said: str) -> None:
    with pytest.raises(SpecError, match=r"--faults") as refused:
        fault_plan(text, 0)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "mean", "median"),
    [
        ("0.2", 0.2, 0.2),
        ("constant:0.2", 0.2, 0.2),
        ("uniform:0.1,0.5", 0.3, 0.3),
        ("exponential:0.2", 0.2, 0.2 * np.log(2)),
        ("lognormal:0.2,0.5", 0.2 * np.exp(0.125), 0.2),
    ],
)
def test_delays_have_the_mean_and_the_median_of_their_distribution(text: str, mean: float, median: float) -> None:
    delay = latency(text, 1)
    drawn = [delay(number) for number in range(4000)]
    assert np.mean(drawn) == pytest.approx(mean, rel=0.06)
    assert np.median(drawn) == pytest.approx(median, rel=0.06)
    assert drawn[:9] == [latency(text, 1)(number) for number in range(9)]


@pytest.mark.parametrize(
    "text", ["", "soon", "-1", "normal:0.2,0.5", "uniform:1", "uniform:0.5,0.1", "lognormal:1,2,3"]
)
def test_a_delay_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="--latency"):
        latency(text, 0)
