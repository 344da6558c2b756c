"""What the team's answers hold, and what each way of choosing among them makes of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agentscale.analysis.agreement import count_answers
from agentscale.analysis.arrays import Floats
from agentscale.analysis.inference.correlation import icc_columns, icc_of_means
from agentscale.analysis.juries import betabinom_jury, jury_ceiling
from agentscale.analysis.sections.base import FEWER, Number, Sight, Told
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
    readable = np.isfinite(sight.correct).sum(axis=1).astype(np.float64)
    right = np.nansum(sight.correct, axis=1)
    pairs = np.nan_to_num(icc_columns(right, readable))
    found = sight.statistics([right, readable, *pairs.T], lambda means: _juries(means, sight.n_agents), FEWER)
    if np.isfinite(found[0].value):
        yield from (Told(name, one) for name, one in zip(("jury", "jury_ceiling"), found, strict=True))
        return
    p, rho = _mean_and_rho(sight.by_item([right, readable, *pairs.T]).mean(axis=0))
    why = (f"mean accuracy {p:.3g}, correlation {rho:.3g}: there is no such jury",)
    yield Told("jury", sight.plain(np.nan, "beta-binomial jury", why))


def _mean_and_rho(means: Floats) -> tuple[Floats, Floats]:
    p = means[..., 0] / np.where(means[..., 1] > 0, means[..., 1], 1.0)
    with np.errstate(invalid="ignore"):  # without a pair there is no correlation
        return p, icc_of_means(means[..., 2:])


def _juries(means: Floats, n: int) -> Floats:
    """Of means of right, readable and the columns of ρ: the jury of n and its limit, shape (…, 2).

    Among resamples a correlation below 0 counts as 0; the estimate itself has no jury there.
    """
    p, rho = _mean_and_rho(means)
    if means.ndim > 1:
        rho = np.maximum(rho, 0.0)
    defined = (p > 0) & (p < 1) & (rho >= 0) & (rho <= 1)
    p, rho = np.where(defined, p, np.nan), np.where(defined, rho, np.nan)
    return np.stack([betabinom_jury(p, rho, n), jury_ceiling(p, rho)], axis=-1)
