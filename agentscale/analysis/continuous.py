"""What an aggregate of correlated continuous answers is worth: the variance that the best linear weights explain.

Formulas and their sources: theory, section 5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import together
from agentscale.errors import SpecError

Floats = NDArray[np.float64]


def mvn_r2_curve(cov: ArrayLike, signal: ArrayLike) -> Floats:
    """R²(n) = c_yᵀ Σ⁻¹ c_y of the first n agents: the share of the variance of y that they predict together.

    Answers are jointly normal with y, of variance 1. With equal correlations ρ and signals s it is n s²/(1 + (n − 1)
    ρ), Kish's size times s²; correlations that vary about 0 give increasing returns.

    Args:
        cov: Σ, covariance of the answers, shape (…, N, N), positive definite.
        signal: c_y, covariance of each answer with y, shape (…, N).

    Returns:
        Shape (…, N), for n = 1 … N, never falling; above 1 where Σ and c_y cannot belong together.

    Raises:
        SpecError: shapes that do not fit, or a matrix that is not positive definite.
    """
    sigma, c = np.asarray(cov, dtype=np.float64), np.asarray(signal, dtype=np.float64)
    if c.ndim == 0 or sigma.shape[-2:] != (c.shape[-1],) * 2:
        raise SpecError(f"cov {sigma.shape}, signal {c.shape}", key="cov", allowed="(…, N, N) and (…, N)")
    together(cov=sigma.sum(axis=(-2, -1)), signal=c.sum(axis=-1))
    try:
        factor = np.linalg.cholesky(sigma)
    except np.linalg.LinAlgError:
        raise SpecError(
            "cov is not positive definite", key="cov", allowed="a covariance of answers that differ"
        ) from None
    # With Σ = LLᵀ the n-th entry of L⁻¹c is what agent n adds to those before it.
    gains = np.linalg.solve(factor, c[..., None])[..., 0]
    return np.asarray(np.square(gains).cumsum(axis=-1))
