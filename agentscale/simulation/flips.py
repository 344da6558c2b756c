"""How readily agents copy, from their changes of answer in debates: the likelihood of the rule ``copy(κ, adv)``.

Of an agent that holds a wrong answer and reads n_r right and n_w wrong ones the rule says how likely it ends up right,
and of one that holds a right answer how likely it ends up wrong (`Copy`). κ and adv maximise the likelihood of what
happened, with their usual ranges as weak priors; the spread is that between questions, since agents of one question
are not independent. Knows no texts and no graphs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from agentscale.simulation.fitted import TELLING, Z95, Block, Fit, Fitted
from agentscale.simulation.rules import Copy

Floats = NDArray[np.float64]

_PRIOR = np.array([[-2.5, 1.2], [0.0, 1.0]])  # mean and spread of logit κ (95 %: .01 to .46) and of adv (±2)
_NUDGE = 1e-4
_LEAST = 1e-12


class Changes(NamedTuple):
    """What agents held, read and said next; one row each, of agents that could be read before and after."""

    question: NDArray[np.int64]
    """Which question, from 0."""
    held_right: NDArray[np.bool_]
    n_right: NDArray[np.int64]
    """Right answers that it read."""
    n_wrong: NDArray[np.int64]
    turned: NDArray[np.bool_]
    """Whether it was wrong and is right now, or was right and is wrong now."""


class Copying(NamedTuple):
    """κ and adv with their spreads."""

    logit_kappa: float
    advantage: float
    spreads: tuple[float, float]
    """Of logit κ and of adv."""
    prior_spreads: tuple[float, float]


def fit_copying(changes: Changes) -> Copying:
    """The most likely κ and adv.

    Args:
        changes: At least one.
    """

    def cost(at: Floats) -> float:
        return -float(_scores(at, changes).sum() + _prior(at))

    found = optimize.minimize(cost, _PRIOR[:, 0], method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-8})
    at = np.asarray(found.x, np.float64)
    nudges = np.eye(2) * _NUDGE
    by_row = np.stack([(_scores(at + n, changes) - _scores(at - n, changes)) / (2 * _NUDGE) for n in nudges], axis=1)
    groups = np.zeros((int(changes.question.max()) + 1, 2))
    np.add.at(groups, changes.question, by_row)
    bread = np.linalg.inv(_curvature(at, changes))
    prior = np.diag(_PRIOR[:, 1] ** -2)
    spread = np.sqrt(np.diag(bread @ (groups.T @ groups + prior) @ bread))
    return Copying(
        float(at[0]), float(at[1]), (float(spread[0]), float(spread[1])), (float(_PRIOR[0, 1]), float(_PRIOR[1, 1]))
    )


def copying_block(changes: Changes) -> Block:
    """κ and adv with their intervals, and the rates of changing beside those of the rule."""
    found = fit_copying(changes)
    spread, spread_advantage = found.spreads
    telling = [own < TELLING * prior for own, prior in zip(found.spreads, found.prior_spreads, strict=True)]
    ends = [float(special.expit(found.logit_kappa + side * Z95 * spread)) for side in (0, -1, 1)]
    reach = Z95 * spread_advantage
    fitted = (
        Fitted("copying", ends[0], ends[1], ends[2], telling[0]),
        Fitted("truth_advantage", found.advantage, found.advantage - reach, found.advantage + reach, telling[1]),
    )
    return Block(fitted, *_rates(Copy(kappa=ends[0], advantage=_within(found.advantage)), changes))


def _rates(rule: Copy, changes: Changes) -> tuple[tuple[Fit, ...], float, float]:
    """How often agents turn, by what they held and whether most of what they read was right; chi2 and its degrees."""
    expected = turning(rule, changes.held_right, changes.n_right, changes.n_wrong)
    mostly_right = changes.n_right > changes.n_wrong
    fits, off = [], []
    for held, what in ((False, "turned right"), (True, "turned wrong")):
        for most, read in ((True, "most read are right"), (False, "most read are not")):
            here = (changes.held_right == held) & (mostly_right == most)
            if here.any():
                by_question = np.bincount(changes.question, weights=here * (changes.turned - expected))
                run, world = float(changes.turned[here].mean()), float(expected[here].mean())
                spread = float(np.sqrt(np.sum(by_question**2)))
                fits.append(Fit(f"{what}, {read}", run, world, float(by_question.sum()) / max(spread, _LEAST)))
                off.append(by_question)
    table = np.array(off)
    moved = table[np.sum(table**2, axis=1) > _LEAST]
    chi2 = float(moved.sum(axis=1) @ np.linalg.pinv(moved @ moved.T) @ moved.sum(axis=1)) if len(moved) else 0.0
    return tuple(fits), chi2, max(0.0, float(len(moved) - 2))


def turning(
    rule: Copy, held_right: NDArray[np.bool_], n_right: NDArray[np.int64], n_wrong: NDArray[np.int64]
) -> Floats:
    """The probability that an agent turns from wrong to right, or from right to wrong, by the rule."""
    right, wrong = (special.log1p(-min(rule.convincing(right=side), 1 - 1e-15)) for side in (True, False))
    hazard_right, hazard_wrong = -right * n_right, -wrong * n_wrong
    total = hazard_right + hazard_wrong
    toward = np.where(held_right, hazard_wrong, hazard_right)
    return np.asarray(-np.expm1(-total) * toward / np.maximum(total, _LEAST))


def _scores(at: Floats, changes: Changes) -> Floats:
    """The log-likelihood of every row."""
    rule = Copy(kappa=float(special.expit(at[0])), advantage=_within(float(at[1])))
    p = np.clip(turning(rule, changes.held_right, changes.n_right, changes.n_wrong), _LEAST, 1 - _LEAST)
    return np.asarray(np.where(changes.turned, np.log(p), np.log1p(-p)))


def _within(advantage: float) -> float:
    return float(np.clip(advantage, -20, 20))


def _prior(at: Floats) -> float:
    return -0.5 * float(np.sum(((at - _PRIOR[:, 0]) / _PRIOR[:, 1]) ** 2))


def _curvature(at: Floats, changes: Changes) -> Floats:
    """Minus the second derivatives of log-likelihood and prior, shape (2, 2)."""
    step = 1e-3

    def value(shift: Floats) -> float:
        return float(_scores(at + shift, changes).sum() + _prior(at + shift))

    rows = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            a, b = np.eye(2)[i] * step, np.eye(2)[j] * step
            rows[i, j] = -(value(a + b) - value(a - b) - value(b - a) + value(-a - b)) / (4 * step**2)
    return rows
