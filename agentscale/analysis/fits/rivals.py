"""Families side by side: a law means little until others have been fitted to the same points.

Formulas and their sources: theory, section 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from agentscale.analysis.fits.base import Family, Floats
from agentscale.analysis.fits.fitting import fit_curve
from agentscale.analysis.fits.result import CurveFit
from agentscale.errors import SpecError


class Comparison(NamedTuple):
    """Families fitted to the same points, the best AICc first."""

    fits: tuple[CurveFit, ...]
    delta: Floats
    """AICc above the best, shape (F,); within 2 a family is as good, beyond 10 it has no support."""
    weight: Floats
    """Akaike weights, shape (F,), summing to 1: how the families share the belief, given that one of them is right."""

    @property
    def best(self) -> CurveFit:
        """The fit with the least AICc."""
        return self.fits[0]


def compare_families(x: ArrayLike, y: ArrayLike, families: Sequence[Family], **options: Any) -> Comparison:
    """Fits several families to the same points, and ranks them by AICc.

    AICc takes the points for independent; those that share questions are not, which favours no family in particular.

    Args:
        x: As in :func:`fit_curve`, shape (points,).
        y: Likewise.
        families: At least two, with different names. What one of them has by construction is left out for all.
        options: As in :func:`fit_curve`: the same for all families.

    Raises:
        SpecError: fewer than two families, or what :func:`fit_curve` refuses.
    """
    if len({family.name for family in families}) < max(len(families), 2):
        raise SpecError(f"families {[family.name for family in families]}", allowed="two or more, each once")
    options.setdefault("given_at", sorted({at for family in families for at in family.given_at}))
    fits = sorted((fit_curve(family, x, y, **options) for family in families), key=lambda fit: fit.aicc)
    aicc = np.array([fit.aicc for fit in fits])
    if not np.isfinite(aicc[0]):
        raise SpecError(f"{len(fits[0].x)} points", key="x", allowed="more points than the parameters of any family")
    delta = aicc - aicc[0]
    weight = np.exp(-delta / 2)
    return Comparison(tuple(fits), delta, weight / weight.sum())
