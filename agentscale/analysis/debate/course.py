"""The course of a debate, round by round: agreement, fragments, minorities, consensus, and what is lost on the way.

Formulas and their sources: theory, section 6.6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from agentscale.analysis.bootstrap import mean_estimates
from agentscale.analysis.debate.rounds import Floats, Ints, by_question, labelled, questions, share_right, tally
from agentscale.analysis.entropies import answer_hill
from agentscale.analysis.ranges import together, within
from agentscale.analysis.votes import expected_accuracy
from agentscale.schema.estimate import Estimate


class Course(NamedTuple):
    """By question and round, shape (Q′, T + 1) over the labelled questions; ``nan`` where nobody is readable."""

    accuracy: Floats
    """Share of readable answers that are right."""
    team_accuracy: Floats
    """Plurality, ties in expectation."""
    oracle: Floats
    """Somebody is right."""
    agreement: Floats
    """Probability that two readable agents agree."""
    hill: Floats
    """D_q of the answers for q = 0, 1, 2, shape (Q′, T + 1, 3); D_0 is the number of fragments."""
    unanimous: Floats
    """All readable agents agree."""
    unanimous_wrong: Floats
    """They agree, and are wrong."""
    missing: Floats
    """Share of answers that are missing; always defined."""


def course(answers: ArrayLike, truth: ArrayLike) -> Course:
    """All that can be told of every round.

    Args:
        answers: Ids, shape (Q, T + 1, N); −1 is missing.
        truth: Right ids, shape (Q,); −1 leaves the question out.

    Raises:
        SpecError: shapes that do not fit.
    """
    a = labelled(answers, truth)
    counts = tally(a)
    n = counts.sum(axis=-1)
    said = np.where(n > 0, 1.0, np.nan)
    pairs = np.where(n > 1, n * (n - 1), np.nan)
    united = counts.max(axis=-1, initial=0) == n
    return Course(
        accuracy=share_right(a),
        team_accuracy=said * expected_accuracy(counts),
        oracle=said * (counts[..., 0] > 0),
        agreement=(counts * (counts - 1)).sum(axis=-1) / pairs,
        hill=answer_hill(counts),
        unanimous=said * united,
        unanimous_wrong=said * (united & (counts[..., 0] == 0)),
        missing=np.asarray((a < 0).sum(axis=-1) / max(a.shape[2], 1)),
    )


def consensus_time(answers: ArrayLike, threshold: float = 1.0) -> Floats:
    """The first round in which a share ``threshold`` of the readable agents agree, shape (Q,); ``inf`` for never.

    Args:
        answers: Ids, shape (Q, T + 1, N); −1 is missing. A round without a readable answer has no consensus.
        threshold: 0 to 1.

    Raises:
        SpecError: shapes or a threshold that do not fit.
    """
    counts = tally(_all(answers))
    n = counts.sum(axis=-1)
    agreed = (n > 0) & (counts.max(axis=-1, initial=0) >= within("threshold", threshold, 0.0, 1.0) * n - 1e-9)
    return np.where(agreed.any(axis=1), agreed.argmax(axis=1), np.inf)


def minority_survival(answers: ArrayLike) -> Floats:
    """Of the answers that somebody gave at first and that did not win round 0, the share still held, shape (T + 1,).

    Args:
        answers: Ids, shape (Q, T + 1, N); −1 is missing.

    Returns:
        1 at round 0; ``nan`` where there was no minority anywhere.

    Raises:
        SpecError: shapes that do not fit.
    """
    counts = tally(_all(answers))
    first = counts[:, 0]
    minority = (first > 0) & (first < first.max(axis=-1, initial=0, keepdims=True))
    held = ((counts > 0) & minority[:, None]).sum(axis=(0, 2))
    return np.asarray(held / minority.sum() if minority.any() else np.full(len(held), np.nan))


def oracle_gap(
    answers: ArrayLike, truth: ArrayLike, *, items: ArrayLike | None = None, seed: int, resamples: int = 2000
) -> Estimate:
    """Share of questions that somebody had right at first, less the accuracy of the team at last.

    A team without a readable answer is not right; questions where nobody is readable at first or at last are left out.

    Args:
        answers: Ids, shape (Q, T + 1, N); −1 is missing.
        truth: Right ids, shape (Q,); −1 leaves the question out.
        items: Which question each of the Q rows is of, where a question has several; each is its own by default.
        seed: Of the bootstrap over questions.
        resamples: Of it.

    Raises:
        SpecError: shapes that do not fit.
    """
    a = labelled(answers, truth)
    gap = np.where(
        (a[:, [0, -1]] >= 0).any(axis=(1, 2)),
        (a[:, 0] == 0).any(axis=1) - expected_accuracy(tally(a[:, -1])),
        np.nan,
    )
    told = {"n_agents": a.shape[2], "n_missing": int((a[:, [0, -1]] < 0).sum())}
    table = by_question(gap[:, None], questions(items, truth))
    (found,) = mean_estimates(table, seed=seed, resamples=resamples, **told)
    return found


def dose(peers: ArrayLike, rounds: ArrayLike) -> Floats:
    """Coupling dose k·τ: peers read in a round times rounds.

    Debates of equal dose end alike, whether one peer is read sixteen times or sixteen are read once
    (arXiv 2606.02646 [S]); overlay runs of equal dose to see it.

    Args:
        peers: k ≥ 0, the mean number of peers that are read.
        rounds: τ ≥ 0, rounds after the first; broadcast.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    k, tau = together(peers=within("peers", peers, 0.0, np.inf), rounds=within("rounds", rounds, 0.0, np.inf))
    return np.asarray(k * tau)


def _all(answers: ArrayLike) -> Ints:
    """Every question, labelled or not: ids keep their meaning within a question."""
    a = np.asarray(answers)
    return labelled(a, np.zeros(a.shape[:1], dtype=np.int64))
