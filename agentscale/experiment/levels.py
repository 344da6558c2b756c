"""The levels of a sweep's factors, each checked and resolved: tasks, teams, protocols, topologies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentscale import protocols, topology
from agentscale.catalog import load_task, persona_sets, personas_for, task_folder
from agentscale.catalog.document import Document, Keys
from agentscale.catalog.faults import Faults, explain
from agentscale.errors import SpecError
from agentscale.experiment.questions import changed, select
from agentscale.experiment.teams import Deal, cast, deals
from agentscale.experiment.topologies import known, looked_up, swept
from agentscale.protocols import InteractionProtocol
from agentscale.schema.agents import SCORER, Agent, Persona
from agentscale.schema.experiment import Experiment, TaskRef, TeamSpec
from agentscale.schema.record import Record
from agentscale.schema.run import Named
from agentscale.schema.tasks import Task
from agentscale.tools.base import Usable
from agentscale.topology import Topology

MAX_AGENTS = 1_000_000
"""Agents of all cells together; more is a slip of the pen, and would not fit into memory."""


@dataclass(frozen=True)
class ProtocolLevel:
    """A protocol as the file names it, and with all its parameters."""

    written: Named
    full: Named
    protocol: InteractionProtocol


@dataclass(frozen=True)
class TopologyLevel:
    """A topology as the file names it, and with all its parameters."""

    written: Named
    full: Named
    topology: Topology


@dataclass(frozen=True)
class TaskLevel:
    """A task with the samples of the run, and the teams that work on it."""

    task: Task
    deals: tuple[Deal, ...]
    casts: tuple[dict[str, Agent], ...]
    """For each protocol: who plays which part beside the team."""


@dataclass(frozen=True)
class Levels:
    """All factors of a sweep."""

    tasks: tuple[TaskLevel, ...]
    protocols: tuple[ProtocolLevel, ...]
    topologies: tuple[TopologyLevel, ...]


class LevelReader:
    """Resolves an experiment's levels and notes in ``faults`` what is wrong with them.

    Args:
        document: The file, for the places of errors.
        experiment: The same file as a record.
        base: Where the file's relative paths start.
        tools: The file's tools, those that are right.
        faults: Where errors are noted.
    """

    def __init__(
        self, document: Document, experiment: Experiment, base: Path, tools: Mapping[str, Usable], faults: Faults
    ) -> None:
        self._document = document
        self._experiment = experiment
        self._base = base
        self._tools = {name: usable.tool for name, usable in tools.items()}
        self._faults = faults

    def read(self) -> Levels:
        """The levels.

        Raises:
            SpecError: With all errors that were noted.
        """
        topology_levels = self._topologies()
        protocol_levels = self._protocols()
        tasks = list(self._tasks(protocol_levels))
        self._faults.check()
        self._unique_teams(tasks)
        self._faults.check()
        return Levels(tuple(tasks), protocol_levels, topology_levels)

    def _item(self, keys: Keys, index: int) -> Keys:
        """Where an entry of a list stands, which may be written without its list where it is the only one."""
        return (*keys, index) if isinstance(self._document.at(keys), list) else keys

    # -- protocols and topologies ---------------------------------------------------------------------------------

    def _protocols(self) -> tuple[ProtocolLevel, ...]:
        levels: list[ProtocolLevel] = []
        for index, written in enumerate(self._experiment.protocol):
            keys = self._item(("protocol",), index)
            if not self._is_one("protocol", written, protocols.PROTOCOLS, keys):
                continue
            resolved = protocols.resolve(written)
            self._once("the protocol", resolved.named, [level.full for level in levels], keys)
            levels.append(ProtocolLevel(written, resolved.named, resolved))
            for part, member in resolved.parts.items():
                where = (*self._parameters_at(keys, written.name), part)
                self._known("model", member.model, self._experiment.models, (*where, "model"))
                self._tools_are_known(member.tools, (*where, "tools"))
        return tuple(levels)

    def _topologies(self) -> tuple[TopologyLevel, ...]:
        members = known()
        levels: list[TopologyLevel] = []
        for index, asked in enumerate(self._experiment.topology):
            keys = self._item(("topology",), index)
            for written in self._swept(asked, members, keys):
                level = self._topology(written, members, keys)
                if level is not None:
                    self._once("the topology", level.full, [other.full for other in levels], keys)
                    levels.append(level)
        return tuple(levels)

    def _swept(self, asked: Named, members: Mapping[str, type[Topology]], keys: Keys) -> list[Named]:
        """The levels that one entry of the file stands for."""
        every = swept(asked, members[asked.name]) if asked.name in members else [asked]
        if not every:
            empty = next(name for name, value in asked.parameters.items() if value == [])
            where = (*self._parameters_at(keys, asked.name), empty)
            self._faults.add(where, SpecError("the list is empty", allowed="one value, or a list of one or more"))
        return every

    def _topology(self, written: Named, members: Mapping[str, type[Topology]], keys: Keys) -> TopologyLevel | None:
        named, base, own_path = looked_up(written, self._base)
        if not self._is_one("topology", named.model_copy(update={"name": written.name}), members, keys):
            return None
        try:
            resolved = topology.resolve(named, base)
        except SpecError as error:
            place = ":".join(str(part) for part in (error.file, error.line) if part is not None)
            problem = f"{place}: {error.problem}" if place else error.problem
            where = keys if own_path else (*self._parameters_at(keys, written.name), "path")
            self._faults.add(where, SpecError(problem, allowed=error.allowed, remedy=error.remedy))
            return None
        # Paths stay as they were written: no path of this machine belongs in a run folder.
        parameters = {**resolved.model_dump(mode="json", exclude_none=True), **named.parameters}
        return TopologyLevel(written, Named(name=written.name, parameters=parameters), resolved)

    def _is_one(self, what: str, named: Named, members: Mapping[str, type[Record]], keys: Keys) -> bool:
        """Whether the name is known and its parameters are right; the errors are noted where the file says them."""
        written = self._document.at(keys)
        spelled = isinstance(written, dict) and "name" in written
        if named.name not in members:
            short = (*keys, named.name) if isinstance(written, dict) else keys
            self._faults.add((*keys, "name") if spelled else short, SpecError.unknown(what, named.name, members))
            return False
        return explain(named.parameters, members[named.name], self._parameters_at(keys, named.name), self._faults)

    def _parameters_at(self, keys: Keys, name: str) -> Keys:
        """Where the parameters of the level at ``keys`` stand, in its short form or spelled out."""
        written = self._document.at(keys)
        return (*keys, "parameters" if isinstance(written, dict) and "name" in written else name)

    def _once(self, what: str, level: object, others: Sequence[object], keys: Keys) -> None:
        if level in others:
            name = level.label if isinstance(level, Named) else repr(level)
            self._faults.add(keys, SpecError(f"{what} {name} stands twice", remedy="keep one of them"))

    def _all_once(self, what: str, values: Iterable[object], keys: Keys) -> None:
        seen: list[object] = []
        for index, value in enumerate(values):
            self._once(what, value, seen, self._item(keys, index))
            seen.append(value)

    # -- tasks ----------------------------------------------------------------------------------------------------

    def _tasks(self, played: Sequence[ProtocolLevel]) -> Iterator[TaskLevel]:
        """Those that are right; what is wrong with the others is noted."""
        names: list[str] = []
        known_personas = {name: one for members in persona_sets().values() for name, one in members.items()}
        own = {name: Persona(name=name, text=text) for name, text in self._experiment.personas.items() if text}
        for index, ref in enumerate(self._experiment.task):
            keys = self._item(("task",), index)
            for task in self._task_levels(ref, keys):
                self._once("the task", task.spec.name, names, keys)
                names.append(task.spec.name)
                usual = personas_for(task, task_folder(ref.name, self._base))
                pool = {**known_personas, **usual, **own}
                judge = self._judge(ref, task, pool, keys)
                casts = tuple({**parts, **judge} for parts in self._casts(played, pool))
                yield TaskLevel(task, self._deals(tuple(own or usual), pool), casts)

    def _task_levels(self, ref: TaskRef, keys: Keys) -> Iterator[Task]:
        """The task, once for each choice of parameters of its worlds."""
        task = self._task(ref, keys)
        if task is None:
            return
        for index, parameters in enumerate(ref.world or ({},)):
            try:
                yield changed(task, parameters)
            except SpecError as error:
                self._faults.add(self._item((*keys, "world"), index), error)

    def _judge(self, ref: TaskRef, task: Task, pool: dict[str, Persona], keys: Keys) -> dict[str, Agent]:
        """Who judges the answers of a task, if anybody does."""
        judge, at = ref.judge, (*keys, "judge")
        if judge is None:
            return {}
        if task.spec.kind != "text":
            problem = f"the task {task.spec.name!r} wants a {task.spec.kind}, which needs no judge"
            self._faults.add(at, SpecError(problem, remedy="leave judge out, or take a task of the kind text"))
        if judge.tools:
            self._faults.add((*at, "tools"), SpecError("a judge uses no tools", remedy="leave tools out"))
        known = self._known("model", judge.model, self._experiment.models, (*at, "model"))
        if judge.persona is not None:
            known &= self._known("persona", judge.persona, pool, (*at, "persona"))
        return cast({SCORER: judge}, self._experiment, pool, self._tools) if known and not judge.tools else {}

    def _task(self, ref: TaskRef, keys: Keys) -> Task | None:
        try:
            task = load_task(ref.name, self._base, data=ref.data)
        except SpecError as error:
            self._faults.add((*keys, "name") if isinstance(self._document.at(keys), dict) else keys, error)
            return None
        known = sorted({sample.level for sample in task.samples})
        for index, level in enumerate(ref.levels or ()):
            if level not in known:
                problem = f"no sample of the task {task.spec.name!r} has level {level}"
                where = self._item((*keys, "levels"), index)
                self._faults.add(where, SpecError(problem, allowed=", ".join(map(str, known))))
        if ref.levels is not None and not set(ref.levels) & set(known):
            if not ref.levels:
                self._faults.add((*keys, "levels"), SpecError("the list is empty", remedy="leave it out for all"))
            return None
        if ref.instruction is not None:
            spec = task.spec.model_copy(update={"instruction": ref.instruction})
            task = task.model_copy(update={"spec": spec})
        if ref.permute and task.spec.kind != "choice":
            problem = f"the task {task.spec.name!r} wants a {task.spec.kind}, and has no options"
            self._faults.add((*keys, "permute"), SpecError(problem, remedy="leave permute out"))
        task = task.model_copy(update={"permuted_by": self._experiment.seed if ref.permute else None})
        return select(task, levels=ref.levels, limit=ref.limit, seed=self._experiment.seed)

    # -- teams ----------------------------------------------------------------------------------------------------

    def _deals(self, usual: Sequence[str], pool: dict[str, Persona]) -> tuple[Deal, ...]:
        made: list[Deal] = []
        for index, spec in enumerate(self._experiment.team):
            keys = self._item(("team",), index)
            if self._team_is_right(spec, keys, pool):
                made += deals(spec, self._experiment, usual, pool, self._tools)
        return tuple(made)

    def _casts(self, played: Sequence[ProtocolLevel], pool: dict[str, Persona]) -> tuple[dict[str, Agent], ...]:
        """Who plays which part beside the teams of a task; a persona that is unknown is noted."""
        made: list[dict[str, Agent]] = []
        for level in played:
            index = self._experiment.protocol.index(level.written)
            at = self._parameters_at(self._item(("protocol",), index), level.written.name)
            parts = level.protocol.parts
            right = [
                member.model in self._experiment.models
                and (member.persona is None or self._known("persona", member.persona, pool, (*at, part, "persona")))
                and all(tool in self._tools for tool in member.tools)
                for part, member in parts.items()
            ]
            made.append(cast(parts, self._experiment, pool, self._tools) if all(right) else {})
        return tuple(made)

    def _team_is_right(self, spec: TeamSpec, keys: Keys, pool: dict[str, Persona]) -> bool:
        right = [
            self._names("model", spec.models, self._experiment.models, (*keys, "models")),
            self._names("persona", spec.personas, pool, (*keys, "personas")),
            *(self._tools_are_known(names, (*keys, "tools")) for names in spec.tools),
        ]
        for index, member in enumerate(spec.members or ()):
            where = (*keys, "members", index)
            right.append(self._known("model", member.model, self._experiment.models, (*where, "model")))
            if member.persona is not None:
                right.append(self._known("persona", member.persona, pool, (*where, "persona")))
            right.append(self._tools_are_known(member.tools, (*where, "tools")))
        self._all_once("the size", spec.size or (), (*keys, "size"))
        self._all_once("the layer", spec.layer or (), (*keys, "layer"))
        return all(right)

    def _names(self, what: str, names: Sequence[str], known: Iterable[str], keys: Keys) -> bool:
        if names == "all":
            return True
        if not names:
            self._faults.add(keys, SpecError("the list is empty", allowed=f"all, or the name of a {what}"))
        self._all_once(f"the {what}", names, keys)
        right = [self._known(what, name, known, self._item(keys, index)) for index, name in enumerate(names)]
        return bool(right) and all(right)

    def _tools_are_known(self, names: Sequence[str], keys: Keys) -> bool:
        """Whether the file has these tools, each once; that one of them is wrong in itself is noted elsewhere."""
        self._all_once("the tool", names, keys)
        right = [self._known("tool", name, self._experiment.tools, keys) for name in names]
        return all(right) and all(name in self._tools for name in names)

    def _known(self, what: str, name: str, known: Iterable[str], keys: Keys) -> bool:
        if name in known:
            return True
        self._faults.add(keys, SpecError.unknown(what, name, known))
        return False

    def _unique_teams(self, tasks: Sequence[TaskLevel]) -> None:
        problems = dict.fromkeys(problem for task in tasks for problem in _clashes(task.deals))
        for problem in problems:
            self._faults.add(("team",), SpecError(problem, remedy="give each its own name, under team.name"))
        agents = sum(size for deal in tasks[0].deals for size in deal.sizes)
        if agents > MAX_AGENTS:
            problem = f"the teams of a task have {agents:,} agents in all"
            self._faults.add(("team",), SpecError(problem, allowed=f"at most {MAX_AGENTS:,}"))


def _clashes(dealt: Sequence[Deal]) -> Iterator[str]:
    """What is wrong with teams that share a layer and a name: they must be one team, at several sizes."""
    first: dict[tuple[str, str], Deal] = {}
    sizes: set[tuple[str, str, int]] = set()
    for deal in dealt:
        key = deal.layer, deal.name
        other = first.setdefault(key, deal)
        called = f"two {deal.layer} teams are called {deal.name!r}"
        at = deal.parts_from(other)
        if at is not None:
            one, two = other.configuration(at).id, deal.configuration(at).id
            yield f"{called} and are not one team at two sizes: agent {at + 1} is {one} in one and {two} in the other"
            continue
        yield from (f"{called} and have the size {size}" for size in deal.sizes if (*key, size) in sizes)
        sizes |= {(*key, size) for size in deal.sizes}
