"""What holds of the study whatever its numbers: its power, what counts as a gain, and which of its rules read."""

from collections.abc import Iterator
from math import sqrt
from types import ModuleType

import derive
import numpy as np
import pytest

from agentscale.schema.estimate import Estimate


@pytest.fixture(scope="module")
def study() -> Iterator[ModuleType]:
    with derive.loaded("debate-or-reevaluation") as module:
        yield module


def test_the_questions_needed_have_the_power_that_is_told(study: ModuleType) -> None:
    pooled = Estimate(0.02, 0.02 - 0.0098, 0.02 + 0.0098, 1600, 4, 0, "")
    off = study.strength(pooled, 1600) * sqrt(study.needed(pooled, 1600))
    assert study.NORMAL.cdf(off - study.Z95) == pytest.approx(study.POWER, abs=0.01)
    assert study.power(pooled, 1600) < study.POWER  # it takes more than a hundred


def test_what_all_questions_do_not_show_no_number_of_them_is_said_to_show(study: ModuleType) -> None:
    assert study.needed(Estimate(0.01, -0.01, 0.03, 1600, 4, 0, ""), 1600) is None


def test_a_gain_counts_what_cannot_be_read_as_not_right(study: ModuleType) -> None:
    said = np.array([[[0, 1], [0, 0]], [[0, 0], [-1, 1]], [[-1, 1], [1, -1]]])
    assert study.gains(said).tolist() == [0.5, -1.0, 0.0]


def test_two_rules_read_nobody(study: ModuleType) -> None:
    assert [name for name, rule in study.RULES.items() if not rule.reads] == ["placebo", "self_correct"]
