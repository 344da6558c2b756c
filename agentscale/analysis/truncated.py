"""K* of the leading directions only: the t-truncated Vendi score, which converges with t vectors where K* does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import whole
from agentscale.analysis.spectrum import eigenvalues_of_gram, gram, hill_of_eigenvalues

Floats = NDArray[np.float64]


def kstar_truncated(z: ArrayLike, t: int, q: float = 1.0) -> Floats:
    """D_q of the t largest eigenvalues, the mass of the others added to them in equal parts.

    λ_i + (1 − Σ_{j ≤ t} λ_j)/t for i ≤ t (Ospanov & Farnia, arXiv 2410.21719; as in the authors' own code). With t ≥ n
    it is the Hill number itself.

    Args:
        z: Vectors, shape (…, n, d). Zero and non-finite rows are missing.
        t: Eigenvalues kept, ≥ 1.
        q: Order, ≥ 0.

    Returns:
        Shape (…), between 1 and t; ``nan`` for a set without any row.

    Raises:
        SpecError: t is below 1.
    """
    kept = int(whole("t", t, 1))
    values = eigenvalues_of_gram(gram(z))[..., ::-1]
    top = values[..., :kept]
    if kept < values.shape[-1]:
        top = top + np.maximum(1 - top.sum(axis=-1, keepdims=True), 0.0) / kept
    defined = values.sum(axis=-1) > 0
    safe = np.where(defined[..., None], top, 1.0 / max(top.shape[-1], 1))
    return np.asarray(np.where(defined, hill_of_eigenvalues(safe, q), np.nan))
