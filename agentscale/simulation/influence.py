"""What a debate does in expectation, known beforehand: who moves whom, and whether accuracy can drift at all.

The yardstick for estimators of influence, effective size and drift. Exact for the rules that are linear in answers;
nothing here is drawn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from agentscale.errors import SpecError
from agentscale.simulation.debates import Debate
from agentscale.simulation.graphs import Graph
from agentscale.simulation.rules import Copy, FriedkinJohnsen, Polya, SelfCorrect

_DENSE = 4096  # agents of which a matrix of all pairs is written out: 128 MiB


def averaging(graph: Graph) -> sparse.csr_matrix:
    """W, shape (N, N): everybody's uniform average over itself and those that it reads."""
    rows = graph.rows() + sparse.identity(graph.n, format="csr", dtype=np.int64)
    return sparse.diags(1.0 / (graph.degrees + 1)) @ rows


def friedkin_johnsen(
    opinions: NDArray[np.float64], graph: Graph, gamma: float, rounds: int, matrix: sparse.csr_matrix | None = None
) -> NDArray[np.float64]:
    """Opinions after ``rounds`` of x(t+1) = γ·W·x(t) + (1−γ)·x(0) (Friedkin and Johnsen 1990).

    Args:
        opinions: x(0), shape (N,) or (N, d).
        graph: Who reads whom.
        gamma: γ in [0, 1].
        rounds: T ≥ 0.
        matrix: W with rows that sum to 1; by default `averaging`, which a complete graph does not write out.

    Raises:
        SpecError: for γ outside its range.
    """
    if not 0 <= gamma <= 1:
        raise SpecError(f"got {gamma!r}", key="gamma", allowed="0 to 1")
    weights = None if graph.is_complete and matrix is None else averaging(graph) if matrix is None else matrix
    now = opinions
    for _ in range(rounds):
        mean = np.broadcast_to(now.mean(axis=0), now.shape) if weights is None else weights @ now
        now = gamma * mean + (1.0 - gamma) * opinions
    return now


def influence(debate: Debate, *, stationary: bool = False) -> NDArray[np.float64]:
    """M, shape (N, N): the expected weight of everybody's first answer in each agent's last.

    P(agent i ends at option a) = Σ_j M_ij·1[j started at a], as long as every answer can be read. For ``fj`` the
    stationary matrix is (1−γ)(I − γW)⁻¹ (theory.md, section 6.6).

    Args:
        debate: Of a linear rule: ``copy`` without advantage, ``fj``.
        stationary: After infinitely many rounds, for ``fj`` with γ < 1, in place of `Debate.rounds`.

    Raises:
        SpecError: for a rule that is not linear, and for more than 4096 agents.
    """
    n = debate.graph.n
    if n > _DENSE:
        raise SpecError(f"the influence of {n} agents on each other", key="n", allowed=f"{_DENSE} agents or fewer")
    step, anchor = _linear(debate)
    if stationary:
        if not isinstance(debate.rule, FriedkinJohnsen) or debate.rule.gamma >= 1:
            raise SpecError("no stationary influence", key="rule", allowed="fj with γ below 1")
        return np.asarray(np.linalg.solve(np.eye(n) - step.toarray(), np.diag(anchor)))
    now = np.eye(n)
    for _ in range(debate.rounds):
        now = step @ now + np.diag(anchor)
    return np.asarray(now)


def influence_size(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / ‖M_i‖², shape (N,): how many independent first answers go into each agent's last one."""
    sizes: NDArray[np.float64] = 1.0 / np.sum(matrix**2, axis=1)
    return sizes


def is_martingale(debate: Debate) -> bool:
    """Whether the expected share of right answers is the same in all rounds, whatever the first answers are.

    For ``copy`` and ``fj`` this says that what all readers together take of an agent equals what it gives up. For
    ``dcm`` it asks for a regular graph, and for ``self_correct`` and ``placebo`` nothing, as long as first answers
    follow the agents' own laws. A plurality rule and a truth advantage drift.
    """
    rule, graph = debate.rule, debate.graph
    if isinstance(rule, SelfCorrect):
        return True
    if isinstance(rule, Polya):
        return not debate.fixed.any() and debate.context is None and _is_regular(graph)
    if isinstance(rule, FriedkinJohnsen) or (isinstance(rule, Copy) and rule.advantage == 0):
        if graph.is_complete and debate.context is None and not debate.fixed.any():
            return True
        step, anchor = _linear(debate)
        taken = np.asarray(step.sum(axis=0)).ravel() + anchor
        return bool(np.allclose(taken, 1.0, atol=1e-9))
    return False


def _linear(debate: Debate) -> tuple[sparse.csr_matrix, NDArray[np.float64]]:
    """(B, d) with E[x(t+1)] = B·x(t) + d·x(0)."""
    rule, fixed = debate.rule, debate.fixed
    graph = debate.graph if debate.context is None else debate.graph.first_peers(debate.context)
    if isinstance(rule, FriedkinJohnsen) and debate.peers is None:
        gamma = np.where(fixed, 0.0, rule.gamma)
        return sparse.csr_matrix(sparse.diags(gamma) @ averaging(graph)), 1.0 - gamma
    if isinstance(rule, Copy) and rule.advantage == 0:
        read = graph.degrees if debate.peers is None else np.minimum(graph.degrees, debate.peers)
        moves = np.where(fixed, 0.0, 1.0 - (1.0 - rule.kappa) ** read)
        among = sparse.diags(moves / np.maximum(graph.degrees, 1)) @ graph.rows()
        return sparse.csr_matrix(among + sparse.diags(1.0 - moves)), np.zeros(graph.n)
    raise SpecError(
        f"the rule {rule.name} of this debate is not linear in its answers",
        key="rule",
        allowed="copy without advantage, fj that reads everybody",
    )


def _is_regular(graph: Graph) -> bool:
    if graph.starts is None or graph.peers is None:
        return True
    read_by = np.bincount(graph.peers, minlength=graph.n)
    return bool(np.all(graph.degrees == graph.degrees[0]) and np.all(read_by == graph.degrees[0]))
