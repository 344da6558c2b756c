"""What a section sees of one cell, and the form of what it says: an estimate under a name.

A section never resamples by itself: here the question is the unit, replicates of a question stay inside it, and the
draws are keyed, so that sections of one cell carry the same resamples. What is a mean over questions is handed over as
its column, and all of a cell get their intervals at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple, TypedDict

import numpy as np

from agentscale.analysis.arrays import MISSING, CellArrays, Floats, Ints
from agentscale.analysis.bootstrap import mean_estimates
from agentscale.analysis.inference import bootstrap_statistic
from agentscale.analysis.inference.smooth import UNDEFINED, bootstrap_statistics
from agentscale.analysis.inference.studentised import Scale
from agentscale.analysis.vectors import TextVectors
from agentscale.schema.estimate import Estimate

NO_INTERVAL = "no interval"
FEWER = 500
"""Resamples, at most, of numbers that cost more than a mean: their ends are known to a tenth of their width."""
FIRST_ONLY = "of the first replicate of each question"


class Told(NamedTuple):
    """One published number."""

    measure: str
    estimate: Estimate
    at: str = ""
    """Where on its own axis it stands: a round, a number of agents, a share; empty where it has none."""

    def warned(self, *warnings: str) -> Told:
        """The same with more to be said of it."""
        return self._replace(estimate=replace(self.estimate, warnings=(*self.estimate.warnings, *warnings)))


class Mean(NamedTuple):
    """One that is a mean over questions, and gets its interval together with all others of its cell."""

    measure: str
    by_item: Floats
    """Shape (Q,); ``nan`` leaves a question out."""
    at: str = ""
    paired: bool = False
    """Whether it is a difference of two scores: its interval is then never narrower than Student's."""
    warnings: tuple[str, ...] = ()

    def warned(self, *warnings: str) -> Mean:
        """The same with more to be said of it."""
        return self._replace(warnings=(*self.warnings, *warnings))


Number = Told | Mean
Section = Callable[["Sight"], Iterator[Number]]
"""All that one table says of one cell."""


class Trials(TypedDict):
    """What functions of trials are told of questions and resampling."""

    items: Ints
    seed: int
    resamples: int


class _Drawn(TypedDict):
    seed: int
    resamples: int
    n_agents: int
    n_missing: int


class Sight:
    """One cell as sections see it.

    Args:
        arrays: Its trials: P trials, T rounds, N agents.
        vectors: Of the texts.
        options: Choices of each question of the task, shape (Q,); ``nan`` for open answers.
        common: The smallest team of two or more in the task, to which K* is rarefied.
        seed: Of the bootstrap.
        resamples: Of it.
    """

    def __init__(
        self, arrays: CellArrays, vectors: TextVectors, options: Floats, *, common: int, seed: int, resamples: int
    ) -> None:
        self.arrays, self.vectors, self.common = arrays, vectors, common
        self.seed, self.resamples = seed, resamples
        self.options: Floats = options[arrays.item]
        """Choices by trial, shape (P,)."""

    @property
    def n_agents(self) -> int:
        """N."""
        return len(self.arrays.cell.team.agents)

    @cached_property
    def configs(self) -> tuple[str, ...]:
        """The configuration of each agent."""
        return tuple(agent.config_id for agent in self.arrays.cell.team.agents)

    @cached_property
    def last(self) -> Ints:
        """Last answers, shape (P, N): 0 is right, −1 missing."""
        return self.arrays.last(self.arrays.answers)

    @cached_property
    def correct(self) -> Floats:
        """Correctness of the last answers, shape (P, N); ``nan`` where one is missing."""
        return correctness(self.last)

    @cached_property
    def first_replicate(self) -> Ints:
        """Where the first trial of each question stands, in the order of questions, shape (Q′,)."""
        return np.unique(self.arrays.item, return_index=True)[1]

    @property
    def trials(self) -> Trials:
        """For functions that take the trials of a question as rows of their own."""
        return {"items": self.arrays.item, "seed": self.seed, "resamples": self.resamples}

    @cached_property
    def n_missing(self) -> int:
        """Last answers of agents that were asked and could not be read."""
        return int(((self.last == MISSING) & self.arrays.was_asked).sum())

    @cached_property
    def embedded(self) -> np.typing.NDArray[np.floating]:
        """Vectors of the last texts, shape (P, N, d); zero where there is none."""
        return self.vectors.at(self.arrays.last(self.arrays.texts))

    @cached_property
    def _drawn(self) -> _Drawn:
        return {
            "seed": self.seed,
            "resamples": self.resamples,
            "n_agents": self.n_agents,
            "n_missing": self.n_missing,
        }

    def by_item(self, columns: Sequence[Floats]) -> Floats:
        """Columns by trial, each of shape (P,), as means over the replicates of a question: shape (Q, C)."""
        return np.stack([self.arrays.by_item(np.asarray(column, dtype=np.float64)) for column in columns], axis=1)

    def sums(self, columns: Sequence[Floats]) -> Floats:
        """Columns by trial as sums over the replicates of a question at which all are defined, shape (Q′, C)."""
        table = np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)
        defined = np.isfinite(table).all(axis=1)
        items, of = np.unique(self.arrays.item[defined], return_inverse=True)
        return np.stack([np.bincount(of, weights=column, minlength=len(items)) for column in table[defined].T], axis=1)

    def means(self, columns: Mapping[str, Floats], at: str = "", *, paired: bool = False) -> Iterator[Mean]:
        """The mean over questions of each column by trial (P,); ``nan`` leaves a trial out."""
        for name, column in columns.items():
            yield Mean(name, self.arrays.by_item(np.asarray(column, dtype=np.float64)), at, paired)

    def question_mean(self, measure: str, column: Floats, at: str = "") -> Mean:
        """The same of a column over the questions that have a trial, in the order of the task, shape (Q′,)."""
        whole = np.full(self.arrays.n_items, np.nan)
        whole[np.unique(self.arrays.item)] = column
        return Mean(measure, whole, at)

    def settled(self, numbers: Iterable[Number]) -> Iterator[Told]:
        """The numbers in their order, the means among them with their intervals from one bootstrap."""
        given = list(numbers)
        means = [one for one in given if isinstance(one, Mean)]
        found = iter(self._estimates(means) if means else ())
        for one in given:
            if isinstance(one, Mean):
                yield Told(one.measure, next(found), one.at).warned(*one.warnings)
            else:
                yield one

    def _estimates(self, means: Sequence[Mean]) -> tuple[Estimate, ...]:
        table = np.stack([one.by_item for one in means], axis=1)
        paired = [one.paired for one in means]
        return mean_estimates(table, paired=paired, task=self.arrays.cell.task, **self._drawn)

    def statistic(
        self,
        columns: Sequence[Floats],
        of: Callable[[Floats], Floats],
        scale: Callable[[Floats], Scale] | None = None,
    ) -> Estimate:
        """A function of the means over questions of columns by trial, with its interval, studentised on a scale."""
        return bootstrap_statistic(self.by_item(columns), of, scale=scale, **self._drawn)

    def statistic_of_sums(self, columns: Sequence[Floats], of: Callable[[Floats], Floats]) -> Estimate:
        """A function of the sums over all trials, with its interval over questions."""
        table = self.sums(columns)
        return bootstrap_statistic(table, lambda means: of(means * len(table)), **self._drawn)

    def statistics(
        self, columns: Sequence[Floats], of: Callable[[Floats], Floats], most: int | None = None
    ) -> tuple[Estimate, ...]:
        """Several functions of the same means, (…, C) to (…, K), from ``most`` resamples at most."""
        drawn = self._drawn if most is None else {**self._drawn, "resamples": min(most, self.resamples)}
        return bootstrap_statistics(self.by_item(columns), of, **drawn)

    def plain(self, value: float, method: str, warnings: tuple[str, ...] = ()) -> Estimate:
        """A number that comes without an interval."""
        n_items, how = int(np.unique(self.arrays.item).size), f"{method}; {NO_INTERVAL}"
        said = warnings if warnings or np.isfinite(value) else (UNDEFINED,)
        nan = float("nan")
        return Estimate(float(value), nan, nan, n_items, self.n_agents, self.n_missing, how, said)


def correctness(answers: Ints) -> Floats:
    """1 right, 0 wrong, ``nan`` missing, of answer ids of any shape."""
    return np.where(answers == MISSING, np.nan, (answers == 0).astype(np.float64))


def row(cell_id: str, told: Told) -> dict[str, object]:
    """The row of a section's table."""
    one = told.estimate
    return {
        "cell": cell_id,
        "measure": told.measure,
        "at": told.at,
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "n_items": one.n_items,
        "n_agents": one.n_agents,
        "n_missing": one.n_missing,
        "method": one.method,
        "warnings": "; ".join(one.warnings),
    }


COLUMNS = "cell measure at value low high n_items n_agents n_missing method warnings"
"""Columns of every section's table."""
