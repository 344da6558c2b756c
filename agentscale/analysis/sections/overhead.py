"""What a team costs beside a single one of its agents, and what it makes of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from agentscale.analysis import overhead as of
from agentscale.analysis.arrays import Floats
from agentscale.analysis.sections.base import Number, Sight, Told

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
    yield from sight.means({"turns": arrays.calls, "messages": arrays.messages, "tokens": tokens})
    ratios: dict[str, tuple[list[Floats], Callable[[Floats], Floats]]] = {
        "overhead_percent": ([arrays.calls], lambda m: of.overhead_percent(m[..., 0], _SINGLE_TURNS)),
        "coordination_efficiency": (
            [success, arrays.calls],
            lambda m: of.coordination_efficiency(m[..., 0], m[..., 1], _SINGLE_TURNS),
        ),
        "message_density": ([arrays.messages, arrays.calls], lambda m: of.message_density(m[..., 0], m[..., 1])),
        "success_per_million_tokens": (
            [success, tokens],
            lambda m: of.success_per_million_tokens(m[..., 0], m[..., 1]),
        ),
        "error_outcome_ratio": ([success, single], lambda m: of.error_outcome_ratio(m[..., 0], m[..., 1])),
        "error_odds_ratio": ([success, single], lambda m: of.error_odds_ratio(m[..., 0], m[..., 1])),
        "error_absorption": ([1 - success, 1 - single], lambda m: of.error_absorption(m[..., 0], m[..., 1])),
    }
    for name, (columns, ratio) in ratios.items():
        yield Told(name, sight.statistic(columns, ratio))
