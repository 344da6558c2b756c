"""From a run folder to forecasts: first answers become a pilot, a pilot becomes rows.

A replicate of a configuration is any answer that an agent gave alone, before it read anybody: a vote, or round 0 of a
debate. Copies and replicates count alike, each recorded call once, whichever cells share it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from agentscale.analysis.extrapolate import Ceiling, DeFinetti, Forecast, Pilot
from agentscale.analysis.extrapolate.pilot import Ints
from agentscale.analysis.tables import Row, Table
from agentscale.errors import SpecError
from agentscale.schema.estimate import Estimate
from agentscale.schema.run import Event

if TYPE_CHECKING:
    from agentscale.store import RunFolder

COLUMNS = "task kind team size accuracy low high bias reach cost n_items method warnings"
MIXES = "task a b n_a n_b accuracy low high n_items method"
"""Columns of the table of mixes: ``n_a`` agents of the configuration ``a`` with ``n_b`` of ``b``."""
UNITS = ("calls", "tokens", "usd")
"""What a budget may be in, for one question: calls, tokens in and out, or US dollars."""
Rate = Callable[[str, int, int], float | None]
"""US dollars for one answer of a model, from its tokens in and out; ``None`` where its price is unknown."""
_REACH = 4  # times the pilot, up to which the table goes
_MANY = 4  # configurations, above which the table has the pilot's size and its ends only
_MIXED = 3  # configurations of which every two are mixed
_MIX = 8  # agents of each, up to which they are
_CALLS = (2, 4, 8)
"""Calls a question for which an outlook names the best team; the middle one alone where configurations are many."""


@dataclass(frozen=True)
class TaskPilot:
    """What a run recorded of one task's first answers."""

    task: str
    configs: tuple[str, ...]
    """Configurations, in the order of the run."""
    models: tuple[str, ...]
    """The model of each."""
    pilot: Pilot
    """Questions in the order of their ids."""
    tokens_in: tuple[float, ...]
    """Mean tokens of a prompt of each configuration, of those that were told; ``nan`` where none was."""
    tokens_out: tuple[float, ...]
    """Mean tokens of an answer."""

    def team(self, named: Mapping[str, int]) -> tuple[int, ...]:
        """Agents of each configuration, from names of configurations, or of models without persona or with but one.

        Raises:
            SpecError: a name is unknown, or its model has several configurations.
        """
        counts = [0] * len(self.configs)
        for name, count in named.items():
            counts[self._place(name)] += count
        return tuple(counts)

    def label(self, team: Sequence[int]) -> str:
        """The team in words: ``4 small + 2 large/verifier``."""
        if len(team) > 1 and len(set(team)) == 1:
            return f"{team[0]:,} of each"
        return " + ".join(f"{m:,} {_short(name)}" for m, name in zip(team, self.configs, strict=True) if m)

    def cost(self, unit: str, rate: Rate | None = None) -> tuple[float, ...]:
        """What one agent of each configuration costs for one question, > 0.

        Raises:
            SpecError: the unit is none of ``UNITS``, tokens or prices are unknown, or an answer costs nothing.
        """
        if unit not in UNITS:
            raise SpecError.unknown("unit of a budget", unit, UNITS, key="budget")
        if unit == "calls":
            return (1.0,) * len(self.configs)
        totals = [tokens_in + tokens_out for tokens_in, tokens_out in zip(self.tokens_in, self.tokens_out, strict=True)]
        for name, total in zip(self.configs, totals, strict=True):
            if not np.isfinite(total):
                raise _unpriced(f"how many tokens an answer of {name!r} takes was never told")
        return tuple(totals) if unit == "tokens" else tuple(self._usd(at, rate) for at in range(len(totals)))

    def _usd(self, at: int, rate: Rate | None) -> float:
        model = self.models[at]
        usd = None if rate is None else rate(model, round(self.tokens_in[at]), round(self.tokens_out[at]))
        if usd is None:
            raise _unpriced(f"the price of {model!r} is not known")
        if usd == 0:
            raise _unpriced(f"an answer of {self.configs[at]!r} costs nothing")
        return usd

    def _place(self, name: str) -> int:
        for known in (name, f"{name}/-"):  # as labels say it, an agent without a persona is its model
            if known in self.configs:
                return self.configs.index(known)
        of_model = [at for at, model in enumerate(self.models) if model == name]
        if not of_model:
            raise SpecError.unknown("configuration", name, {*self.configs, *self.models}, key="team")
        if len(of_model) > 1:
            several = ", ".join(self.configs[at] for at in of_model)
            raise SpecError(f"the model {name!r} has several configurations", key="team", allowed=several)
        return of_model[0]


def read_pilots(folder: RunFolder) -> tuple[TaskPilot, ...]:
    """The pilot of every task of a run that has first answers, in the order of the run's cells.

    Raises:
        StoreError: transcripts or questions cannot be read.
    """
    ids: dict[str, list[str]] = {}
    for task, sample in sorted(folder.questions()):
        ids.setdefault(task, []).append(sample)
    gathered: dict[str, _Gathered] = {}
    for cell in folder.header.cells:
        acts = folder.header.tasks[cell.task].kind == "world"  # what one says in a world is no answer to a question
        if acts or not folder.has_transcripts(cell.id):
            continue
        gathering = gathered.setdefault(cell.task, _Gathered())
        agents = {agent.slot: agent for agent in cell.team.agents}
        for transcript in folder.transcripts(cell.id):
            for event in _alone(transcript.events):
                agent = agents[event.slot]
                gathering.take(transcript.sample_id, agent.config_id, agent.model, event)
    return tuple(each.pilot(task, ids[task]) for task, each in gathered.items() if each.models)


def forecast_table(
    pilots: Iterable[TaskPilot],
    *,
    seed: int,
    team: Mapping[str, int] | None = None,
    budget: Mapping[str, float] | None = None,
    rate: Rate | None = None,
    resamples: int = 2000,
) -> Table:
    """Forecasts of a run's tasks.

    Args:
        pilots: From :func:`read_pilots`.
        seed: Of draws and resamples.
        team: Only this team. Without it: every configuration alone and as many of each, up to four times the pilot,
            and with endlessly many agents.
        budget: By unit (``UNITS``) what a team may cost for one question: the best team under each, besides ``team``.
        rate: What an answer costs, for a budget in ``usd``.
        resamples: Of the bootstrap over questions.

    Raises:
        SpecError: no first answers, an unknown configuration, an unknown cost, or a budget that pays for nobody.
    """
    rows: list[Row] = []
    for pilot in pilots:
        law = DeFinetti(pilot.pilot, seed=seed, resamples=resamples, task=pilot.task)
        if team is not None:
            rows += [_row(pilot, "team", one) for one in law.accuracy([pilot.team(team)])]
        elif not budget:
            rows += _default_rows(pilot, law)
        rows += [_best_row(pilot, law, unit, most, rate) for unit, most in (budget or {}).items()]
    if not rows:
        raise SpecError("the run has no answer that an agent gave alone", remedy="record a vote, or a debate's round 0")
    return Table(tuple(COLUMNS.split()), tuple(rows))


class Outlook(NamedTuple):
    """What can be told without a question."""

    forecast: Table
    """The default of :func:`forecast_table`, and the best team for a few calls."""
    mixes: Table
    """Every mix of two configurations: columns ``MIXES``."""


def outlook(folder: RunFolder, *, seed: int, resamples: int = 2000) -> Outlook:
    """Forecasts of all that one would like to see drawn.

    Args:
        folder: The run.
        seed: Of draws and resamples.
        resamples: Of the bootstrap over questions.

    Returns:
        No row where no agent answered alone; no best team where there is one configuration, or no question that was
        put to all of them; mixes of pairs of configurations that were both recorded more than once.

    Raises:
        StoreError: transcripts or questions cannot be read.
    """
    rows: list[Row] = []
    mixes: list[Row] = []
    with threadpool_limits(1, "blas"):  # products of small matrices: more threads only spin
        for pilot in read_pilots(folder):
            law, n = DeFinetti(pilot.pilot, seed=seed, resamples=resamples, task=pilot.task), len(pilot.configs)
            rows += _default_rows(pilot, law)
            choice = n > 1 and pilot.pilot.complete.any()
            budgets = _CALLS if n <= _MANY else _CALLS[1:2]
            rows += [_best_row(pilot, law, "calls", calls, None) for calls in budgets if choice]
            mixes += _mix_rows(pilot, law)
    return Outlook(Table(tuple(COLUMNS.split()), tuple(rows)), Table(tuple(MIXES.split()), tuple(mixes)))


def _mix_rows(pilot: TaskPilot, law: DeFinetti) -> Iterator[Row]:
    """The surface over the mixes of two configurations, up to the pilot: of the most recorded ones."""
    known = sorted(np.flatnonzero(law.recorded > 1).tolist(), key=lambda at: -law.recorded[at])[:_MIXED]
    for a, b in itertools.combinations(sorted(known), 2):
        most = [int(min(law.recorded[at], _MIX)) for at in (a, b)]
        counts = [(m, k) for m in range(most[0] + 1) for k in range(most[1] + 1) if m + k]
        teams = [tuple({a: m, b: k}.get(at, 0) for at in range(len(pilot.configs))) for m, k in counts]
        for (m, k), one in zip(counts, law.accuracy(teams), strict=True):
            named = {"a": _short(pilot.configs[a]), "b": _short(pilot.configs[b]), "n_a": m, "n_b": k}
            told = one.accuracy
            numbers = {"accuracy": told.value, "low": told.low, "high": told.high, "n_items": told.n_items}
            yield {"task": pilot.task, **named, **numbers, "method": told.method}


class _Said(NamedTuple):
    """What is kept of a call: its text may be long, and a run may have a million."""

    sample: str
    config: str
    answer: str | None
    """``None`` where it cannot be read, empty where it is right."""
    tokens_in: float
    tokens_out: float


class _Gathered:
    """First answers of one task, each call once."""

    def __init__(self) -> None:
        self.models: dict[str, str] = {}
        self._calls: dict[str, _Said] = {}

    def take(self, sample: str, config: str, model: str, event: Event) -> None:
        self.models.setdefault(config, model)
        answer = "" if event.correct else event.answer
        self._calls.setdefault(
            event.key, _Said(sample, config, answer, _told(event.tokens_in), _told(event.tokens_out))
        )

    def pilot(self, task: str, samples: Sequence[str]) -> TaskPilot:
        counts, missing = self._counts(samples)
        tokens: dict[str, list[tuple[float, float]]] = {config: [] for config in self.models}
        for said in self._calls.values():
            tokens[said.config].append((said.tokens_in, said.tokens_out))
        means = np.array([[_mean_told(column) for column in zip(*each, strict=True)] for each in tokens.values()])
        names = tuple(self.models), tuple(self.models.values())
        return TaskPilot(task, *names, Pilot(counts, missing), tuple(means[:, 0].tolist()), tuple(means[:, 1].tolist()))

    def _counts(self, samples: Sequence[str]) -> tuple[Ints, Ints]:
        """Votes (Q, B, C), the right answer first, and unreadable answers (Q, B)."""
        ids: dict[str, dict[str, int]] = {sample: {"": 0} for sample in samples}
        for said in sorted(self._calls.values(), key=lambda said: said.answer or ""):
            if said.answer is not None:
                ids[said.sample].setdefault(said.answer, len(ids[said.sample]))
        rows, columns = ({name: at for at, name in enumerate(names)} for names in (samples, self.models))
        counts = np.zeros((len(rows), len(columns), max(map(len, ids.values()))), dtype=np.int64)
        missing = np.zeros(counts.shape[:2], dtype=np.int64)
        for said in self._calls.values():
            place = rows[said.sample], columns[said.config]
            if said.answer is None:
                missing[place] += 1
            else:
                counts[(*place, ids[said.sample][said.answer])] += 1
        return counts, missing


def _alone(events: Iterable[Event]) -> Iterator[Event]:
    """Answers that agents gave before they read anybody; those of a race that came too late are draws like any."""
    return (e for e in events if e.role == "agent" and e.round == 0 and e.turn == 0 and not e.reads)


def _told(count: int | None) -> float:
    return float("nan") if count is None else float(count)


def _mean_told(counts: Iterable[float]) -> float:
    """A call that failed tells nothing, and must not make the others unknown."""
    told = [count for count in counts if np.isfinite(count)]
    return float(np.mean(told)) if told else float("nan")


def _unpriced(why: str) -> SpecError:
    return SpecError(why, key="budget", remedy="give a budget of calls, or of tokens where every endpoint tells them")


def _default_rows(pilot: TaskPilot, law: DeFinetti) -> Iterator[Row]:
    n = len(pilot.configs)
    mixes = ([(1,) * n] if n > 1 else []) + [tuple(int(at == b) for at in range(n)) for b in range(n)]
    for mix in mixes:
        replicates = int(law.recorded[np.array(mix) > 0].min())
        teams = [tuple(m * size for m in mix) for size in _sizes(replicates, brief=n > _MANY)]
        yield from (_row(pilot, "team", one) for one in law.accuracy(teams))
        if replicates > 1:
            yield _ceiling_row(pilot, law.ceiling(mix))


def _sizes(replicates: int, *, brief: bool) -> list[int]:
    """1, 2, 4, … up to four times the pilot, and the pilot itself; one replicate says nothing of two."""
    if replicates < 2:
        return [1]
    doublings = [] if brief else [2**at for at in range(32) if 2**at <= _REACH * replicates]
    return sorted({1, *doublings, replicates, _REACH * replicates})


def _row(pilot: TaskPilot, kind: str, one: Forecast) -> Row:
    size = float(sum(one.team))
    return _filled(pilot, kind, pilot.label(one.team), size, one.accuracy) | {"bias": one.bias, "reach": one.reach}


def _ceiling_row(pilot: TaskPilot, ceiling: Ceiling) -> Row:
    mix = pilot.label([int(weight) for weight in ceiling.weights]).removeprefix("1 ")
    return _filled(pilot, "ceiling", f"endless {mix}", np.inf, ceiling.accuracy) | {"bias": ceiling.bias}


def _best_row(pilot: TaskPilot, law: DeFinetti, unit: str, budget: float, rate: Rate | None) -> Row:
    best = law.best(pilot.cost(unit, rate), budget)
    looked = f"best of {best.n_teams:,} teams looked at, {best.held_out:.3f} on questions that did not choose it"
    row = _row(pilot, f"best for {budget:,g} {unit}", best.forecast)
    return row | {"cost": best.cost, "method": f"{looked}; {row['method']}"}


def _filled(pilot: TaskPilot, kind: str, team: str, size: float, accuracy: Estimate) -> Row:
    """A row in which what only some rows have is still open."""
    return {
        "task": pilot.task,
        "kind": kind,
        "team": team,
        "size": size,
        "accuracy": accuracy.value,
        "low": accuracy.low,
        "high": accuracy.high,
        "bias": np.nan,
        "reach": np.inf,
        "cost": np.nan,
        "n_items": accuracy.n_items,
        "method": accuracy.method,
        "warnings": "; ".join(accuracy.warnings),
    }


def _short(config: str) -> str:
    return config.removesuffix("/-")
