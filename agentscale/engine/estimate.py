"""What a run will spend, before anything is sent: calls, tokens and money, by cell, by model and by configuration.

Calls that the recording holds are left out. The rest is bounded from both sides by rehearsals (`experiment.demand`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from agentscale.engine.design import Trial, trials
from agentscale.engine.recollection import Recollection
from agentscale.experiment import Sweep
from agentscale.experiment.bounds import Quotes, at_least, at_most
from agentscale.experiment.demand import Ask, Extreme, Recall, Rehearsals, loads
from agentscale.experiment.pace import least_wall_s
from agentscale.experiment.sizes import QuestionSizes
from agentscale.experiment.spending import Bounds
from agentscale.schema.calls import Call, Reply


@dataclass
class CostEstimate:
    """Bounds on what is still to be spent."""

    trials: int
    quotes: Quotes
    """The price of every model; ``None`` is unknown."""
    known_calls: int = 0
    """Calls of these trials that the recording holds, each counted once."""
    alone: dict[str, Bounds] = field(default_factory=lambda: defaultdict(Bounds))
    """By cell: what it would spend if it were the only one."""
    cells: dict[str, Bounds] = field(default_factory=lambda: defaultdict(Bounds))
    """By cell: what it spends beyond the cells before it, with which it shares calls. This adds up to the total."""
    models: dict[str, Bounds] = field(default_factory=lambda: defaultdict(Bounds))
    agents: dict[str, Bounds] = field(default_factory=lambda: defaultdict(Bounds))
    """By configuration."""
    least_wall_s: float | None = None
    """Seconds at least by the endpoints' limits per minute; ``None`` is unknown, as is always how long a call takes."""

    @property
    def total(self) -> Bounds:
        """What the whole run spends."""
        return sum(self.cells.values(), Bounds())


Block = tuple[Trial, ...]
"""The trials of one sample and one replicate, one for each cell of the task."""


def blocks(sweep: Sweep) -> Iterator[Block]:
    """The trials of a sweep, those together that may share calls."""
    for _, block in groupby(trials(sweep), key=lambda trial: (trial.cell.task, trial.sample_id, trial.replicate)):
        yield tuple(block)


def estimate(sweep: Sweep, quotes: Quotes, recollection: Recollection) -> CostEstimate:
    """Bounds on what the trials of a sweep will spend.

    Args:
        sweep: The sweep.
        quotes: What its models cost.
        recollection: What is recorded already.
    """
    return _Estimator(sweep, quotes, recollection).made()


class _Estimator:
    """Sums over blocks. Blocks that ask the same of other questions are summed together."""

    def __init__(self, sweep: Sweep, quotes: Quotes, recollection: Recollection) -> None:
        self._sweep = sweep
        self._recollection = recollection
        self._rehearsals = Rehearsals(sweep)
        self._estimate = CostEstimate(sum(1 for _ in trials(sweep)), quotes)

    def made(self) -> CostEstimate:
        pending: _Demand | None = None
        for block in blocks(self._sweep):
            demand = self._demand(block)
            if pending is not None and pending.asks_the_same_as(demand):
                pending = pending.of(pending.asked + demand.asked)
                continue
            if pending is not None:
                self._add(pending)
            pending = demand
        if pending is not None:
            self._add(pending)
        self._estimate.least_wall_s = least_wall_s(self._sweep.experiment, self._estimate.models)
        return self._estimate

    def _demand(self, block: Block) -> _Demand:
        question = self._sweep.questions[block[0].cell.task, block[0].sample_id]
        known: set[str] = set()
        shortest, longest = (
            tuple(self._asks(trial, extreme, known) for trial in block) for extreme in ("shortest", "longest")
        )
        self._estimate.known_calls += len(known)
        return _Demand(tuple(trial.cell.id for trial in block), shortest, longest, QuestionSizes.of(question))

    def _asks(self, trial: Trial, extreme: Extreme, known: set[str]) -> tuple[Ask, ...]:
        if not self._recollection:
            return self._rehearsals.asks(trial.cell, trial.sample_id, trial.replicate, extreme)
        recall = _noting(self._recollection.of(trial), known)
        return self._rehearsals.remaining(trial.cell, trial.sample_id, trial.replicate, extreme, recall)

    def _add(self, demand: _Demand) -> None:
        made = self._estimate
        new = zip(_new(demand.shortest), _new(demand.longest), strict=True)
        for cell, shortest, longest in zip(demand.cells, demand.shortest, demand.longest, strict=True):
            alone = self._bounds(demand.asked, shortest, longest)
            made.alone[cell] += sum(alone.values(), Bounds())
            beyond = self._bounds(demand.asked, *next(new))
            made.cells[cell] += sum(beyond.values(), Bounds())
            for (agent, model), bounds in beyond.items():
                made.agents[agent] += bounds
                made.models[model] += bounds

    def _bounds(
        self, asked: QuestionSizes, shortest: Sequence[Ask], longest: Sequence[Ask]
    ) -> dict[tuple[str, str], Bounds]:
        """By configuration and model."""
        quotes, low, high = self._estimate.quotes, loads(shortest), loads(longest)
        made: dict[tuple[str, str], Bounds] = defaultdict(Bounds)
        for agent, load in low.items():
            made[agent, load.model] += Bounds(low=at_least(load, asked, quotes))
        for agent, load in high.items():
            made[agent, load.model] += Bounds(high=at_most(load, asked, quotes))
        return made


@dataclass(frozen=True)
class _Demand:
    """What the cells of a block ask, for one question or several."""

    cells: tuple[str, ...]
    shortest: tuple[tuple[Ask, ...], ...]
    longest: tuple[tuple[Ask, ...], ...]
    asked: QuestionSizes

    def of(self, asked: QuestionSizes) -> _Demand:
        return replace(self, asked=asked)

    def asks_the_same_as(self, other: _Demand) -> bool:
        """Whether both are the very same rehearsals, which needs no comparison of thousands of calls."""
        mine, theirs = (*self.shortest, *self.longest), (*other.shortest, *other.longest)
        return self.cells == other.cells and all(one is two for one, two in zip(mine, theirs, strict=True))


def _new(asks_by_cell: Sequence[tuple[Ask, ...]]) -> Iterator[list[Ask]]:
    """By cell: the calls that no cell before it asks."""
    seen: set[str] = set()
    for asks in asks_by_cell:
        yield [ask for ask in asks if ask.name not in seen]
        seen.update(ask.name for ask in asks)


def _noting(recall: Recall, known: set[str]) -> Recall:
    """The same, and every key that was found is put into ``known``."""

    def noting(round_index: int, call: Call) -> Reply | None:
        reply = recall(round_index, call)
        if reply is not None:
            known.add(reply.key)
        return reply

    return noting
