"""Scripted players of a commons. What they say in talks and notes is in keeping with what they take."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from agentscale.environments.commons.ledger import threshold
from agentscale.environments.commons.views import LIMIT_MARK, NEXT_MARK, SUMMARY_MARK
from agentscale.schema.calls import ANSWER_MARK
from agentscale.schema.worlds import Heard, Policy

if TYPE_CHECKING:
    import numpy as np

Takes = Callable[[int, int, "np.random.Generator"], int]
"""From the pool, the threshold and a generator to what is taken."""

_POOL = re.compile(r"from 0 to ([0-9]+)\?")
_PRESENT = re.compile(r"([0-9]+) [a-z ]+ share it\.")


def player(takes: Takes, creed: str) -> Policy:
    """Somebody who takes so much, and says why."""

    def says(heard: Heard, rng: np.random.Generator) -> str:
        told = heard.told
        if NEXT_MARK in told:
            return f"{creed}\n{NEXT_MARK} nobody"
        if SUMMARY_MARK in told:
            return f"{SUMMARY_MARK} {creed}\n{LIMIT_MARK} none"
        pool, present = _POOL.search(told), _PRESENT.search(told)
        if pool is None or present is None:
            return creed
        units = int(pool[1])
        return f"{creed}\n{ANSWER_MARK} {takes(units, threshold(units, int(present[1])), rng)}"

    return says


def silent(heard: Heard, rng: np.random.Generator) -> str:
    """Says nothing."""
    return ""


POLICIES: dict[str, Policy] = {
    "optimal": player(lambda pool, each, rng: each, "Let nobody take more than what grows back."),
    "greedy": player(lambda pool, each, rng: pool, "I take what I can get."),
    "random": player(lambda pool, each, rng: int(rng.integers(pool + 1)), "I take what comes to my mind."),
    "silent": silent,
}
"""By name. With a chance to slip, ``optimal`` is a player who keeps within the threshold only so often."""
