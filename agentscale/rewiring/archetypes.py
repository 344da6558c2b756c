"""Archetypes: those who are told the same are asked once or a few times, and what comes back speaks for all of them.

Reference: A. Chopra et al., "On the limits of agency in agent-based models" (AgentTorch), arXiv 2409.10568. Within an
archetype the members are then perfectly dependent: a population cannot hold more channels than it has archetypes ×
samples, whatever its size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.errors import SpecError

Ints = NDArray[np.int64]


def groups_by(keys: ArrayLike) -> Ints:
    """The group of everybody, numbered in the order of their keys, shape (n,).

    Args:
        keys: Shape (n,), or (n, a) for groups that agree in a attributes.
    """
    return np.unique(np.asarray(keys), axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def broadcast(groups: NDArray[np.integer], samples: int, rng: np.random.Generator) -> Ints:
    """Whose words everybody takes: one of the samples of its group, each as likely as the others.

    Args:
        groups: Shape (n,), from 0.
        samples: How often each group is asked, ≥ 1.
        rng: The only source of chance.

    Returns:
        Shape (n,): sample s of group g is g · samples + s.

    Raises:
        SpecError: If there is no sample.
    """
    if samples < 1:
        raise SpecError(f"got {samples}", key="samples", allowed="1 or more")
    return np.asarray(groups, np.int64) * samples + rng.integers(0, samples, len(groups))


def effective_number(counts: ArrayLike) -> float | None:
    """The number of equal parts that would have the entropy H of these: exp H; ``None`` where there is nothing.

    Over the prompts that a population is told, it is how many of them are distinct, weighed by how many are told them.

    Args:
        counts: Shape (n,), ≥ 0.
    """
    parts = np.asarray(counts, np.float64)
    shares = parts[parts > 0] / max(parts.sum(), np.finfo(np.float64).tiny)
    return float(np.exp(-(shares * np.log(shares)).sum())) if len(shares) else None
