"""Debates of agents that cannot be told apart, as counts: as cheap for a million of them as for ten.

Where everybody reads everybody, or k peers drawn anew from all, an agent's chances depend on its own answers and on the
shares of the team alone. So a round is one multinomial draw for every pair of (first, present) answer. On a complete
graph this is the debate of `debates` in distribution; for k peers it draws them with repetition, the mean field, whose
difference vanishes with N. Knows no single agent: nobody here is stubborn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation.debates import Debate
from agentscale.simulation.rules import Pull, Rule, View
from agentscale.simulation.seats import MISSING

_COMPOSITIONS = 100_000  # ways to read k answers that are summed over


def debate_by_counts(
    setting: Debate,
    first: NDArray[np.integer],
    seed: int,
    questions: Sequence[str] | None = None,
    theta: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """How many agents gave each option, round by round.

    Args:
        setting: A debate on a complete graph, of all peers or of ``peers`` drawn in each round, in which all may move.
        first: Counts of first answers, shape (Q, C + 1), what cannot be read last; rows sum to N.
        seed: Of the run.
        questions: Their ids; by default their places. Draws belong to a question and not to its company.
        theta: Θ, shape (Q, C), the law of independent answers; for the rules that need it.

    Returns:
        Shape (Q, T + 1, C + 1).

    Raises:
        SpecError: for a debate whose agents can be told apart, and where sizes do not fit.
    """
    _check(setting, first, theta)
    ids = [f"q{i}" for i in range(len(first))] if questions is None else questions
    chances = _Chances(setting, first.shape[1] - 1)
    tallies = np.empty((len(first), setting.rounds + 1, first.shape[1]), np.int64)
    for q, question in enumerate(ids):
        law = None if theta is None else theta[q]
        tallies[q] = _one_question(chances, setting.rounds, first[q], law, keyed(seed, "population", question))
    return tallies


def _one_question(
    chances: _Chances,
    rounds: int,
    first: NDArray[np.integer],
    law: NDArray[np.float64] | None,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Shape (T + 1, C + 1)."""
    standing = np.diag(first).astype(np.int64)  # agents by (first answer, present answer)
    heard = np.zeros(len(first) - 1, np.int64)
    tallies = [standing.sum(axis=0)]
    for _ in range(rounds):
        heard += tallies[-1][:-1]
        moves = chances.of(tallies[-1], heard, law)
        standing = rng.multinomial(standing, moves).sum(axis=1)
        tallies.append(standing.sum(axis=0))
    return np.stack(tallies)


class _Chances:
    """The probability of every next answer, for every pair of (first, present) answer."""

    def __init__(self, setting: Debate, n_options: int) -> None:
        self.rule = setting.rule
        self.n_options = n_options
        self.k = setting.peers
        everything = [*range(n_options), MISSING]
        self.first = np.repeat(everything, n_options + 1)
        self.own = np.tile(everything, n_options + 1)

    def of(
        self, tally: NDArray[np.int64], heard: NDArray[np.int64], law: NDArray[np.float64] | None
    ) -> NDArray[np.float64]:
        """Shape (first C + 1, present C + 1, next C + 1), the unreadable answer last.

        Args:
            tally: Present answers of the team, shape (C + 1,).
            heard: Readable answers of all rounds so far, shape (C,).
            law: Θ, shape (C,).
        """
        if self.k is None or not self.rule.reads:
            mine = self.own == np.arange(self.n_options)[:, None]
            read = np.maximum(tally[:-1, None] - mine, 0)  # of an answer that nobody holds there is no holder
            return self._moves(read, self.first, self.own, heard, law)
        share = tally / tally.sum()
        return np.tensordot(self._by_reading, _multinomial(self._readings, share), axes=(3, 0)).transpose(1, 2, 0)

    def _moves(
        self,
        read: NDArray[np.int64],
        first: NDArray[np.integer],
        own: NDArray[np.integer],
        heard: NDArray[np.int64] | None,
        law: NDArray[np.float64] | None,
    ) -> NDArray[np.float64]:
        """The law of the next answer of readers, shape (C + 1, C + 1, C + 1) by (first, present, next)."""
        pull = self.rule.pull(_view(read, first, own, heard, law))
        return law_of(pull, self.n_options)[:, 0].T.reshape([self.n_options + 1] * 3)

    @cached_property
    def _readings(self) -> NDArray[np.int64]:
        """All ways to read k answers, shape (R, C + 1), the unreadable last."""
        assert self.k is not None
        return _compositions(self.k, self.n_options + 1)

    @cached_property
    def _by_reading(self) -> NDArray[np.float64]:
        """The law of the next answer for every reading, shape (next, first, present, R) with the pairs spread."""
        n_pairs, n_readings = len(self.own), len(self._readings)
        read = np.tile(self._readings[:, :-1].T, n_pairs)
        pull = self.rule.pull(
            _view(read, np.repeat(self.first, n_readings), np.repeat(self.own, n_readings), None, None)
        )
        side = self.n_options + 1
        return law_of(pull, self.n_options)[:, 0].reshape(side, side, side, n_readings)


def law_of(pull: Pull, n_options: int) -> NDArray[np.float64]:
    """What `settle` draws from: the probability of every next answer, shape (C + 1, Q, N), the unreadable last."""
    weights = np.zeros((n_options + 1, *pull.stay.shape))
    weights[: len(pull.weights)] = pull.weights
    total = weights.sum(axis=0)
    chance = np.where(total > 0, pull.chance, 0.0)
    law = chance * weights / np.where(total > 0, total, 1.0)
    everything = np.array([*range(n_options), MISSING])[:, None, None]
    law += (1.0 - chance) * (pull.stay == everything)
    return law


def _view(
    read: NDArray[np.int64],
    first: NDArray[np.integer],
    own: NDArray[np.integer],
    heard: NDArray[np.int64] | None,
    law: NDArray[np.float64] | None,
) -> View:
    """Readers side by side, as agents of one question; what all share is spread over them."""
    shape = (len(read), 1, len(own))
    everywhere = None if heard is None else np.broadcast_to(heard[:, None, None], shape)
    laws = None if law is None else np.broadcast_to(law[:, None, None], shape)
    return View(read[:, None], own[None], first[None], everywhere, laws)


def _compositions(total: int, parts: int) -> NDArray[np.int64]:
    """All ways to write ``total`` as ``parts`` whole numbers, shape (R, parts)."""
    if parts == 1:
        return np.array([[total]])
    return np.concatenate(
        [np.insert(_compositions(total - here, parts - 1), 0, here, axis=1) for here in range(total + 1)]
    )


def _multinomial(counts: NDArray[np.int64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability of every row of ``counts``, shape (R,)."""
    total = int(counts[0].sum())
    ways = [math.factorial(total) // math.prod(map(math.factorial, row)) for row in counts.tolist()]
    probability: NDArray[np.float64] = np.array(ways, np.float64) * np.prod(share**counts, axis=1)
    return probability


def _check(setting: Debate, first: NDArray[np.integer], theta: NDArray[np.float64] | None) -> None:
    rule: Rule = setting.rule
    if not setting.graph.is_complete or setting.context is not None or setting.fixed.any():
        raise SpecError(
            "agents of this debate can be told apart", key="graph", allowed="a complete graph, in which all may move"
        )
    if setting.peers is not None and rule.remembers:
        raise SpecError(f"{rule.name} remembers whom it read", key="peers", allowed="all peers, for this rule")
    if setting.peers is not None and math.comb(setting.peers + first.shape[1] - 1, setting.peers) > _COMPOSITIONS:
        raise SpecError(
            f"{setting.peers} peers can be read in too many ways", key="peers", allowed=f"{_COMPOSITIONS} or fewer ways"
        )
    if np.any(first.sum(axis=1) != setting.graph.n):
        raise SpecError(
            f"first answers of other than {setting.graph.n} agents", key="first", allowed="rows that sum to N"
        )
    if rule.has_law and (theta is None or theta.shape != (len(first), first.shape[1] - 1)):
        raise SpecError(
            f"the rule {rule.name} needs the law of independent answers", key="theta", allowed="shape (Q, C)"
        )
