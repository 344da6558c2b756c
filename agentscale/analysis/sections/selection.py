"""What the team's answers hold, and what each way of choosing among them makes of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agentscale.analysis.agreement import count_answers, icc_correct
from agentscale.analysis.arrays import MISSING, Floats
from agentscale.analysis.juries import betabinom_jury, jury_ceiling
from agentscale.analysis.sections.base import Number, Sight, Told
from agentscale.analysis.votes import expected_accuracy, pass_at_k


def selection(sight: Sight) -> Iterator[Number]:
    """Coverage at k, what the vote leaves of it, and the jury with this mean and correlation.

    What other ways of choosing make of the same answers is in the table of counterfactuals.
    """
    right = (sight.last == 0).astype(np.float64)
    vote = np.asarray(expected_accuracy(count_answers(sight.last)))
    yield from sight.means({"selector_gap": right.max(axis=1) - vote}, paired=True)
    yield from _coverage(sight, right)
    if sight.n_agents > 1:
        yield from _jury(sight)


def _coverage(sight: Sight, right: Floats) -> Iterator[Number]:
    """P(one of k agents is right), k agents drawn from all: missing answers are not right."""
    n, c = sight.n_agents, right.sum(axis=1).astype(np.int64)
    sizes = [k for k in (1, 2, 4, 8, 16, 32, 64) if k < n] + [n]
    for k in sizes:
        yield from sight.means({"coverage": pass_at_k(n, c, k)}, at=str(k))


def _jury(sight: Sight) -> Iterator[Number]:
    """A vote of exchangeable agents of this mean and correlation, and of endlessly many of them."""
    readable = (sight.last != MISSING).sum(axis=1)
    k = (sight.last == 0).sum(axis=1)
    p = float(k.sum() / max(readable.sum(), 1))
    rho = float(icc_correct(k, readable))
    if not 0 < p < 1 or not 0 <= rho <= 1:
        why = (f"mean accuracy {p:.3g}, correlation {rho:.3g}: there is no such jury",)
        yield Told("jury", sight.plain(np.nan, "beta-binomial jury", why))
        return
    yield Told("jury", sight.plain(float(betabinom_jury(p, rho, sight.n_agents)), "beta-binomial jury"))
    yield Told("jury_ceiling", sight.plain(float(jury_ceiling(p, rho)), "beta-binomial jury, N → ∞"))
