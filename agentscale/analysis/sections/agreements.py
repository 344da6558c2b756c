"""How much the agents of a cell agree, err together, and how many independent ones they are worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from agentscale.analysis.agreement import agreement, count_answers, error_diversity, kish
from agentscale.analysis.arrays import MISSING, Floats
from agentscale.analysis.entropies import neff_answer_entropy
from agentscale.analysis.inference.correlation import fisher_scale, icc_columns, icc_of_means
from agentscale.analysis.rho_parts import RhoParts, part_columns, parts_of_means
from agentscale.analysis.sections.base import FEWER, Number, Sight, Told, correctness
from agentscale.schema.estimate import Estimate

_PAIRWISE = ("phi", "q", "double_fault", "disagreement")
_MOST_PAIRS = 300
"""Pairs of agents up to which their mean correlation is resampled: a resample holds four numbers a pair."""


def agreements(sight: Sight) -> Iterator[Number]:
    """Agreement of the last answers, correlation of correctness, and effective sizes. Nothing of a single agent."""
    if sight.n_agents < 2:
        return
    counts = count_answers(sight.last)
    yield from sight.means(
        {
            "answers_agree": agreement(sight.last, shared_labels=False).by_item,
            "answers_worth": neff_answer_entropy(counts),
        }
    )
    yield Told("kappa_even", _kappa(sight))
    rho = sight.statistic(list(_icc_columns(sight.correct).T), icc_of_means, scale=fisher_scale)
    yield Told("icc_correct", rho)
    yield Told("n_eff_kish", _worth(rho, sight.n_agents))
    yield from _pairwise(sight)
    yield from _both_wrong(sight)
    yield from _parts(sight)


def _kappa(sight: Sight) -> Estimate:
    """(P_o − P_e)/(1 − P_e), P_e of agents that choose evenly among the options; 0 for open answers."""
    observed = agreement(sight.last, shared_labels=False).by_item
    chance = np.where(np.isfinite(observed), 1.0 / np.where(np.isfinite(sight.options), sight.options, np.inf), np.nan)
    found = sight.statistic([observed, chance], lambda means: (means[..., 0] - means[..., 1]) / (1 - means[..., 1]))
    return replace(found, method=f"{found.method}; chance: an even choice among the options")


def _icc_columns(correct: Floats) -> Floats:
    return icc_columns(np.nansum(correct, axis=1), np.isfinite(correct).sum(axis=1).astype(np.float64))


def _worth(rho: Estimate, n: int) -> Estimate:
    """Kish's size: it falls with ρ, so the interval's ends change places."""
    value, low, high = (kish(n, np.clip(each, -1.0, 1.0)) for each in (rho.value, rho.high, rho.low))
    return replace(
        rho,
        value=float(value.value),
        low=float(low.value),
        high=float(high.value),
        warnings=(*rho.warnings, *value.warnings),
    )


def _pairwise(sight: Sight) -> Iterator[Number]:
    """Means over pairs of agents of what their two-by-two tables say."""
    first, second = np.triu_indices(sight.n_agents, 1)
    right, wrong = np.nan_to_num(sight.correct), np.nan_to_num(1 - sight.correct)
    sides = [(right, right), (right, wrong), (wrong, right), (wrong, wrong)]
    tables = np.stack([one[:, first] * two[:, second] for one, two in sides], axis=1)
    columns = list(tables.reshape(len(tables), -1).T)
    if len(first) <= _MOST_PAIRS:
        found = sight.statistics(columns, _means_over_pairs)
    else:
        means = _means_over_pairs(np.nanmean(sight.by_item(columns), axis=0))
        found = tuple(sight.plain(value, f"mean over {len(first)} pairs of agents") for value in means)
    yield from (Told(f"pair_{name}", one) for name, one in zip(_PAIRWISE, found, strict=True))


def _means_over_pairs(means: Floats) -> Floats:
    """Of means (…, 4 · pairs) of the four cells: each of the pairwise measures, averaged over pairs, shape (…, 4)."""
    tables = np.moveaxis(means.reshape(*means.shape[:-1], 4, -1), -2, 0)
    found = error_diversity(*tables)
    each = np.stack([getattr(found, name) for name in _PAIRWISE], axis=-2)
    told = np.isfinite(each)
    count = told.sum(axis=-1)
    total = np.where(told, each, 0.0).sum(axis=-1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _both_wrong(sight: Sight) -> Iterator[Number]:
    wrong = count_answers(np.where(sight.last > 0, sight.last, MISSING))
    total = wrong.sum(axis=1)
    pairs = (total * (total - 1)).astype(np.float64)
    same = (wrong * (wrong - 1)).sum(axis=1).astype(np.float64)
    known = np.isfinite(sight.options)
    even = pairs / np.where(known, sight.options - 1, np.nan)
    yield Told("both_wrong_agree", sight.statistic([same, pairs], _share))
    if known.all():
        yield Told("both_wrong_even", sight.statistic([even, pairs], _share))


def _share(means: Floats) -> Floats:
    top, bottom = means[..., 0], means[..., 1]
    return np.asarray(np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), np.nan))


def _parts(sight: Sight) -> Iterator[Number]:
    """ρ of correctness: between copies, between configurations, what copies add, and what talking added."""
    before = correctness(sight.arrays.answers[:, 0]) if sight.arrays.n_rounds > 1 else None
    columns, groups = part_columns(sight.correct, sight.configs, before), len(set(sight.configs))
    if columns.shape[1] <= 4 * _MOST_PAIRS:
        found = sight.statistics(list(columns.T), lambda means: parts_of_means(means, groups), FEWER)
    else:
        means = parts_of_means(sight.by_item(list(columns.T)).mean(axis=0), groups)
        found = tuple(sight.plain(value, f"of {groups} configurations, too many to resample") for value in means)
    lacking = _lacking(sight.n_agents, groups, talked=before is not None)
    for name, one in zip(RhoParts._fields, found, strict=True):
        why = lacking.get(name)
        yield Told(f"rho_{name}", replace(one, warnings=(why,)) if why else one)


def _lacking(n_agents: int, groups: int, *, talked: bool) -> dict[str, str]:
    """Why a part is not defined in such a team."""
    no_copies = "no configuration has two agents" if groups == n_agents else ""
    one_only = "all agents are of one configuration" if groups == 1 else ""
    found = {"total": no_copies, "item": one_only, "configuration": no_copies or one_only}
    return found if talked else found | {"communication": "nobody talked: there is one round"}
