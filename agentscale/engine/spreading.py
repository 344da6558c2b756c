"""Texts to vectors as tasks of Ray: what takes longest in the analysis of a large run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agentscale import embedders
from agentscale.schema.embedding import EmbedderSpec

Embed = Callable[[Sequence[str]], NDArray[np.floating]]


def embed_part(spec: EmbedderSpec, texts: tuple[str, ...]) -> NDArray[np.floating]:
    """The vectors of some texts, shape (n, d), in a worker's process."""
    return embedders.resolve(spec)(texts)


def spread_embed(ray: Any, spec: EmbedderSpec, workers: int) -> Embed:
    """An embed function whose texts are dealt to so many tasks, in equal parts.

    A vector hangs on its text alone, so the parts change nothing.

    Args:
        ray: The cluster, as `agentscale.engine.cluster.connected` gives it.
        spec: An embedder that runs on the machine itself.
        workers: Tasks at once, ≥ 1.
    """
    remote = ray.remote(num_cpus=1)(embed_part)

    def embed(texts: Sequence[str]) -> NDArray[np.floating]:
        bounds = np.linspace(0, len(texts), min(workers, len(texts)) + 1).astype(int)
        parts = [tuple(texts[low:high]) for low, high in pairwise(bounds)]
        found = ray.get([remote.remote(spec, part) for part in parts])
        return np.concatenate(found)

    return embed
