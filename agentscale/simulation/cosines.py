"""How alike what agents say is, by the kind of pair, and the weights of a world's embeddings that this shows.

Two vectors of a question share its part, and those of the channel, the model, the persona and the answer that the two
agents have in common; all other parts are orthogonal but for chance. So the mean cosine of pairs of one kind that say
the same (or do not) is

    (w_q² + w_k²·P(one channel) + w_m²·[one model] + w_s²·[one persona] + w_a²·[same answer]) / (L·L')

with L² the sum of an agent's own squared weights and σ² (theory.md, section 11.1, step 6). The probability of sharing a
channel is that of worlds which vote like the run, and how much it differs between them is part of the uncertainty,
beside chance between questions. Cosines know no scale, so w_q is held.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from agentscale.simulation.embedding import EmbeddingParameters
from agentscale.simulation.fitted import Block, Fit, Free
from agentscale.simulation.moments import KINDS, Design
from agentscale.simulation.numbers import Company

Floats = NDArray[np.float64]

WEIGHTS = (
    Free("channel", 0.1, 2.0, "log"),
    Free("model", 0.05, 1.5, "log"),
    Free("persona", 0.05, 1.5, "log"),
    Free("answer", 0.05, 1.5, "log"),
    Free("noise", 0.1, 3.0, "log"),
)
"""What is fitted beside a ``question`` of 2.2, in ranges around the defaults that are a choice of our own."""

_TOGETHER = 256  # questions whose cosines are held at once
_FEW = 10  # questions with a pair of the kind, below which its mean says nothing
_NUDGE = 1e-4  # of a logarithm, for derivatives
_LEAST = 1e-300


class Cosines(NamedTuple):
    """Cosines of pairs of agents on Q questions, summed by group: `KINDS` × same or other answer."""

    names: tuple[str, ...]
    """Of the G groups that the run has."""
    groups: NDArray[np.int64]
    """Which each is: 2·kind + (0 same answer, 1 other), shape (G,)."""
    total: Floats
    """Shape (Q, G)."""
    pairs: Floats
    """How many pairs, shape (Q, G)."""
    dimensions: int
    """d of the vectors."""

    @property
    def means(self) -> Floats:
        """Mean cosine of all pairs of a group, shape (G,)."""
        return np.asarray(self.total.sum(axis=0) / self.pairs.sum(axis=0))

    @property
    def covariance(self) -> Floats:
        """Of the means by chance between questions, shape (G, G): that of a ratio of sums, linearised."""
        off = (self.total - self.means * self.pairs) / self.pairs.mean(axis=0)
        return np.asarray(np.cov(off.T).reshape(len(self.names), -1) / len(off))


def counted_cosines(
    vectors: NDArray[np.floating], answers: NDArray[np.integer], places: Sequence[int], design: Design
) -> Cosines:
    """The cosines of a run.

    Args:
        vectors: Shape (Q, N, d), rows of length 1, or zero where there is none.
        answers: Shape (Q, N); below 0 is unreadable, and belongs to no pair.
        places: The configuration of every agent, shape (N,).
        design: Who they are.
    """
    n, parts = answers.shape[1], []
    kind = _kinds(design)[np.ix_(places, places)]
    upper = np.triu_indices(n, 1)
    for low in range(0, len(answers), _TOGETHER):
        z, said = vectors[low : low + _TOGETHER], answers[low : low + _TOGETHER]
        seen = (said >= 0) & np.any(z != 0, axis=2)
        cosine = (z @ np.swapaxes(z, 1, 2))[:, *upper].astype(np.float64)
        both = (seen[:, :, None] & seen[:, None, :])[:, *upper]
        other = (said[:, :, None] != said[:, None, :])[:, *upper]
        group = np.where(both, 2 * kind[upper] + other, 2 * len(KINDS))
        parts.append([_summed(group, weight) for weight in (cosine, np.ones_like(cosine))])
    total, pairs = (np.concatenate(each)[:, :-1] for each in zip(*parts, strict=True))
    kept = np.flatnonzero((pairs > 0).sum(axis=0) >= _FEW)
    names = [f"cosine, {KINDS[at // 2]}, {('same', 'other')[at % 2]} answer" for at in kept]
    return Cosines(tuple(names), kept, total[:, kept], pairs[:, kept], vectors.shape[2])


def _summed(group: NDArray[np.int64], weight: Floats) -> Floats:
    """Sums by question and group, shape (Q, groups + 1); the last is of pairs that do not count."""
    width = 2 * len(KINDS) + 1
    at = group + width * np.arange(len(group))[:, None]
    summed = np.bincount(at.ravel(), weights=weight.ravel(), minlength=width * len(group))
    return np.asarray(summed.reshape(len(group), width))


def _kinds(design: Design) -> NDArray[np.int64]:
    """The kind of every pair of configurations, shape (B, B)."""
    model, persona = np.array(design.models), np.array([name or "" for name in design.personas])
    return np.asarray(2 * (model[:, None] != model) + (persona[:, None] != persona), np.int64)


def fit_weights(seen: Cosines, companies: Sequence[Company], design: Design) -> Block:
    """The weights whose worlds have the run's mean cosines.

    Args:
        seen: The run's; at least one group.
        companies: Of worlds that vote like the run, each of its number of questions.
        design: Who voted.
    """
    return _Weighing(seen, companies, design).report()


class _Weighing:
    """One fit of weights, on the scale of their logarithms."""

    def __init__(self, seen: Cosines, companies: Sequence[Company], design: Design) -> None:
        self.seen = seen
        self.free = [free for free in WEIGHTS if free.name != "persona" or any(design.personas)]
        self.prior = np.array([free.prior for free in self.free])
        self.shares = [_shared(company, design)[:, seen.groups] for company in companies]

    def weights(self, at: Floats) -> EmbeddingParameters:
        """The weights at a point."""
        return EmbeddingParameters(**{free.name: free.back(float(x)) for free, x in zip(self.free, at, strict=True)})

    def moments(self, at: Floats) -> Floats:
        """Mean cosines of every world, shape (worlds, G)."""
        w = self.weights(at)
        squares = np.square([w.question, w.channel, w.model, w.persona, w.answer, w.noise])
        return np.array([_cosine(squares, share) for share in self.shares])

    def covariance(self, at: Floats) -> Floats:
        """Of the distance between run and worlds: chance between questions, what the run leaves open, and `chance`."""
        worlds = self.moments(at)
        between = np.cov(worlds.T).reshape(worlds.shape[1], -1)
        return np.asarray(self.seen.covariance + between + np.eye(worlds.shape[1]) * self.chance**2)

    @property
    def chance(self) -> float:
        """What the formula may miss: directions are orthogonal but for 1/√d, which moves a cosine by that squared."""
        return float(1.0 - self.seen.means.mean()) / self.seen.dimensions

    def search(self) -> Floats:
        """The point of least distance to run and prior; the covariance is looked up again where it was found."""
        at = self.prior[:, 0]
        for _ in range(3):
            root = np.linalg.cholesky(np.linalg.inv(self.covariance(at)))
            at = optimize.least_squares(self._distance, at, args=(root.T,)).x
        return np.asarray(at)

    def _distance(self, at: Floats, root: Floats) -> Floats:
        away = (at - self.prior[:, 0]) / self.prior[:, 1]
        return np.concatenate([root @ (self.seen.means - self.moments(at).mean(axis=0)), away])

    def slopes(self, at: Floats) -> Floats:
        """Derivatives of the mean cosines, shape (G, weights)."""
        nudges = np.eye(len(at)) * _NUDGE
        sides = [self.moments(at + nudge).mean(axis=0) - self.moments(at - nudge).mean(axis=0) for nudge in nudges]
        return np.stack(sides, axis=1) / (2.0 * _NUDGE)

    def report(self) -> Block:
        """Weights with their intervals, from the curvature where they were found."""
        at = self.search()
        spread, ours = self.covariance(at), self.moments(at).mean(axis=0)
        slopes, weights = self.slopes(at), np.linalg.inv(spread)
        curvature = slopes.T @ weights @ slopes
        posterior = np.linalg.inv(curvature + np.diag(self.prior[:, 1] ** -2))
        errors, off = np.sqrt(np.diag(posterior)), self.seen.means - ours
        found = (free.found(*each) for free, *each in zip(self.free, at.tolist(), errors.tolist(), strict=True))
        fitted = tuple(each._replace(name=f"embedding.{each.name}") for each in found)
        rows = zip(self.seen.names, self.seen.means, ours, off / np.sqrt(np.diag(spread)), strict=True)
        fits = tuple(Fit(name, float(run), float(world), float(z)) for name, run, world, z in rows)
        return Block(fitted, fits, float(off @ weights @ off), float(len(off) - np.trace(posterior @ curvature)))


def _shared(company: Company, design: Design) -> Floats:
    """What pairs of every group have in common, shape (5, 2·kinds).

    The shares that have one channel, one model, one persona and one answer, and the share of the agents that have a
    persona at all: where only some have one, lengths are those of the mean agent.
    """
    kind, sizes = _kinds(design), np.array(design.sizes, np.float64)
    model, persona = np.array(design.models), np.array([name or "" for name in design.personas])
    named = persona != ""
    alike = [model[:, None] == model, (persona[:, None] == persona) & named, (named[:, None] + 1.0 * named) / 2]
    once = np.triu(np.outer(sizes, sizes), 1) + np.diag(sizes * (sizes - 1) / 2)
    columns = []
    for at in range(2 * len(KINDS)):
        here = once * (kind == at // 2)
        pairs = max(float(np.sum(here * company.pairs[at % 2])), _LEAST)
        of = here * company.pairs[at % 2] / pairs
        models, personas, having = (float(np.sum(of * each)) for each in alike)
        channel = float(np.sum(here * company.in_channel[at % 2])) / pairs
        columns.append([channel, models, personas, float(at % 2 == 0), having])
    return np.array(columns).T


def _cosine(squares: Floats, share: Floats) -> Floats:
    """Mean cosines, shape (G,), from squared weights (6,) and `_shared` (5, G)."""
    question, channel, model, persona, answer, noise = squares
    channels, models, personas, answers, named = share
    common = question + channel * channels + model * models + persona * personas + answer * answers
    return np.asarray(common / (question + channel + model + persona * named + answer + noise))
