"""How strongly an agent's opinion follows its neighbours': slopes, from what was injected or from what was seen.

Opinions are numbers: estimates, probabilities, or 1 and 0 for a right and a wrong answer.

Formulas and their sources: theory, section 6.6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from agentscale.analysis.bootstrap import mean_estimates
from agentscale.analysis.debate.drift import t_test
from agentscale.analysis.debate.flips import ratio
from agentscale.analysis.debate.rounds import Floats, Reads, by_question, questions
from agentscale.analysis.inference import bootstrap_statistic
from agentscale.errors import SpecError
from agentscale.schema.estimate import Estimate


class PriorArtifact(NamedTuple):
    """Whether a first opinion that was assigned at random is still in the last one."""

    slope: Estimate
    """Of the last opinion on the assigned one, within questions: 0 where it was forgotten, 1 where it was kept."""
    bias: Estimate
    """Last less assigned opinion: where agents drift to whatever was assigned."""
    p_value: float
    """Two-sided, of slope 0."""


def coupling_gain(injected: ArrayLike, updated: ArrayLike, *, seed: int, resamples: int = 2000) -> Estimate:
    """Counterfactual slope of an agent's updated opinion on an opinion that was injected in a neighbour's place.

    Σ (x − x̄_q)(z − z̄_q)/Σ (x − x̄_q)² over questions q: the question, and the agent's own opinion, stay the same.
    Under Friedkin–Johnsen dynamics it is γ where all that the agent averages over was injected, γ·w where a neighbour
    of weight w was. The measured couplings of 0.15 to 0.43 are those of arXiv 2606.22203 [S].

    Args:
        injected: x, shape (Q, G): a grid of opinions for each question; ``nan`` leaves a point out.
        updated: z, the agent's opinion after it read each, shape (Q, G); ``nan`` likewise.
        seed: Of the bootstrap over questions.
        resamples: Of it.

    Raises:
        SpecError: shapes that differ.
    """
    return bootstrap_statistic(
        _products(injected=injected, updated=updated), ratio, seed=seed, resamples=resamples, n_agents=1
    )


def fj_coupling(
    opinions: ArrayLike,
    edges: ArrayLike | None = None,
    *,
    include_self: bool = True,
    items: ArrayLike | None = None,
    seed: int,
    resamples: int = 2000,
) -> Estimate:
    """γ of x(t+1) = γ·W·x(t) + (1 − γ)·x(0) by least squares through the origin, from opinions that were merely seen.

    Regresses x_i(t+1) − x_i(0) on (W x(t))_i − x_i(0), W the uniform mean of what an agent reads. Exact under
    Friedkin–Johnsen dynamics, and unbiased under answers that follow them in law (1 right, 0 wrong); whatever else
    moves agents to where their peers already are counts as coupling, which :func:`coupling_gain` is free of.

    Args:
        opinions: x, shape (Q, T + 1, N), T ≥ 1; ``nan`` is missing, and leaves out whoever would read it.
        edges: Who reads whom, u → v, shape (E, 2); all read all others by default.
        include_self: Whether W averages over the agent itself too.
        items: Which question each of the Q rows is of, where a question has several; each is its own by default.
        seed: Of the bootstrap over questions.
        resamples: Of it.

    Raises:
        SpecError: opinions without two rounds.
    """
    x = np.asarray(opinions, dtype=np.float64)
    if x.ndim != 3 or x.shape[1] < 2:
        raise SpecError(f"opinions of shape {x.shape}", key="opinions", allowed="(Q, T + 1, N) with T ≥ 1")
    reads = Reads(edges, x.shape[2])
    own = 1 if include_self else 0
    weight = np.maximum(reads.degrees + own, 1)
    mean = (reads.of(x[:, :-1, :, None])[..., 0] + own * x[:, :-1]) / weight
    pull, moved = mean - x[:, :1], x[:, 1:] - x[:, :1]
    sound = np.isfinite(pull) & np.isfinite(moved) & (reads.degrees > 0)
    u, v = np.where(sound, pull, 0.0), np.where(sound, moved, 0.0)
    products = np.stack([(u * v).sum(axis=(1, 2)), (u * u).sum(axis=(1, 2))], axis=1)
    columns = by_question(products, questions(items, np.zeros(len(x))))
    return bootstrap_statistic(columns, ratio, seed=seed, resamples=resamples, n_agents=x.shape[2])


def prior_artifact_test(assigned: ArrayLike, final: ArrayLike, *, seed: int, resamples: int = 2000) -> PriorArtifact:
    """Slope and bias of last opinions on first ones that were assigned at random.

    Agents that stay near their first opinion may be anchored by it, or may have held it all along. Only a first opinion
    that was assigned tells the two apart: with slope 0 the persistence is the prior's and no influence.

    Args:
        assigned: Shape (Q, G): what was put into the agent's mouth, at random within each question.
        final: Its last opinion, shape (Q, G); ``nan`` leaves a point out.
        seed: Of the bootstrap over questions.
        resamples: Of it.

    Raises:
        SpecError: shapes that differ.
    """
    products = _products(assigned=assigned, final=final)
    slope = bootstrap_statistic(products, ratio, seed=seed, resamples=resamples, n_agents=1)
    x, z = _pairs(assigned=assigned, final=final)
    count = np.isfinite(x).sum(axis=1)
    off = np.where(count > 0, np.nansum(z - x, axis=1) / np.maximum(count, 1), np.nan)
    (bias,) = mean_estimates(off[:, None], seed=seed, resamples=resamples, n_agents=1)
    return PriorArtifact(slope, bias, t_test(products[:, 0]))


def _pairs(**both: ArrayLike) -> tuple[Floats, Floats]:
    """Both with ``nan`` wherever one of them is not defined."""
    first, second = (np.asarray(each, dtype=np.float64) for each in both.values())
    if first.shape != second.shape or first.ndim != 2:
        got = ", ".join(f"{name} {np.shape(each)}" for name, each in both.items())
        raise SpecError(got, key=list(both)[-1], allowed="the same shape (Q, G)")
    sound = np.isfinite(first) & np.isfinite(second)
    return np.where(sound, first, np.nan), np.where(sound, second, np.nan)


def _products(**both: ArrayLike) -> Floats:
    """Σ (x − x̄)(z − z̄) and Σ (x − x̄)² of each question, shape (Q, 2)."""
    first, second = _pairs(**both)
    count = np.maximum(np.isfinite(first).sum(axis=1, keepdims=True), 1)
    from_mean = first - np.nansum(first, axis=1, keepdims=True) / count
    moved = second - np.nansum(second, axis=1, keepdims=True) / count
    return np.stack([np.nansum(from_mean * moved, axis=1), np.nansum(from_mean**2, axis=1)], axis=1)
