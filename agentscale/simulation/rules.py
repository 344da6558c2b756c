"""How an agent changes its answer after it has read its peers: the rules of a debate, as laws over arrays.

Every rule says the same three things of every agent: with what chance it moves, to which options in which proportion,
and where it stands if it does not move. One uniform draw then settles the next answer (`settle`), so that an agent
asked alone and an agent among a million move alike. The rules are those of theory.md, sections 6.6 and 11.1. They know
nothing of graphs, of who is stubborn, or of where the draws come from.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agentscale.schema.named import instantiate
from agentscale.schema.record import Record
from agentscale.schema.run import Named
from agentscale.simulation.graphs import one_hot
from agentscale.simulation.seats import MISSING

_CERTAIN = 800.0  # the hazard of what convinces surely: exp(−800) is 0 in floating point


class View(NamedTuple):
    """What agents have before them in a round; C options, Q questions, N agents."""

    counts: NDArray[np.int64]
    """Answers that each agent reads, shape (C, Q, N); zero where the rule reads nothing."""
    own: NDArray[np.integer]
    """Its own last answer, shape (Q, N); `MISSING` where it could not be read."""
    first: NDArray[np.integer]
    """Its own answer of round 0, shape (Q, N)."""
    heard: NDArray[np.int64] | None = None
    """All answers of all rounds that it has read or given, shape (C, Q, N); for rules that remember."""
    law: NDArray[np.float64] | None = None
    """Θ, the law of its own independent answers, shape (C, Q, N); what is left to 1 cannot be read."""


class Pull(NamedTuple):
    """Where a rule draws agents."""

    chance: NDArray[np.float64] | float
    """The probability of moving, shape (Q, N)."""
    weights: NDArray[np.float64] | NDArray[np.int64]
    """Where to, in proportion: shape (C, Q, N), or (C + 1, Q, N) with the weight of `MISSING` last."""
    stay: NDArray[np.integer]
    """The answer of those that do not move, and of those to whom no option has any weight; shape (Q, N)."""


class Rule(Record):
    """A rule by which answers change from one round to the next. Its parameters are its fields."""

    name: ClassVar[str]
    reads: ClassVar[bool] = True
    """Whether peers' answers matter."""
    remembers: ClassVar[bool] = False
    """Whether what was heard in earlier rounds matters."""
    has_law: ClassVar[bool] = False
    """Whether the law of an agent's own answers matters."""

    @abstractmethod
    def pull(self, view: View) -> Pull:
        """Where the rule draws the agents of ``view``."""


class Copy(Rule):
    """``copy(κ, adv)``: every readable answer may convince, and the first to convince is taken over.

    An answer convinces within a round with probability p, logit p = logit κ ± adv/2 (+ for a right answer, − for a
    wrong one), after a time that is exponential with rate λ = −log(1−p). So the agent moves with probability
    1 − Π(1−p_j), to an answer in proportion to its λ. With adv = 0 copying is neutral: on a regular graph the expected
    accuracy stays as it is (theory.md, section 6.6).
    """

    name: ClassVar[str] = "copy"

    kappa: float = Field(default=0.1, ge=0, le=1)
    """κ, the probability that one answer alone convinces."""
    advantage: float = Field(default=0.0, ge=-20, le=20)
    """adv, by how much the log-odds of a right answer exceed those of a wrong one."""

    def convincing(self, *, right: bool) -> float:
        """p, the probability in [0, 1] that one answer that is read convinces within a round."""
        if self.kappa in (0.0, 1.0):
            return self.kappa
        odds = (1.0 - self.kappa) / self.kappa * math.exp(-self.advantage / 2 if right else self.advantage / 2)
        return 1.0 / (1.0 + odds)

    def pull(self, view: View) -> Pull:
        """To every readable answer in proportion to its hazard."""
        right, wrong = self._hazard(right=True), self._hazard(right=False)
        hazard = view.counts[1:].sum(axis=0) * wrong
        hazard += view.counts[0] * right
        weights = view.counts
        if right != wrong:
            weights = view.counts * np.array([right, *[wrong] * (len(view.counts) - 1)])[:, None, None]
        return Pull(-np.expm1(-hazard), weights, view.own)

    def taken(self, uniform: float, own: int, peers: Sequence[int]) -> int:
        """The next answer of one agent: `settle` of `pull`, for one agent without arrays.

        Args:
            uniform: A draw in [0, 1).
            own: Its answer, an option or `MISSING`.
            peers: The answers that it reads, in any order.
        """
        right, wrong = self._hazard(right=True), self._hazard(right=False)
        readable = sorted(peer for peer in peers if peer != MISSING)
        n_right = readable.count(0)
        chance = -math.expm1(-((len(readable) - n_right) * wrong + n_right * right))
        if uniform >= chance:
            return own
        mark = uniform / chance * (n_right * right + (len(readable) - n_right) * wrong)
        if mark < n_right * right:
            return 0
        return readable[min(n_right + int((mark - n_right * right) / wrong), len(readable) - 1)]

    def _hazard(self, *, right: bool) -> float:
        p = self.convincing(right=right)
        return _CERTAIN if p >= 1.0 else -math.log1p(-p)


class FriedkinJohnsen(Rule):
    """``fj(γ)`` on answers: with probability γ the answer of somebody read or its own, else back to its first one.

    In expectation this is x(t+1) = γ·W·x(t) + (1−γ)·x(0) of Friedkin and Johnsen, with W uniform over an agent and
    those that it reads; see `influence` for its matrix.
    """

    name: ClassVar[str] = "fj"

    gamma: float = Field(default=0.28, ge=0, le=1)
    """γ, the coupling. Measured on models: .15 to .43."""

    def pull(self, view: View) -> Pull:
        """To all that is read and its own answer alike."""
        return Pull(self.gamma, view.counts + one_hot(view.own, len(view.counts)), view.first)


class Polya(Rule):
    """``dcm``: an answer is a draw from a Dirichlet belief that every answer heard makes firmer.

    θ_i ~ Dir(α_i), y_i ~ Cat(θ_i), and α_i grows by one for every answer that i reads or gives (Choi, Zhu and Li,
    NeurIPS 2025). The belief itself need not be drawn: averaged over it, y_i ~ Cat(α_i / Σα_i). The start is α_i =
    concentration · Θ_i, so first answers follow Θ_i. On a regular graph the mean belief in the truth is a martingale.
    """

    name: ClassVar[str] = "dcm"
    remembers: ClassVar[bool] = True
    has_law: ClassVar[bool] = True

    concentration: float = Field(default=3.0, gt=0, le=1e6)
    """Σα of the first round: how many answers a prior is worth."""

    def pull(self, view: View) -> Pull:
        """To every option by its belief; everybody draws anew."""
        assert view.heard is not None
        assert view.law is not None
        return Pull(1.0, self.concentration * view.law + view.heard, view.own)


class Quorum(Rule):
    """``quorum(β)``: an agent joins the most frequent answer among those that it reads, if its share reaches β.

    Ties between most frequent answers are settled at random.
    """

    name: ClassVar[str] = "quorum"

    share: float = Field(default=0.5, gt=0, le=1)
    """β, the share of the readable answers that are read."""

    def pull(self, view: View) -> Pull:
        """To the plurality, where it is large enough."""
        most, readable = view.counts.max(axis=0), view.counts.sum(axis=0)
        enough = (most >= self.share * readable) & (readable > 0)
        return Pull(enough.astype(np.float64), (view.counts == most).astype(np.int64), view.own)


class SelfCorrect(Rule):
    """``self_correct(ν)``: with probability ν an agent answers anew by its own law, reading nobody.

    A second look is as good as the first: expected accuracy stays as it is on every graph.
    """

    name: ClassVar[str] = "self_correct"
    reads: ClassVar[bool] = False
    has_law: ClassVar[bool] = True

    rate: float = Field(default=0.2, ge=0, le=1)
    """ν, the probability of answering anew."""

    def pull(self, view: View) -> Pull:
        """To its own law, unreadable answers included."""
        assert view.law is not None
        lost = np.clip(1.0 - view.law.sum(axis=0, keepdims=True), 0.0, 1.0)
        return Pull(self.rate, np.concatenate([view.law, lost]), view.own)


class Placebo(SelfCorrect):
    """``placebo(ν)``: agents are shown text that bears on nothing, and answer anew as often as it disturbs them.

    The same law as `SelfCorrect`, with draws of its own: what no debate may be credited with.
    """

    name: ClassVar[str] = "placebo"


RULES: dict[str, type[Rule]] = {
    rule.name: rule for rule in (Copy, FriedkinJohnsen, Placebo, Polya, Quorum, SelfCorrect)
}
"""All rules by name."""


def rule_of(named: Named) -> Rule:
    """The rule that ``named`` means.

    Raises:
        SpecError: If the name or a parameter is unknown or outside its range.
    """
    return instantiate("rule", named, RULES)


def settle(pull: Pull, uniforms: NDArray[np.float64], n_options: int) -> NDArray[np.integer]:
    """The next answers by one uniform draw for each agent: its lower part says who moves, the rest whereto.

    Args:
        pull: Where the rule draws them.
        uniforms: Draws in [0, 1), shape (Q, N).
        n_options: C; a weight beyond it is that of `MISSING`.

    Returns:
        Shape (Q, N), of the type of ``pull.stay``.
    """
    answers = pull.stay.copy()
    chance = np.broadcast_to(pull.chance, answers.shape)
    moved = np.flatnonzero(uniforms < chance)
    weights = pull.weights.reshape(len(pull.weights), -1)[:, moved]
    total = weights.sum(axis=0)
    mark = uniforms.ravel()[moved] / chance.ravel()[moved] * total
    target = np.zeros(len(moved), answers.dtype)
    reached = np.zeros(len(moved), weights.dtype)
    for weight in weights[:-1]:
        reached += weight
        target += mark >= reached
    target[target == n_options] = MISSING
    answers.ravel()[moved] = np.where(total > 0, target, answers.ravel()[moved])
    return answers
