"""What a team costs beside a single one of its agents, and what it makes of that."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from agentscale.analysis import overhead as of
from agentscale.analysis.arrays import Floats
from agentscale.analysis.sections.base import Number, Sight, Told

_RATIOS = (
    "overhead_percent",
    "coordination_efficiency",
    "message_density",
    "error_outcome_ratio",
    "error_odds_ratio",
    "error_absorption",
)
_SINGLE_TURNS = 1.0
"""A single agent answers once: the reference of every ratio here."""


def overhead(sight: Sight) -> Iterator[Number]:
    """Turns, messages and tokens for what the team gets right, and its errors beside those of a single member.

    The single member is the mean first answer of this very team: same models, same questions, one turn.
    """
    arrays = sight.arrays
    success = np.where(np.isnan(arrays.score), 0.0, arrays.score)
    first, asked = arrays.answers[:, 0], arrays.asked[:, 0]
    single = (first == 0).sum(axis=1) / np.maximum(asked.sum(axis=1), 1)
    tokens = arrays.tokens_in + arrays.tokens_out
    yield from sight.means(
        {"turns": arrays.calls, "calls_in_a_row": arrays.waves, "messages": arrays.messages, "tokens": tokens}
    )
    outcomes = sight.statistics([success, single, arrays.calls, arrays.messages], _ratios)
    yield from (Told(name, one) for name, one in zip(_RATIOS, outcomes, strict=True))
    yield Told("success_per_million_tokens", sight.statistic([success, tokens], _per_token))
    yield from sight.means({f"count_{name}": values for name, values in arrays.counts.items()})


def _ratios(means: Floats) -> Floats:
    """Of mean success, single success, turns and messages, shape (…, 4): each of `_RATIOS`, shape (…, 6)."""
    success, single, turns, messages = np.moveaxis(means, -1, 0)
    ratios = [
        of.overhead_percent(turns, _SINGLE_TURNS),
        of.coordination_efficiency(success, turns, _SINGLE_TURNS),
        of.message_density(messages, turns),
        of.error_outcome_ratio(success, single),
        of.error_odds_ratio(success, single),
        of.error_absorption(1 - success, 1 - single),
    ]
    return np.stack(ratios, axis=-1)


def _per_token(means: Floats) -> Floats:
    return of.success_per_million_tokens(means[..., 0], means[..., 1])
