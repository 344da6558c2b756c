"""The K* family of a cell's last texts: the raw profile, what can be compared between sizes, what correctness adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from agentscale.analysis.arrays import Floats
from agentscale.analysis.conditioned import Conditioned, kstar_conditioned, pooled_z
from agentscale.analysis.mixture import METHOD as MIXTURE_METHOD
from agentscale.analysis.mixture import channels_d2, spiked_count
from agentscale.analysis.rarefaction import (
    d2_unbiased,
    dinf_unbiased,
    kstar_baselined,
    kstar_extrapolated,
    kstar_rarefied,
)
from agentscale.analysis.sections.base import FIRST_ONLY, Number, Sight, Told
from agentscale.analysis.spectrum import hill_spectrum

_DRAWS = 20
"""Of the null of K*, at each question: its mean over questions is what is told."""


def diversity(sight: Sight) -> Iterator[Number]:
    """Channel counts of the last texts. Nothing where no text has a vector."""
    z = sight.embedded
    if z.shape[-1] == 0:
        return
    spectrum = hill_spectrum(z, (0.0, 1.0, 2.0, np.inf))
    profile = {"k_star": 1.0, "d_0": 0.0, "d_2": 2.0, "d_inf": np.inf}
    yield from sight.means({name: spectrum.d(order) for name, order in profile.items()})
    if sight.n_agents < 2:
        return
    yield from sight.means({"mean_cosine": spectrum.mean_cosine, "k_star_excess": _excess(sight)})
    yield from _common_size(sight)
    yield from _channels(sight)
    yield from _given_correctness(sight, kstar_conditioned(z, sight.correct, seed=sight.seed))


def _excess(sight: Sight) -> Floats:
    return kstar_baselined(sight.embedded, draws=_DRAWS, seed=sight.seed).excess


def _common_size(sight: Sight) -> Iterator[Number]:
    """What does not grow with the team: K* of equal subsets, unbiased orders, the exponent of growth."""
    z, m = sight.embedded, min(sight.common, sight.n_agents)
    rarefied = kstar_rarefied(z, m, seed=sight.seed)
    yield from sight.means({"k_star_rarefied": rarefied.value}, at=str(m))
    for name, found in (("d_2_unbiased", d2_unbiased(z)), ("d_inf_unbiased", dinf_unbiased(z))):
        yield Told(name, sight.statistic([found.pair_mean], _inverse)).warned(*found.warnings)
    if sight.n_agents >= 4:
        yield from sight.means({"growth_exponent": kstar_extrapolated(z, seed=sight.seed).exponent})


def _inverse(means: Floats) -> Floats:
    mean = means[..., 0]
    return np.asarray(np.where(mean > 0, 1.0 / np.where(mean > 0, mean, 1.0), np.nan))


def _channels(sight: Sight) -> Iterator[Number]:
    first = sight.first_replicate
    mixture = channels_d2(sight.embedded[first])
    said = (*mixture.warnings, FIRST_ONLY) if len(first) < len(sight.embedded) else mixture.warnings
    found = sight.plain(mixture.value, "two-component mixture of pair cosines", said)
    if np.isfinite(mixture.low):
        found = replace(found, low=mixture.low, high=mixture.high, method=MIXTURE_METHOD)
    yield Told("channels_d2", found)
    copies = len(sight.configs) - len(set(sight.configs))
    if copies and len(set(sight.configs)) > 1:
        spiked = spiked_count(sight.embedded, sight.configs)
        (told,) = sight.means({"spiked_count": spiked.value})
        yield told.warned(*spiked.warnings)


def _given_correctness(sight: Sight, found: Conditioned) -> Iterator[Number]:
    """Never the raw ratio of the two: it follows the number of right answers by construction."""
    yield from sight.means(
        {
            "adjusted_right": found.adj_c,
            "adjusted_wrong": found.adj_w,
            "pairs_right": found.rarefied_c,
            "pairs_wrong": found.rarefied_w,
        }
    )
    sides = (("z_right", found.adj_c, found.var_c), ("z_wrong", found.adj_w, found.var_w))
    for name, adjusted, variance in sides:
        z = sight.statistic_of_sums([adjusted, variance], pooled_z)
        yield Told(name, replace(z, method=f"standard normal if correctness tells nothing; {z.method}"))
