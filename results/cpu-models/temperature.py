"""The same votes at a lower temperature, on the questions that both runs asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pool import Pool, read_pool

from agentscale.analysis import bootstrap_means, paired_delta
from agentscale.api import Run

SEED = 1
Row = dict[str, Any]


def temperature_rows(warm: Pool, run: Run) -> Iterator[Row]:
    """Vote accuracy of one and of four copies by model, cold and warm, and the paired difference, cold less warm."""
    cold = read_pool(warm.task, run)
    at = np.searchsorted(warm.questions, cold.questions)
    for model in cold.models:
        for size in (1, 4):
            one, other = cold.right({f"{model}/-": size}), warm.right({f"{model}/-": size})[at]
            found = paired_delta(one, other, seed=SEED, task=warm.task)
            yield {
                "model": model,
                "n": size,
                "cold": float(one.mean()),
                "warm": float(other.mean()),
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "n_items": found.n_items,
            }
    found = bootstrap_means((_gain(cold) - _gain(warm, cold.models)[at])[:, None], seed=SEED, task=warm.task)
    yield {
        "model": "gain of three more copies, mean of models",
        "n": 4,
        "cold": float(_gain(cold).mean()),
        "warm": float(_gain(warm, cold.models)[at].mean()),
        "value": float(found.value[0]),
        "low": float(found.low[0]),
        "high": float(found.high[0]),
        "n_items": len(at),
    }


def _gain(pool: Pool, models: list[str] | None = None) -> np.ndarray:
    named = models or pool.models
    return np.mean([pool.right({f"{model}/-": 4}) - pool.right({f"{model}/-": 1}) for model in named], axis=0)
