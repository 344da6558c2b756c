"""Scripted players of a donor game."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from agentscale.environments.donor.views import STRATEGY_MARK
from agentscale.schema.calls import ANSWER_MARK
from agentscale.schema.worlds import Heard, Policy

if TYPE_CHECKING:
    import numpy as np

_HELD = re.compile(r"you are the donor and have ([0-9.e+-]+) units")
_GAVE = re.compile(r"^Before, player [0-9-]+ gave ([0-9.e+-]+) of ([0-9.e+-]+) units", re.MULTILINE)
_PERCENT = re.compile(r"I give ([0-9]+) percent")

Share = Callable[[str, "np.random.Generator"], float]
"""From what a donor is told to the share of its units that it gives, in [0, 1]."""


def player(strategy: str, share: Share) -> Policy:
    """Somebody who has this strategy, and gives such shares, in whole units."""

    def says(heard: Heard, rng: np.random.Generator) -> str:
        held = _HELD.search(heard.told)
        if held is None:
            return f"{STRATEGY_MARK} {strategy}"
        return gift(float(held[1]), share(heard.told, rng))

    return says


def gift(held: float, share: float) -> str:
    """All for a share of 1, and else whole units."""
    return f"{ANSWER_MARK} {held if share == 1 else int(share * held):.15g}"


def in_kind(told: str, rng: np.random.Generator) -> float:
    """The share that the recipient itself gave last; all where nothing is known of it or it had nothing."""
    gave = _GAVE.search(told)
    return float(gave[1]) / float(gave[2]) if gave and float(gave[2]) else 1.0


def heir(heard: Heard, rng: np.random.Generator) -> str:
    """Takes over the strategy of one of the survivors, up to 10 percent more or less; the first of all draw one.

    It gives the share that its strategy says. So what is handed on in words evolves, and nothing else.
    """
    held, percents = _HELD.search(heard.told), [int(percent) for percent in _PERCENT.findall(heard.told)]
    if held is not None:
        return gift(float(held[1]), percents[0] / 100 if percents else 0.0)
    drawn = (
        percents[int(rng.integers(len(percents)))] + int(rng.integers(-10, 11)) if percents else int(rng.integers(101))
    )
    return f"{STRATEGY_MARK} I give {min(max(drawn, 0), 100)} percent of what I have."


def silent(heard: Heard, rng: np.random.Generator) -> str:
    """Says nothing."""
    return ""


POLICIES: dict[str, Policy] = {
    "optimal": player("I give all that I have.", lambda told, rng: 1.0),
    "selfish": player("I give nothing.", lambda told, rng: 0.0),
    "reciprocal": player("I give the share that the other gave.", in_kind),
    "heir": heir,
    "random": player("I give what comes to my mind.", lambda told, rng: float(rng.random())),
    "silent": silent,
}
"""By name; ``optimal`` gives all."""
