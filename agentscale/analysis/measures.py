"""What is measured in one cell, question by question: each number an array over the task's questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.analysis.arrays import MISSING, CellArrays, Floats, Ints
from agentscale.analysis.spectrum import Gram, gram, k_star_of_gram, spectrum_of_gram
from agentscale.analysis.vectors import TextVectors
from agentscale.analysis.votes import expected_accuracy

MOST_LEFT_OUT = 256
"""Agents up to which each is left out in turn: what that costs grows as their fourth power."""
_ENTRIES = 4_000_000  # of the vectors, or of the leave-one-out Gram matrices, of one chunk of trials


class Diversity(NamedTuple):
    """The K* family of every trial, each of shape (P,); ``nan`` where no text has a vector."""

    k_star: Floats
    d_2: Floats
    d_inf: Floats
    mean_cosine: Floats
    n_texts: Floats
    """Texts that have a vector."""
    without: Floats | None
    """K* of the rest without each agent in turn, shape (P, N); ``nan`` where nobody is left."""
    present: NDArray[np.bool_]
    """Whether the agent's text has a vector, shape (P, N)."""


@dataclass(frozen=True, slots=True)
class CellMeasures:
    """One cell's numbers by question, shape (Q,), ``nan`` where the question has no trial, unless said otherwise."""

    accuracy: Floats
    """Expected correctness of the team; no team answer counts 0, and a world without a goal is not defined."""
    accuracy_readable: Floats
    """The same over trials with a team answer."""
    parse_failure: Floats
    """Share of the agents' last answers that are missing."""
    k_star: Floats
    d_2: Floats
    d_inf: Floats
    mean_cosine: Floats
    calls: Floats
    tokens_in: Floats
    tokens_out: Floats
    n_missing: int
    """Last answers that are missing, in the whole cell."""
    n_speechless: int
    """Last texts without a vector, in the whole cell."""
    agent_accuracy: Floats
    """Right last answers of each agent, a missing one not right, shape (Q, N); not defined in a world."""
    agent_readable: Floats
    """Readable last answers of each agent, shape (Q, N)."""
    agent_without: Floats
    """K* of the rest without each agent, shape (Q, N); not defined beyond `MOST_LEFT_OUT` agents."""
    agent_mute: NDArray[np.bool_]
    """Agents that were asked and have not one text with a vector in the whole cell, shape (N,)."""


class RoundMeasures(NamedTuple):
    """One round of a cell, by question, shape (Q,), ``nan`` where the question has no trial; shares between 0 and 1."""

    agent_accuracy: Floats
    team_accuracy: Floats
    k_star: Floats
    mean_cosine: Floats
    missing: Floats
    texts: Floats
    """Texts that have a vector, in the mean over replicates."""
    right_to_wrong: float
    """Of the answers that were right a round before, the share that is now wrong (both readable); of the whole cell."""
    wrong_to_right: float


def measure(arrays: CellArrays, vectors: TextVectors) -> CellMeasures:
    """All numbers of a cell."""
    answers, asked = arrays.last(arrays.answers), arrays.was_asked
    spoke = diversity(arrays.last(arrays.texts), vectors, leave_one_out=arrays.cell.size <= MOST_LEFT_OUT)
    lacking = np.isnan(arrays.score)
    by = arrays.by_item
    right = np.where(asked & (not arrays.is_world), answers == 0, np.nan)
    without = spoke.without if spoke.without is not None else np.full(answers.shape, np.nan)
    return CellMeasures(
        accuracy=by(np.where(lacking & (not arrays.is_world), 0.0, arrays.score)),
        accuracy_readable=by(arrays.score),
        parse_failure=by(_share(answers == MISSING, asked)),
        k_star=by(spoke.k_star),
        d_2=by(spoke.d_2),
        d_inf=by(spoke.d_inf),
        mean_cosine=by(spoke.mean_cosine),
        calls=by(arrays.calls),
        tokens_in=by(arrays.tokens_in),
        tokens_out=by(arrays.tokens_out),
        n_missing=int(((answers == MISSING) & asked).sum()),
        n_speechless=int(asked.sum() - spoke.n_texts.sum()),
        agent_accuracy=_by_agent(arrays, right),
        agent_readable=_by_agent(arrays, np.where(asked, answers != MISSING, np.nan)),
        agent_without=_by_agent(arrays, without),
        agent_mute=np.asarray(asked.any(axis=0) & ~spoke.present.any(axis=0)),
    )


def measure_rounds(arrays: CellArrays, vectors: TextVectors) -> list[RoundMeasures]:
    """Every round of a cell, in order."""
    return [_round(arrays, at, vectors) for at in range(arrays.n_rounds)]


def diversity(texts: Ints, vectors: TextVectors, *, leave_one_out: bool = False) -> Diversity:
    """The K* family of the texts at rows (P, N) of the table; −1 is left out."""
    n_agents = texts.shape[1]
    without = np.full(texts.shape, np.nan) if leave_one_out else None
    found, present = np.full((5, len(texts)), np.nan), np.zeros(texts.shape, dtype=np.bool_)
    dimension = vectors.at(texts[:0]).shape[-1]
    step = max(1, _ENTRIES // max(1, n_agents * max(dimension, n_agents**2 if leave_one_out else 1)))
    for at in range(0, len(texts), step):
        cosines = gram(vectors.at(texts[at : at + step]))
        spectrum = spectrum_of_gram(cosines, (1.0, 2.0, np.inf))
        found[:3, at : at + step] = spectrum.hill.T
        found[3:, at : at + step] = spectrum.mean_cosine, spectrum.count
        present[at : at + step] = cosines.present
        if without is not None:
            without[at : at + step] = _without_each(cosines)
    k_star, d_2, d_inf, cosine, n_texts = found
    return Diversity(k_star, d_2, d_inf, cosine, n_texts, without, present)


def votes(answers: Ints) -> Ints:
    """Votes by answer id, shape (P, C), of answers (P, N); the right one first."""
    ids = np.arange(int(answers.max(initial=0)) + 1)
    return np.asarray((answers[:, :, None] == ids).sum(axis=1))


def mean(values: Floats) -> float:
    """Mean of what is defined; ``nan`` where nothing is."""
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if defined.size else float("nan")


def _without_each(cosines: Gram) -> Floats:
    """K* without each agent in turn, shape (P, N)."""
    others = 1.0 - np.eye(cosines.present.shape[-1])
    return k_star_of_gram(cosines.cosines[:, None], cosines.present[:, None, :] * others)


def _by_agent(arrays: CellArrays, values: Floats) -> Floats:
    return np.stack([arrays.by_item(column) for column in values.T], axis=1)


def _share(of: NDArray[np.bool_], among: NDArray[np.bool_]) -> Floats:
    """Share by row of ``among`` that is ``of``; ``nan`` where there is none."""
    count = among.sum(axis=-1)
    return np.asarray(np.where(count > 0, (of & among).sum(axis=-1) / np.maximum(count, 1), np.nan))


def _round(arrays: CellArrays, at: int, vectors: TextVectors) -> RoundMeasures:
    answers, asked = arrays.answers[:, at], arrays.asked[:, at]
    spoke = diversity(arrays.texts[:, at], vectors)
    before = arrays.answers[:, at - 1] if at else np.full_like(answers, MISSING)
    both = (before != MISSING) & (answers != MISSING) & (not arrays.is_world)
    took_part = asked.any(axis=1)
    judged = asked & (not arrays.is_world)
    by = arrays.by_item
    return RoundMeasures(
        agent_accuracy=by(_share(answers == 0, judged)),
        team_accuracy=by(np.where(judged.any(axis=1), expected_accuracy(votes(answers)), np.nan)),
        k_star=by(spoke.k_star),
        mean_cosine=by(spoke.mean_cosine),
        missing=by(_share(answers == MISSING, asked)),
        texts=by(np.where(took_part, spoke.n_texts, np.nan)),
        right_to_wrong=float(_share((answers != 0).ravel(), (both & (before == 0)).ravel())),
        wrong_to_right=float(_share((answers == 0).ravel(), (both & (before != 0)).ravel())),
    )
