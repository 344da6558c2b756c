"""Races and chains of simulated samples, beside the laws: independent errors, several rivals, hard steps, red flags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.stats import binomtest

from agentscale.analysis import Race, ahead_by_k, chain_samples, k_min, p_full, pilot_k
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation import draw_races

Row = dict[str, Any]

RACES = 20_000
CHANCES, LEADS = (0.6, 0.7, 0.8, 0.9, 0.97), (1, 2, 3, 5)
RIVALS = (
    (0.6, 1, 3),
    (0.6, 2, 3),
    (0.6, 4, 3),
    (0.6, 8, 3),
    (0.4, 1, 1),
    (0.4, 1, 3),
    (0.4, 1, 6),
    (0.4, 2, 3),
    (0.4, 3, 3),
    (0.4, 6, 3),
)
"""Chance of the right answer, wrong answers that share the rest equally, lead."""
STEPS, CHAINS = 255, 400
"""Of chains with hard steps: a tower of eight disks, and how many are drawn."""
MEAN, HARD = 0.9, 0.4
"""Chance of a right sample on the average of all steps, and at a hard one."""
HARD_CASES = ((0, MEAN), (1, HARD), (5, HARD), (5, 0.6), (25, 0.7))
"""Hard steps, and the chance of a right sample at them."""
TARGET = 0.95
CAUGHT = (0.0, 0.25, 0.5, 0.75, 0.9)
"""Shares of the wrong samples at a hard step that red flags throw away."""
FLAGGED_STEPS = 5
PILOTS, PILOT_VOTES, PER_STEP = 300, (60, 200, 1000), 10
PILOT_MEAN = 0.97
TOWER, PUBLISHED_ERRORS = 20, (0.3571, 0.2342, 0.0569, 0.0040, 0.0022)
"""Disks of the tower of a million steps, and the errors a step of the models that the paper lists."""


def wilson(right: int, of: int) -> tuple[float, float]:
    """Ends of the 95 % interval of a share."""
    ends = binomtest(right, of).proportion_ci(method="wilson")
    return float(ends.low), float(ends.high)


def either_side(p: float, k: int) -> Race:
    """The law of two candidates at any p but ½: below it the wrong one is the likelier winner of the same race."""
    if p > 0.5:
        return ahead_by_k(p, k)
    law = ahead_by_k(1 - p, k)
    return Race(1 - law.correct, law.samples)


def _drawn(theta: list[float], k: int, races: int, *key: object) -> Row:
    found = draw_races(theta, k, races, keyed(0, "reliability", *map(str, key)))
    right = int((found.winner == 0).sum())
    low, high = wilson(right, races)
    return {
        "right": right / races,
        "right_low": low,
        "right_high": high,
        "samples": float(found.samples.mean()),
        "samples_error": float(found.samples.std(ddof=1)) / np.sqrt(races),
    }


def independent() -> Iterator[Row]:
    """Two candidates and independent samples: the laws' own ground."""
    for p in CHANCES:
        for k in LEADS:
            law, drawn = ahead_by_k(p, k), _drawn([p, 1 - p], k, RACES, "independent", p, k)
            spread = float(np.sqrt(law.correct * (1 - law.correct) / RACES))
            yield {
                "p": p,
                "k": k,
                "law": float(law.correct),
                **drawn,
                "law_samples": float(law.samples),
                "z": (drawn["right"] - float(law.correct)) / spread,
            }


def rivals() -> Iterator[Row]:
    """Several wrong answers, and fewer right samples than wrong ones, beside the law of two candidates."""
    for p, wrong, k in RIVALS:
        law = either_side(p, k)
        drawn = _drawn([p, *[(1 - p) / wrong] * wrong], k, RACES, "rivals", p, wrong, k)
        yield {
            "p": p,
            "wrong": wrong,
            "k": k,
            "law": float(law.correct),
            **drawn,
            "law_samples": float(law.samples),
        }


def hard_steps(leads: range) -> Iterator[Row]:
    """Chains some of whose steps are hard for every sample, the chance of a right sample being the same on average."""
    for hard, chance in HARD_CASES:
        easy = easy_chance(MEAN, hard, chance)
        for k in leads:
            right = _chains_right(easy, STEPS - hard, k, hard) & _chains_right(chance, hard, k, hard)
            low, high = wilson(int(right.sum()), CHAINS)
            at_easy, at_hard = (float(either_side(p, k).correct) for p in (easy, chance))
            error_law = 1 - float(ahead_by_k(MEAN, k).correct)
            error = 1 - ((STEPS - hard) * at_easy + hard * at_hard) / STEPS
            yield {
                "hard": hard,
                "chance": chance,
                "k": k,
                "easy": easy,
                "correlation": hard / STEPS * (1 - hard / STEPS) * (easy - chance) ** 2 / (MEAN * (1 - MEAN)),
                "law": float(p_full(MEAN, k, STEPS)),
                "value": float(right.mean()),
                "low": low,
                "high": high,
                "exact": at_easy ** (STEPS - hard) * at_hard**hard,
                "error_times": error / error_law,
            }


def easy_chance(mean: float, hard: int, chance: float = HARD) -> float:
    """The chance at all other steps that keeps the mean where some steps are hard."""
    return (mean * STEPS - chance * hard) / (STEPS - hard)


def _chains_right(p: float, steps: int, k: int, hard: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which of the chains got all of so many steps right."""
    if not steps:
        return np.ones(CHAINS, dtype=bool)
    found = draw_races([p, 1 - p], k, CHAINS * steps, keyed(0, "reliability", "hard", str(hard), f"{p:.6f}", str(k)))
    return np.asarray((found.winner.reshape(CHAINS, steps) == 0).all(axis=1))


def flags(k: int) -> Iterator[Row]:
    """What red flags do at hard steps: wrong samples that are thrown away, each of which costs a sample."""
    easy = easy_chance(MEAN, FLAGGED_STEPS)
    for caught in CAUGHT:
        left = (1 - HARD) * (1 - caught)
        kept = HARD / (HARD + left)
        drawn = _drawn([HARD, left], k, RACES, "flags", caught)
        law = either_side(kept, k)
        chain = either_side(easy, k).correct ** (STEPS - FLAGGED_STEPS) * law.correct**FLAGGED_STEPS
        yield {"caught": caught, "kept": kept, "k": k, "law": float(law.correct), **drawn, "chain": float(chain)}


def pilots() -> Iterator[Row]:
    """What a pilot's k is worth: where steps are alike, and where some are hard and samples share steps."""
    for kind, hard in (("alike", 0), ("hard steps", FLAGGED_STEPS)):
        easy = easy_chance(PILOT_MEAN, hard)
        for votes in PILOT_VOTES:
            rng = keyed(0, "reliability", "pilots", kind, str(votes))
            steps = votes // PER_STEP
            of_steps = np.where(rng.random((PILOTS, steps)) < hard / STEPS, HARD, easy)
            right = rng.binomial(PER_STEP, of_steps).sum(axis=1)
            found = [_pilot(int(each), votes) for each in right]
            given = [each for each in found if each is not None]
            reached = [_reaches(each.k_safe, easy, hard) for each in given]
            yield {
                "steps_are": kind,
                "votes": votes,
                "pilots": PILOTS,
                "refused": 1 - len(given) / PILOTS,
                "covered": float(np.mean([each.p_low <= PILOT_MEAN for each in given])),
                "k": int(k_min(PILOT_MEAN, STEPS, TARGET)),
                "k_safe": float(np.median([each.k_safe for each in given])),
                "reached": float(np.mean(reached)),
            }


def _pilot(right: int, votes: int) -> Any:
    try:
        return pilot_k(right, votes, STEPS, TARGET)
    except SpecError:
        return None


def _reaches(k: int, easy: float, hard: int) -> bool:
    """Whether a lead brings the whole chain to its target, the hard steps included."""
    return bool(either_side(easy, k).correct ** (STEPS - hard) * either_side(HARD, k).correct ** hard >= TARGET)


def tower() -> Iterator[Row]:
    """Twenty disks: the lead, the chance and the samples by the laws; the last row's million steps are drawn."""
    steps = 2**TOWER - 1
    for error in PUBLISHED_ERRORS:
        p = 1 - error
        k = int(k_min(p, steps, TARGET))
        row = {
            "error": error,
            "steps": steps,
            "k": k,
            "law": float(p_full(p, k, steps)),
            "samples_law": float(chain_samples(p, k, steps)) / steps,
            "wrong": None,
            "samples": None,
        }
        if error == PUBLISHED_ERRORS[-1]:
            found = draw_races([p, error], k, steps, keyed(0, "reliability", "tower"))
            row |= {"wrong": int((found.winner != 0).sum()), "samples": float(found.samples.mean())}
        yield row
