"""The redundancy identity and its bounds on random joints, and on voters whose evidence is tabled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.analysis import conditional_information, evidence_terms, info_bound_parallel
from agentscale.errors import SpecError
from agentscale.randomness import keyed

SEEDS = st.integers(0, 10_000)


def random_joint(seed: int, *shape: int) -> np.ndarray:
    return keyed(seed, "joint").dirichlet(np.full(int(np.prod(shape)), 0.3)).reshape(shape)


def symmetric_voters(n: int, p: float = 0.6, options: int = 4) -> np.ndarray:
    """One question, truth uniform, n voters that are independent given it."""
    law = np.full((options, options), (1 - p) / (options - 1))
    np.fill_diagonal(law, p)
    joint = np.full((1, options), 1 / options)
    for _ in range(n):
        joint = joint[..., None] * law.reshape(1, options, *[1] * (joint.ndim - 2), options)
    return joint


@given(SEEDS)
def test_the_three_way_lemma_holds_on_any_joint(seed: int) -> None:
    """I(A;B|C,D) = I(A;B|C) + I(A;D|B,C) − I(A;D|C)."""
    p = random_joint(seed, 2, 3, 2, 3)
    parts = [((0,), (1,), (2,)), ((0,), (3,), (1, 2)), ((0,), (3,), (2,))]
    one, two, three = (conditional_information(p, *part) for part in parts)
    assert conditional_information(p, [0], [1], [2, 3]) == pytest.approx(one + two - three, abs=1e-12)


@given(SEEDS)
def test_the_redundancy_identity_holds_and_no_increments_exceed_the_budget(seed: int) -> None:
    found = evidence_terms(random_joint(seed, 2, 3, 3, 2, 2))
    np.testing.assert_allclose(found.increments, found.alone + found.given_truth - found.shared, atol=1e-12)
    np.testing.assert_allclose(found.redundancy, found.shared - found.given_truth, atol=1e-12)
    assert found.increments.sum() <= found.budget + 1e-12
    assert (found.increments >= -1e-12).all()


def test_the_evidence_of_symmetric_voters_is_the_tabled_one() -> None:
    found = evidence_terms(symmetric_voters(5))
    np.testing.assert_allclose(
        found.increments.cumsum()[[0, 1, 2, 4]], [0.39506, 0.69819, 0.94164, 1.29522], atol=5.1e-6
    )
    np.testing.assert_allclose(found.given_truth, 0.0, atol=1e-12)
    assert found.budget == pytest.approx(2.0)
    residual = 1 - found.increments.cumsum() / found.budget
    np.testing.assert_allclose(residual[[0, 1, 2, 4]], [0.8025, 0.6509, 0.5292, 0.3524], atol=5.1e-5)
    # Slower than the theorem's contraction of an erasure channel: no upper bound on the residual of real voters.
    assert (residual[1:] > residual[0] ** np.arange(2, 6)).all()


def test_a_copy_adds_nothing_and_is_all_redundancy() -> None:
    one = symmetric_voters(1)
    found = evidence_terms(one[..., None] * np.eye(4))
    assert found.increments[1] == pytest.approx(0.0, abs=1e-12)
    assert found.redundancy[1] == pytest.approx(found.alone[0])


def test_two_halves_of_a_secret_are_synergy() -> None:
    joint = np.zeros((1, 2, 2, 2))
    for a in (0, 1):
        for b in (0, 1):
            joint[0, a ^ b, a, b] = 0.25
    found = evidence_terms(joint)
    assert found.increments.tolist() == pytest.approx([0.0, 1.0])
    assert found.redundancy[1] == pytest.approx(-1.0)


def test_the_parallel_bound_is_the_budget_or_the_sum_of_calls() -> None:
    np.testing.assert_allclose(info_bound_parallel(2.0, [[1, 2], [9, 9]], [0.395, 0.2]), [0.795, 2.0])
    found = evidence_terms(symmetric_voters(5))
    assert (
        found.increments.cumsum() <= info_bound_parallel(2.0, np.arange(1, 6)[:, None], found.alone[:1]) + 1e-9
    ).all()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: evidence_terms([0.5, 0.5]), "joint of shape (2,)"),
        (lambda: evidence_terms([[0.5, 0.6]]), "adds up to 1.1"),
        (lambda: conditional_information([[0.5, 0.5]], [0], [0]), "axes [0, 0]"),
        (lambda: conditional_information([[0.5, 0.5]], [0], [2]), "0 to 1"),
        (lambda: info_bound_parallel(-1.0, [1], [1.0]), "budget_bits = -1"),
    ],
)
def test_what_does_not_fit_is_named(call: object, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()  # type: ignore[operator]
    assert said in str(caught.value)
