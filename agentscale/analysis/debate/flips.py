"""When do agents change sides: by how many of their peers are on the other side, and more readily to the truth?

Formulas and their sources: theory, section 6.6.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.debate.logistic import fit_logistic
from agentscale.analysis.debate.rounds import Floats, Ints, Reads, labelled, questions
from agentscale.analysis.inference import bootstrap_statistic
from agentscale.analysis.ranges import whole
from agentscale.errors import SpecError
from agentscale.schema.estimate import Estimate


class FlipTable(NamedTuple):
    """Changes of side from one round to the next, of agents that were readable in both and read a readable peer."""

    share: Floats
    """Edges of the bins of s, the share of readable peers on the other side, shape (K + 1,)."""
    n_wrong: Ints
    """Wrong answers by s, the share of peers that are right, shape (K,)."""
    wrong_to_right: Floats
    """P(W→C | s), shape (K,); ``nan`` in an empty bin."""
    n_right: Ints
    """Right answers by s, the share of peers that are wrong, shape (K,)."""
    right_to_wrong: Floats
    """P(C→W | s), shape (K,)."""
    corrected: Estimate
    """P(W→C) at any s."""
    subverted: Estimate
    """P(C→W) at any s."""
    conformity: Estimate
    """P(next answer is the peers' plurality | that is unique and not one's own)."""
    pull: Estimate
    """Slope of the log-odds of a change of side in s, the same for both sides."""
    truth_advantage: Estimate
    """By how much the log-odds of W→C exceed those of C→W at equal s; 0 under neutral copying."""


class _Moves(NamedTuple):
    """One entry for each agent, round and question that counts, shape (M,) each."""

    question: Ints
    agent: Ints
    was_right: NDArray[np.bool_]
    flipped: NDArray[np.bool_]
    share: Floats
    against: NDArray[np.bool_]
    """The peers' plurality is unique and not the agent's own answer."""
    conformed: NDArray[np.bool_]


def flip_table(
    answers: ArrayLike,
    truth: ArrayLike,
    edges: ArrayLike | None = None,
    groups: Sequence[Hashable] | None = None,
    *,
    items: ArrayLike | None = None,
    bins: int = 5,
    seed: int,
    resamples: int = 2000,
) -> dict[Hashable, FlipTable]:
    """P(W→C | s) and P(C→W | s) for each group of agents, such as those of one model.

    Both sides are fitted together, logit P = a + b·s + d·[was wrong], with standard errors that are clustered by
    question; d is the truth advantage.

    Args:
        answers: Ids, shape (Q, T + 1, N), T ≥ 1; −1 is missing.
        truth: Right ids, shape (Q,); −1 leaves the question out.
        edges: Who reads whom, u → v, shape (E, 2); all read all others by default.
        groups: A name for each agent, N of them; one group ``all`` by default.
        items: Which question each of the Q rows is of, where a question has several; each is its own by default.
        bins: K, of s.
        seed: Of the bootstrap.
        resamples: Of it.

    Returns:
        A table a group, in the order of their first agents.

    Raises:
        SpecError: shapes that do not fit.
    """
    a = labelled(answers, truth, least=2)
    names = ["all"] * a.shape[2] if groups is None else list(groups)
    if len(names) != a.shape[2]:
        raise SpecError(f"{len(names)} groups", key="groups", allowed=f"one for each of the {a.shape[2]} agents")
    edges_of_bins = np.linspace(0.0, 1.0, int(whole("bins", bins, 1)) + 1)
    question = questions(items, truth)
    n_items = int(question.max(initial=-1)) + 1
    moves = _moves(a, Reads(edges, a.shape[2]), question)
    tables: dict[Hashable, FlipTable] = {}
    for name in dict.fromkeys(names):
        member = np.array([each == name for each in names])
        own = _Moves(*(part[member[moves.agent]] for part in moves))
        tables[name] = _table(own, edges_of_bins, n_items, int(member.sum()), seed, resamples)
    return tables


def _moves(a: Ints, reads: Reads, items: Ints) -> _Moves:
    before, after = a[:, :-1], a[:, 1:]
    said = reads.tally(before)
    heard = said.sum(axis=-1)
    counted = np.nonzero((before >= 0) & (after >= 0) & (heard > 0))
    was, now, votes, n = before[counted], after[counted], said[counted], heard[counted]
    right = votes[:, 0] / n
    top, best = votes.max(axis=1), votes.argmax(axis=1)
    unique = (votes == top[:, None]).sum(axis=1) == 1
    return _Moves(
        question=items[counted[0]],
        agent=counted[2],
        was_right=was == 0,
        flipped=(was == 0) != (now == 0),
        share=np.where(was == 0, 1 - right, right),
        against=unique & (best != was),
        conformed=unique & (best != was) & (now == best),
    )


def _table(moves: _Moves, bins: Floats, n_items: int, n_agents: int, seed: int, resamples: int) -> FlipTable:
    wrong = ~moves.was_right

    def rate(hit: NDArray[np.bool_], of: NDArray[np.bool_]) -> Estimate:
        pairs = np.stack([_by_question(each, moves.question, n_items) for each in (hit & of, of)], axis=1)
        return bootstrap_statistic(pairs, ratio, seed=seed, resamples=resamples, n_agents=n_agents)

    n_wrong, to_right = _binned(moves, wrong, bins)
    n_right, to_wrong = _binned(moves, moves.was_right, bins)
    pull, advantage = _logistic(moves, n_agents)
    return FlipTable(
        share=bins,
        n_wrong=n_wrong,
        wrong_to_right=to_right,
        n_right=n_right,
        right_to_wrong=to_wrong,
        corrected=rate(moves.flipped, wrong),
        subverted=rate(moves.flipped, moves.was_right),
        conformity=rate(moves.conformed, moves.against),
        pull=pull,
        truth_advantage=advantage,
    )


def ratio(means: Floats) -> Floats:
    """First over second of means (…, 2); ``nan`` where the second is 0."""
    top, bottom = means[..., 0], means[..., 1]
    return np.asarray(np.where(bottom != 0, top / np.where(bottom != 0, bottom, 1.0), np.nan))


def _binned(moves: _Moves, side: NDArray[np.bool_], bins: Floats) -> tuple[Ints, Floats]:
    at = np.minimum(np.searchsorted(bins, moves.share[side], side="right") - 1, len(bins) - 2)
    n = np.bincount(at, minlength=len(bins) - 1)
    flipped = np.bincount(at, weights=moves.flipped[side], minlength=len(bins) - 1)
    return n, np.where(n > 0, flipped / np.maximum(n, 1), np.nan)


def _by_question(hit: NDArray[np.bool_], question: Ints, n_items: int) -> Floats:
    return np.bincount(question[hit], minlength=n_items).astype(np.float64)


def _logistic(moves: _Moves, n_agents: int) -> tuple[Estimate, Estimate]:
    design = np.stack([np.ones(len(moves.share)), moves.share, (~moves.was_right).astype(np.float64)], axis=1)
    fitted = fit_logistic(design, moves.flipped.astype(np.float64), moves.question)
    pull, advantage = (fitted.estimate(at, n_agents) for at in (1, 2))
    return pull, advantage
