"""Races of votes by draws, as many at once as there are steps in a chain: a million steps in a second or two."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.errors import SpecError

NOBODY = -1
"""The winner of a race that nobody has won."""


class DrawnRaces(NamedTuple):
    """What came of each race."""

    winner: NDArray[np.int64]
    """The answer that won, shape (races,); 0 is right, `NOBODY` where the race was stopped undecided."""
    samples: NDArray[np.int64]
    """Samples that were drawn, shape (races,)."""


def draw_races(
    theta: ArrayLike,
    k: int,
    races: int,
    rng: np.random.Generator,
    *,
    rule: Literal["ahead_by", "first_to"] = "ahead_by",
    max_votes: int = 10_000,
) -> DrawnRaces:
    """Races of independent samples, each until an answer has won.

    Args:
        theta: Probability of each answer, shape (C,); index 0 is right. What is missing from 1 is samples that are no
            votes: those with red flags.
        k: The lead that wins, ≥ 1; with ``first_to`` the votes.
        races: How many, such as the 2²⁰ − 1 steps of a tower of 20 disks.
        rng: The only source of chance.
        rule: Which of the two.
        max_votes: Samples after which a race is stopped undecided, ≥ 1.

    Raises:
        SpecError: shares that are negative or add up to more than 1, or a number below 1.
    """
    shares = np.asarray(theta, dtype=np.float64)
    if shares.ndim != 1 or not (len(shares) and (shares >= 0).all() and shares.sum() <= 1 + 1e-9):
        raise SpecError(f"theta is {theta!r}", key="theta", allowed="shares of shape (C,), ≥ 0, together at most 1")
    for key, number in (("k", k), ("races", races), ("max_votes", max_votes)):
        if number < 1:
            raise SpecError(f"{key} is {number}", key=key, allowed="a whole number of at least 1")
    flagged = shares.sum() < 1 - 1e-9
    edges = np.cumsum(shares) if flagged else np.cumsum(shares)[:-1]
    votes = np.zeros((races, len(shares) + flagged), dtype=np.int32)
    winner, samples = np.full(races, NOBODY), np.zeros(races, dtype=np.int64)
    running = np.arange(races)
    for _ in range(max_votes):
        votes[running, np.searchsorted(edges, rng.random(len(running)), side="right")] += 1
        samples[running] += 1
        counted = votes[running, : len(shares)]
        won = _lead(counted, rule) >= k
        winner[running[won]] = counted[won].argmax(axis=1)
        running = running[~won]
        if not len(running):
            break
    return DrawnRaces(winner, samples)


def _lead(votes: NDArray[np.int32], rule: str) -> NDArray[np.int32]:
    """Votes of the first, or how many more they are than those of the second."""
    if votes.shape[1] == 1 or rule == "first_to":
        return np.asarray(votes.max(axis=1))
    top = np.partition(votes, -2, axis=1)[:, -2:]
    return np.asarray(top[:, 1] - top[:, 0])
