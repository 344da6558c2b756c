"""What a pilot recorded: how often each configuration gave each answer to each question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import whole
from agentscale.errors import SpecError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pilot:
    """Counts of a pilot. Q questions, B configurations, C answers, of which the first is right."""

    counts: Ints
    """Votes, shape (Q, B, C). Ids of wrong answers are per question: a question with fewer answers has zeros."""
    missing: Ints
    """Replicates without a readable answer, shape (Q, B): a category of its own, which does not vote."""

    @classmethod
    def of_counts(cls, counts: ArrayLike, missing: ArrayLike | None = None) -> Pilot:
        """Counts as they are.

        Args:
            counts: Shape (Q, B, C), whole numbers ≥ 0, index 0 the right answer.
            missing: Shape (Q, B); none by default.

        Raises:
            SpecError: shapes that do not fit, or counts that are none.
        """
        table = whole("counts", counts)
        silent = np.zeros(table.shape[:2], dtype=np.int64) if missing is None else whole("missing", missing)
        if table.ndim != 3 or silent.shape != table.shape[:2]:
            raise SpecError(f"counts {table.shape}, missing {silent.shape}", key="counts", allowed="(Q, B, C), (Q, B)")
        return cls(table if table.shape[2] else np.zeros((*table.shape[:2], 1), dtype=np.int64), silent)

    @classmethod
    def of_answers(cls, answers: ArrayLike, config: ArrayLike) -> Pilot:
        """Counts of recorded answers.

        Args:
            answers: Ids per question, shape (Q, R); 0 is right, −1 missing.
            config: Configuration of each recorded agent, counted from 0, shape (R,).

        Raises:
            SpecError: shapes that do not fit.
        """
        a, group = whole("answers", answers, -1), whole("config", config)
        if a.ndim != 2 or group.shape != a.shape[1:]:
            raise SpecError(f"answers {a.shape}, config {group.shape}", key="answers", allowed="(Q, R) and (R,)")
        member = np.eye(int(group.max(initial=-1)) + 1, dtype=np.int64)[group]
        votes = a[:, None, :] == np.arange(max(int(a.max(initial=0)) + 1, 1))[:, None]
        return cls(np.swapaxes(votes.astype(np.int64) @ member, 1, 2), (a < 0).astype(np.int64) @ member)

    @property
    def n_configs(self) -> int:
        """B."""
        return int(self.counts.shape[1])

    @property
    def recorded(self) -> Ints:
        """R, replicates of each configuration at each question, shape (Q, B)."""
        return np.asarray(self.counts.sum(axis=2) + self.missing)

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Questions to which every configuration was put at least once, shape (Q,): the others forecast nothing."""
        return np.asarray((self.recorded > 0).all(axis=1))

    @property
    def theta(self) -> Floats:
        """Θ̂, the shares of the answers, shape (Q, B, C); what is missing to 1 is not readable. ``nan`` for R = 0."""
        n = self.recorded
        return np.asarray(np.where(n > 0, 1.0, np.nan)[..., None] * self.counts / np.maximum(n, 1)[..., None])

    def at(self, questions: NDArray[np.bool_] | Ints) -> Pilot:
        """The pilot of some questions."""
        return Pilot(self.counts[questions], self.missing[questions])

    def of(self, configs: Ints) -> Pilot:
        """The pilot of some configurations."""
        return Pilot(self.counts[:, configs], self.missing[:, configs])

    def halves(self, rng: np.random.Generator) -> tuple[Pilot, Pilot]:
        """The replicates of every question and configuration dealt into two halves; of an odd one the second has more.

        Splitting counts like this is drawing replicates without replacement.
        """
        first = hypergeometric(self, self.recorded // 2, rng)
        silent = self.recorded // 2 - first.sum(axis=-1)
        return Pilot(first, silent), Pilot(self.counts - first, self.missing - silent)


def hypergeometric(pilot: Pilot, n: ArrayLike, rng: np.random.Generator, size: int | None = None) -> Ints:
    """Votes of n replicates of every question and configuration, drawn without replacement.

    Args:
        pilot: What was recorded.
        n: Shape (Q, B) or broadcast to it, at most R.
        rng: The source of chance.
        size: How many draws; one, without an axis for it, by default.

    Returns:
        Shape (size, Q, B, C), or (Q, B, C).
    """
    shape = pilot.missing.shape if size is None else (size, *pilot.missing.shape)
    left, need = pilot.recorded, np.broadcast_to(np.asarray(n, dtype=np.int64), shape)
    drawn = np.empty((*shape, pilot.counts.shape[2]), dtype=np.int64)
    for at, count in enumerate(np.moveaxis(pilot.counts, 2, 0)):
        left = left - count
        drawn[..., at] = rng.hypergeometric(count, left, need, size=shape)
        need = need - drawn[..., at]
    return drawn
