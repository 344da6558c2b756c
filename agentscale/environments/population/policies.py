"""Scripted individuals. They know what a model in their place is told, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from agentscale.environments.population.reads import Alike, Near
from agentscale.environments.population.reads.alike import GOODS
from agentscale.environments.population.words import SEEN_MARK
from agentscale.schema.worlds import Heard, Policy

if TYPE_CHECKING:
    import numpy as np

    from agentscale.environments.population.world import Population

_NEWS = re.compile(r"comet-\d{5}")
_SEEN = re.compile(rf'^User \d+.*? {SEEN_MARK} (".*")$', re.MULTILINE)
_OWN = re.compile(r'^You posted last: (".*")$', re.MULTILINE)
_STOCK = ("ash", "bell", "cloud", "dew", "fern", "glass", "hill", "ice", "kite", "leaf", "mist", "oak", "rain", "salt")
_WORDS = 6


def optimal(heard: Heard, rng: np.random.Generator) -> str:
    """Repeats the news as soon as it knows it, and says the same as all others before."""
    news = _NEWS.search(heard.told)
    return f"Have you heard of {news[0]}?" if news else "Nothing new here."


def echo(heard: Heard, rng: np.random.Generator) -> str:
    """Takes up a post that it read, half of the time, or else its own last one, with one word changed."""
    read, own = _SEEN.findall(heard.told), _OWN.findall(heard.told)
    kept = read if read and (not own or rng.random() < 0.5) else own
    words = json.loads(str(rng.choice(kept))).rstrip(".").lower().split() if kept else _drawn(rng)
    words[int(rng.integers(len(words)))] = str(rng.choice(_STOCK))
    return _acting(heard, f"{' '.join(words).capitalize()}.", rng)


def random(heard: Heard, rng: np.random.Generator) -> str:
    """Posts words at random, and does anything that is allowed."""
    return _acting(heard, f"{' '.join(_drawn(rng)).capitalize()}.", rng)


def silent(heard: Heard, rng: np.random.Generator) -> str:
    """Says nothing."""
    return ""


POLICIES: Mapping[str, Policy] = {"optimal": optimal, "echo": echo, "random": random, "silent": silent}
"""All by name."""


def _drawn(rng: np.random.Generator) -> list[str]:
    return [str(word) for word in rng.choice(_STOCK, _WORDS)]


def _acting(heard: Heard, post: str, rng: np.random.Generator) -> str:
    """The post with an act that the world knows, at random."""
    reads = cast("Population", heard.world).reads
    if isinstance(reads, Near):
        return f"{post}\nMove: {rng.choice(['north', 'south', 'east', 'west', 'stay'])}"
    if isinstance(reads, Alike):
        return f"{post}\nHold: {', '.join(rng.choice(GOODS, rng.integers(1, 5), replace=False))}"
    return f"{post}\nFollow: {_somebody(heard, rng)}"


def _somebody(heard: Heard, rng: np.random.Generator) -> int:
    size = re.search(r"of a network of (\d+)", heard.everything)
    assert size is not None  # it is told
    return int(rng.integers(int(size[1])))
