"""Evidence about the answer, taken apart exactly: the budget of a question, and why each further agent adds less.

Laws on joint probability tables, for what is known in full: a simulator's truth, a worked example. What recorded
answers carry is estimated by ``v_information_curve``. All in bits.

Formulas and their sources: theory, section 1.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import together, within
from agentscale.errors import SpecError

Floats = NDArray[np.float64]


class EvidenceTerms(NamedTuple):
    """The agents' evidence one after another, each of shape (n,): ``increments = alone + given_truth − shared``."""

    budget: float
    """H(Y|X): what there is to find out; no increments add up to more."""
    increments: Floats
    """Δ_i = I(Z_i; Y | X, Z_<i)."""
    alone: Floats
    """I(Z_i; Y | X): what the agent would tell as the only one."""
    given_truth: Floats
    """I(Z_i; Z_<i | X, Y): what it shares with its predecessors beyond the truth; 0 for conditionally independent."""
    shared: Floats
    """I(Z_i; Z_<i | X): what it shares with them altogether."""

    @property
    def redundancy(self) -> Floats:
        """What the agent tells less than alone; negative is synergy."""
        return self.alone - self.increments


def conditional_information(joint: ArrayLike, a: Sequence[int], b: Sequence[int], given: Sequence[int] = ()) -> float:
    """I(A; B | G) = H(A, G) + H(B, G) − H(A, B, G) − H(G) of a joint table, in bits.

    Args:
        joint: Probabilities that sum to 1, an axis a variable, any shape.
        a: Axes of A.
        b: Axes of B.
        given: Axes of G.

    Returns:
        ≥ 0 up to rounding.

    Raises:
        SpecError: no probabilities, or an axis that the table does not have or that stands in two places.
    """
    p = _probabilities(joint)
    axes = [*a, *b, *given]
    if len(set(axes)) < len(axes) or not set(axes) <= set(range(p.ndim)):
        raise SpecError(f"axes {axes}", key="a", allowed=f"different ones of 0 to {p.ndim - 1}")
    parts = ([*a, *given], [*b, *given], axes, [*given])
    one, other, both, rest = (_entropy(p, part) for part in parts)
    return one + other - both - rest


def evidence_terms(joint: ArrayLike) -> EvidenceTerms:
    """The redundancy identity Δ_i = I(Z_i; Y|X) + I(Z_i; Z_<i|X, Y) − I(Z_i; Z_<i|X) (arXiv 2602.03794).

    Agents that are independent given question and truth have a middle term of 0: then all that an agent lacks to its
    evidence alone is what it repeats.

    Args:
        joint: Probabilities of question, truth and the agents' answers, shape (X, Y, Z_1, …, Z_n), summing to 1.

    Raises:
        SpecError: no probabilities, or fewer than two axes.
    """
    p = _probabilities(joint)
    if p.ndim < 2:
        raise SpecError(f"joint of shape {p.shape}", key="joint", allowed="shape (X, Y, Z_1, …, Z_n)")
    each = [(agent, list(range(2, agent))) for agent in range(2, p.ndim)]
    return EvidenceTerms(
        budget=_entropy(p, [0, 1]) - _entropy(p, [0]),
        increments=np.array([conditional_information(p, [z], [1], [0, *before]) for z, before in each]),
        alone=np.array([conditional_information(p, [z], [1], [0]) for z, _ in each]),
        given_truth=np.array([conditional_information(p, [z], before, [0, 1]) for z, before in each]),
        shared=np.array([conditional_information(p, [z], before, [0]) for z, before in each]),
    )


def info_bound_parallel(budget_bits: ArrayLike, calls: ArrayLike, single_bits: ArrayLike) -> Floats:
    """Upper bound min(H(Y|X), Σ_b m_b I_b) on the evidence of agents that answer alone (arXiv 2602.03794).

    Args:
        budget_bits: H(Y|X) ≥ 0, shape (…).
        calls: m_b ≥ 0, shape (…, B).
        single_bits: I_b ≥ 0, evidence of one call of each configuration, shape (…, B).

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    m, each = together(
        calls=within("calls", calls, 0.0, np.inf), single_bits=within("single_bits", single_bits, 0.0, np.inf)
    )
    budget, total = together(budget_bits=within("budget_bits", budget_bits, 0.0, np.inf), calls=(m * each).sum(axis=-1))
    return np.asarray(np.minimum(budget, total))


def _probabilities(joint: ArrayLike) -> Floats:
    p = within("joint", joint, 0.0, 1.0)
    if not abs(p.sum() - 1) < 1e-9:
        raise SpecError(f"joint adds up to {p.sum():g}", key="joint", allowed="probabilities that sum to 1")
    return p


def _entropy(p: Floats, keep: Sequence[int]) -> float:
    """H of the kept axes, in bits; 0 of none."""
    left = p.sum(axis=tuple(axis for axis in range(p.ndim) if axis not in keep)).ravel()
    return float(-(left * np.log2(np.where(left > 0, left, 1.0))).sum())
