"""From a pilot and a composition to the probability, question by question, that the vote is right.

A configuration of which the team takes no more than were recorded is drawn without replacement: the unbiased
U-statistic, ``subteam_curve`` for several configurations. Of one that the team takes more of, the shares Θ̂ are plugged
in. Few sub-teams are listed and one configuration has an exact law; everything else is drawn, and the error of that is
stated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.extrapolate.pilot import Floats, Ints, Pilot, hypergeometric
from agentscale.analysis.juries import plurality_accuracy
from agentscale.analysis.subteams import ABSTAINS, subteam_curve
from agentscale.analysis.votes import expected_accuracy, maj_with_abstentions
from agentscale.randomness import keyed

_LISTED = 2_000_000  # sub-teams times distinct questions that are listed
_LAW = 5_000  # n²·C up to which the exact law of one configuration is summed
_DRAWS = 25_000  # of distinct questions times draws: an error of the mean of about 0.1 points
_FEWEST = 64  # draws of a question


class Prediction(NamedTuple):
    """A composition's vote."""

    right: Floats
    """Probability by question that the vote is right, ties in expectation, shape (Q,)."""
    draw_error: float
    """Standard error of the mean over questions from drawing; 0 where exact."""


def predict(pilot: Pilot, team: Sequence[int], seed: int) -> Prediction:
    """The vote of ``team[b]`` agents of each configuration b.

    Args:
        pilot: Every question complete.
        team: Whole numbers ≥ 0, shape (B,); an empty team is never right.
        seed: Of the draws, which are keyed by it and the team.

    Returns:
        Questions with equal counts have equal values.
    """
    take = np.asarray(team, dtype=np.int64)
    used = np.flatnonzero(take)
    if not len(used) or not len(pilot.counts):
        return Prediction(np.zeros(len(pilot.counts)), 0.0)
    small, which, often = _distinct(pilot.of(used))
    right, error = _distinct_questions(small, take[used], keyed(seed, "forecast", *map(int, take)))
    return Prediction(right[which], float(np.sqrt(np.square(often * error).sum()) / len(which)))


def beyond(pilot: Pilot, team: ArrayLike) -> NDArray[np.bool_]:
    """Of which configurations the team takes more than were recorded at some question, shape (B,)."""
    least = pilot.recorded.min(axis=0) if len(pilot.counts) else np.zeros(pilot.n_configs)
    return np.asarray(np.asarray(team) > least)


def with_half(pilot: Pilot, half: Pilot, team: Sequence[int]) -> Pilot:
    """The pilot with half the replicates where shares are plugged in, and all of them where they are drawn from."""
    halved = beyond(pilot, team)
    counts = np.where(halved[None, :, None], half.counts, pilot.counts)
    return Pilot(counts, np.where(halved, half.missing, pilot.missing))


def _distinct(pilot: Pilot) -> tuple[Pilot, Ints, Ints]:
    """The distinct questions of a pilot, which one each question is, and how often it occurs."""
    flat = np.concatenate([pilot.counts.reshape(len(pilot.counts), -1), pilot.missing], axis=1)
    _, first, which, often = np.unique(flat, axis=0, return_index=True, return_inverse=True, return_counts=True)
    return pilot.at(first), which.reshape(-1), often


def _distinct_questions(pilot: Pilot, take: Ints, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Probability and standard error of each question; every configuration is taken."""
    recorded, outside = pilot.recorded, beyond(pilot, take)
    zero = np.zeros(len(pilot.counts))
    if not outside.any():
        if len(take) == 1:
            return maj_with_abstentions(pilot.counts[:, 0], pilot.missing[:, 0], take.tolist())[:, 0], zero
        ways = math.prod(math.comb(int(n), int(m)) for n, m in zip(recorded.max(axis=0), take, strict=True))
        if ways * len(recorded) <= _LISTED:
            return _listed(pilot, take), zero
    elif len(take) == 1 and take[0] ** 2 * pilot.counts.shape[2] <= _LAW:
        return plurality_accuracy(pilot.theta[:, 0], int(take[0])), zero
    return _drawn(pilot, take, outside, rng)


def _listed(pilot: Pilot, take: Ints) -> Floats:
    """All sub-teams; questions with equally many replicates together."""
    right = np.empty(len(pilot.counts))
    recorded = pilot.recorded
    for row in np.unique(recorded, axis=0):
        here = (recorded == row).all(axis=1)
        answers, config = _as_answers(pilot.at(here), row)
        right[here] = subteam_curve(answers, config, take[None])[:, 0]
    return right


def _as_answers(pilot: Pilot, recorded: Ints) -> tuple[Ints, Ints]:
    """Answers (Q, R) and configurations (R,) that have the pilot's counts."""
    ids = np.concatenate([np.arange(pilot.counts.shape[2]), [ABSTAINS]])
    counts = np.concatenate([pilot.counts, pilot.missing[..., None]], axis=2)
    answers = np.repeat(np.broadcast_to(ids, counts.shape).ravel(), counts.ravel())
    return answers.reshape(len(counts), -1), np.repeat(np.arange(len(recorded)), recorded)


def _drawn(pilot: Pilot, take: Ints, outside: NDArray[np.bool_], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Mean and its standard error over drawn teams: with replacement outside the pilot, without inside it."""
    n_draws = max(_FEWEST, _DRAWS // len(pilot.counts))
    votes = np.zeros((n_draws, len(pilot.counts), pilot.counts.shape[2]), dtype=np.int64)
    theta = pilot.theta
    for b, m in enumerate(take):
        if outside[b]:
            silent = np.maximum(1.0 - theta[:, b].sum(axis=1, keepdims=True), 0.0)
            shares = np.concatenate([theta[:, b], silent], axis=1)
            votes += rng.multinomial(m, shares, size=votes.shape[:2])[..., :-1]
        else:
            votes += hypergeometric(pilot.of(np.array([b])), m, rng, n_draws)[:, :, 0]
    right = expected_accuracy(votes)
    return right.mean(axis=0), right.std(axis=0, ddof=1) / np.sqrt(n_draws)
