"""Estimators of channels from embeddings, against the channels that agents used."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from scores import Score

from agentscale.analysis import (
    channels_d2,
    d2_estimate,
    dinf_unbiased,
    effective_channels,
    hill_spectrum,
    kstar_baselined,
    kstar_extrapolated,
    kstar_rarefied,
    spiked_count,
)
from agentscale.simulation import EmbeddingParameters, World, WorldParameters, embeddings, overlap

IN_USE, OF_A_PAIR, SHARED = "D_1 of the channels in use", "D_1 of a pair", "share of pairs in one channel"
SIZES, LAYERS = (2, 4, 8, 16), ("L1", "L2", "L3", "L4")
KINDS = {
    "channels told apart": EmbeddingParameters(question=1.0, channel=1.5, noise=0.3),
    "default weights": EmbeddingParameters(),
}
"""Worlds by the weights of their embeddings."""


def scores(kind: str, seed: int, questions: int, resamples: int) -> Iterator[Score]:
    """All scores of one world."""
    world, asked = World(WorldParameters(seed=seed)), [f"q{n}" for n in range(questions)]
    for layer in LAYERS:
        seats = world.team(layer, max(SIZES))
        drawn = world.draw(asked, 4, seats)
        vectors = embeddings(world, KINDS[kind], asked, seats, drawn)
        for n in SIZES:
            same = float(np.mean([overlap(world, *pair) for pair in combinations(seats[:n], 2)]))
            used = np.stack([np.sum(drawn.channels[:, :n] == k, axis=1) for k in range(12)], axis=1) / n
            d1 = float(np.mean(np.exp(-np.sum(used * np.log(np.where(used > 0, used, 1)), axis=1))))
            for name, estimand, *numbers in _estimates(vectors[:, :n], [s.config for s in seats[:n]], seed, resamples):
                truth = {IN_USE: d1, SHARED: same, OF_A_PAIR: 2 - same}[estimand]
                value, low, high = (*numbers, np.nan, np.nan)[:3]
                yield Score("texts", name, estimand, kind, layer, n, seed, value, truth, low, high)


def _estimates(z: np.ndarray, configs: list[str], seed: int, resamples: int) -> Iterator[tuple]:  # type: ignore[type-arg]
    """Name, estimand, value, and interval where there is one."""
    profile = hill_spectrum(z)
    yield ("K*", IN_USE, float(np.mean(effective_channels(z))))
    yield ("K* less its null", IN_USE, float(np.mean(kstar_baselined(z[:40], draws=5, seed=seed).excess)))
    yield ("D_2 of the Gram matrix", IN_USE, float(np.mean(profile.hill[..., 2])))
    yield ("D_∞ of the Gram matrix", IN_USE, float(np.mean(profile.hill[..., 3])))
    if len(set(configs)) < len(configs):
        yield ("spiked_count", IN_USE, float(np.nanmean(spiked_count(z, configs).value)))
    if z.shape[1] == max(SIZES):
        exponent = kstar_extrapolated(z[:40], seed=seed).exponent
        yield ("exponent of K*, kstar_extrapolated", IN_USE, float(np.nanmean(exponent)))
    yield ("K* rarefied to 2", OF_A_PAIR, float(np.nanmean(kstar_rarefied(z, 2, seed=seed).value)))
    d2 = d2_estimate(z, seed=seed, resamples=resamples)
    yield ("1/d2_unbiased", SHARED, 1 / d2.value, 1 / d2.high, 1 / d2.low)
    yield ("1/dinf_unbiased", SHARED, 1 / dinf_unbiased(z).pooled)
    yield ("1/channels_d2", SHARED, 1 / channels_d2(z).value)
