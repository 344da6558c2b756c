"""Logistic regression with errors that are clustered by question. Knows no debates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.schema.estimate import Estimate

Floats = NDArray[np.float64]
_RIDGE = 1e-6  # only keeps the curvature invertible
_STEPS = 100
_FAR = 12.0  # a log-odds beyond which the data separate
_METHOD = "logistic likelihood; 95 % t interval, errors clustered by question"


class Fitted(NamedTuple):
    """Coefficients with their covariance."""

    coefficients: Floats
    covariance: Floats
    """The sandwich over clusters; all ``nan`` where nothing can be told."""
    n_clusters: int
    warnings: tuple[str, ...] = ()

    def estimate(self, at: int, n_agents: int) -> Estimate:
        """One coefficient with its interval."""
        from scipy.special import stdtrit

        value = float(self.coefficients[at])
        reach = float(stdtrit(max(self.n_clusters - 1, 1), 0.975) * np.sqrt(self.covariance[at, at]))
        return Estimate(value, value - reach, value + reach, self.n_clusters, n_agents, 0, _METHOD, self.warnings)


def fit_logistic(x: Floats, y: Floats, cluster: NDArray[np.integer]) -> Fitted:
    """Maximum likelihood by Newton's method with halved steps.

    Args:
        x: Design, shape (M, P).
        y: 0 or 1, shape (M,).
        cluster: Which question each row is of, shape (M,).

    Returns:
        All ``nan``, with a warning, where the design has not full rank, the outcome is constant, or it separates.
    """
    n_clusters, width = len(np.unique(cluster)), x.shape[1]
    if len(y) <= width or n_clusters < 2 or y.min() == y.max() or np.linalg.matrix_rank(x) < width:
        return _undefined(width, n_clusters, "too few changes, or too few shares among peers, to tell them apart")
    beta = np.zeros(width)
    for _ in range(_STEPS):
        gradient, curvature = _slopes(x, y, beta)
        step = np.linalg.solve(curvature, gradient)
        while _loss(x, y, beta - step) > _loss(x, y, beta) and np.abs(step).max() > 1e-10:
            step = step / 2
        beta = beta - step
        if np.abs(step).max() < 1e-9:
            break
    if np.abs(beta).max() > _FAR:
        return _undefined(width, n_clusters, "the shares of peers separate those who change from those who do not")
    return Fitted(beta, _sandwich(x, y, beta, cluster), n_clusters)


def _slopes(x: Floats, y: Floats, beta: Floats) -> tuple[Floats, Floats]:
    p = _expit(x @ beta)
    return x.T @ (p - y) + _RIDGE * beta, (x * (p * (1 - p))[:, None]).T @ x + _RIDGE * np.eye(len(beta))


def _loss(x: Floats, y: Floats, beta: Floats) -> float:
    z = x @ beta
    return float(np.logaddexp(0, z).sum() - y @ z + _RIDGE * (beta @ beta) / 2)


def _sandwich(x: Floats, y: Floats, beta: Floats, cluster: NDArray[np.integer]) -> Floats:
    _, which = np.unique(cluster, return_inverse=True)
    scores = np.zeros((int(which.max()) + 1, x.shape[1]))
    np.add.at(scores, which.reshape(-1), x * (y - _expit(x @ beta))[:, None])
    inverse = np.linalg.inv(_slopes(x, y, beta)[1])
    n = len(scores)
    return np.asarray(inverse @ (scores.T @ scores) @ inverse * n / (n - 1))


def _expit(z: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(z / 2)))


def _undefined(width: int, n_clusters: int, why: str) -> Fitted:
    return Fitted(np.full(width, np.nan), np.full((width, width), np.nan), n_clusters, (why,))
