"""Who is active when, and how far what somebody says can come by those who are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agentscale.errors import SpecError

Flags = NDArray[np.bool_]


def activations(n: int, steps: int, chance: float, rng: np.random.Generator) -> Flags:
    """Who is active in each step, each with ``chance`` and independently, shape (steps, n).

    Raises:
        SpecError: If the chance is none.
    """
    if not 0 <= chance <= 1:
        raise SpecError(f"got {chance!r}", key="activation", allowed="a chance from 0 to 1")
    return np.stack([rng.random(n) < chance for _ in range(steps)])


def reached(pairs: NDArray[np.integer], told: Flags) -> Flags:
    """Who reads somebody that is ``told``.

    Args:
        pairs: Shape (E, 2): v reads u.
        told: Shape (n,).
    """
    readers = pairs[told[pairs[:, 0]], 1]
    found = np.zeros_like(told)
    found[readers] = True
    return found
