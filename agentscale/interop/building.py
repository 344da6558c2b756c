"""From a foreign log to a run folder, which ``analyze``, ``report`` and ``forecast`` read like one of our own.

Nothing is recorded in it: the log tells what was said, and not what was asked. So it is not replayed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from agentscale import scoring, topology
from agentscale.errors import SpecError
from agentscale.interop import plays
from agentscale.interop.folder import Head, Imported, write
from agentscale.interop.plays import Plays
from agentscale.interop.utterances import Foreign, Utterance, natural
from agentscale.randomness import keyed
from agentscale.schema.agents import Agent, Persona, Team
from agentscale.schema.calls import Completion, Missing
from agentscale.schema.record import digest
from agentscale.schema.run import Cell, Event, Named, QuestionRecord, Transcript
from agentscale.schema.tasks import AnswerKind

CHAINS: dict[AnswerKind, tuple[str, ...]] = {
    "choice": ("mark", "letter", "option_text"),
    "number": ("mark", "last_number"),
}
"""By which extractors texts are read, where the log tells no answers."""

_UNTOLD = "(the log does not hold the question)"


@dataclass(frozen=True)
class _Task:
    """A task of the log: how its answers are written."""

    name: str
    kind: AnswerKind
    options: int
    """How many options a question without choices of its own is taken to have; 0 for open answers."""
    tells_options: bool
    """Whether every question has choices of its own."""
    chain: tuple[str, ...]


def build(
    foreign: Foreign | Plays, path: Path, *, name: str, embedder: str, extract: Sequence[str] | None = None
) -> Imported:
    """Writes the run folder of a log.

    Args:
        foreign: The log.
        path: Where; nothing may stand there.
        name: The run's name.
        embedder: What makes vectors for K*, in its short form.
        extract: A chain of extractors that reads all texts anew; by default the log's own answers stand.

    Raises:
        SpecError: If the log holds no answer, a truth is no answer of its task, two rows say the same thing twice, or
            the plays of a world are to be read anew.
        StoreError: If the folder cannot be written.
    """
    if isinstance(foreign, Plays):
        if extract is not None:
            problem, remedy = "agents that act on a world give no answers to be read anew", "leave --extract out"
            raise SpecError(problem, key="extract", remedy=remedy)
        return plays.build(foreign, path, name=name, embedder=embedder)
    said = [each for each in foreign.utterances if each.role == "agent"]
    if not said:
        raise SpecError("the log holds no answer of an agent", remedy="name files that have rows of answers")
    tasks = {task: _task(task, rows, extract) for task, rows in _by(said, lambda each: each.task).items()}
    asked = _by(said, lambda each: (each.task, each.question))
    questions = {key: _question(tasks[key[0]], rows) for key, rows in sorted(asked.items(), key=_counted)}
    played = _by(said, lambda each: each.cell)
    makers = [
        _CellMaker(name, rows, tasks[rows[0].task], is_led=name in foreign.led, rereads=extract is not None)
        for name, rows in sorted(played.items(), key=lambda item: natural(item[0]))
    ]
    made = [(maker.cell, list(maker.transcripts(questions))) for maker in makers]
    folder = write(
        path,
        name=name,
        embedder=embedder,
        origin=foreign.format,
        tasks={task.name: Head(task.kind, task.chain) for task in tasks.values()},
        questions=list(questions.values()),
        made=made,
    )
    told = dict.fromkeys([*foreign.warnings, *_unknown_options(tasks), *(maker.warning for maker in makers)])
    return Imported(folder, tuple(filter(None, told)))


def _by(said: Iterable[Utterance], key: Callable[[Utterance], Any]) -> dict[Any, list[Utterance]]:
    found: dict[Any, list[Utterance]] = defaultdict(list)
    for each in said:
        found[key(each)].append(each)
    return found


def _counted(item: tuple[tuple[str, str], object]) -> tuple[Any, ...]:
    return item[0][0], natural(item[0][1])


# -- questions --------------------------------------------------------------------------------------------------------


def _task(name: str, said: Sequence[Utterance], extract: Sequence[str] | None) -> _Task:
    """What kind of answers a task has, told by its truths."""
    truths = {each.truth for each in said}
    letters = scoring.letters(26)
    if all(truth.upper() in letters for truth in truths):
        seen = {text.upper() for each in said for text in (each.truth, each.answer or "")} & set(letters)
        told = all(each.choices for each in said)
        return _Task(name, "choice", letters.index(max(seen)) + 1, told, tuple(extract or CHAINS["choice"]))
    if all(scoring.canonical_number(truth) is not None for truth in truths):
        return _Task(name, "number", 0, True, tuple(extract or CHAINS["number"]))
    odd = next(
        each for each in said if each.truth.upper() not in letters and scoring.canonical_number(each.truth) is None
    )
    raise SpecError(
        f"task {name!r}: the truth {odd.truth!r} is neither a letter nor a number",
        line=odd.line,
        key="truth",
        allowed="the letter of an option for all questions of a task, or a number for all of them",
    )


def _question(task: _Task, said: Sequence[Utterance]) -> QuestionRecord:
    first = said[0]
    odd = next((each for each in said if each.truth != first.truth), None)
    if odd is not None:
        problem = f"question {first.question!r} has two truths, {first.truth!r} and {odd.truth!r}"
        raise SpecError(problem, line=odd.line, key="truth", remedy="one question has one truth: give the other a name")
    choices = next((each.choices for each in said if each.choices), scoring.letters(task.options))
    if task.kind == "choice" and first.truth.upper() not in scoring.letters(len(choices)):
        problem = f"question {first.question!r}: the truth {first.truth!r} is none of its {len(choices)} options"
        raise SpecError(problem, line=first.line, key="truth", allowed=", ".join(scoring.letters(len(choices))))
    return QuestionRecord(
        task=task.name,
        sample_id=first.question,
        prompt=next((each.prompt for each in said if each.prompt), _UNTOLD),
        choices=choices if task.kind == "choice" else (),
        target=first.truth.upper() if task.kind == "choice" else str(scoring.canonical_number(first.truth)),
        level=first.level,
    )


def _unknown_options(tasks: Mapping[str, _Task]) -> Iterable[str]:
    return (
        f"task {task.name!r}: where the log does not tell the options, they are taken for the {task.options} letters "
        "up to the last one that occurs, and the chance level with them"
        for task in tasks.values()
        if not task.tells_options
    )


# -- cells and transcripts --------------------------------------------------------------------------------------------


class _CellMaker:
    """A cell of the log, and its transcripts."""

    def __init__(self, name: str, said: Sequence[Utterance], task: _Task, *, is_led: bool, rereads: bool) -> None:
        self._name = name
        self._task = task
        self._is_led = is_led
        self._rereads = rereads
        self._said = _once(said, name)
        self._slots = _slots(said)
        self.n_replicates = max(each.replicate for each in said) + 1
        self.cell = self._cell(said)
        self._n_absent = 0
        self._n_other = 0

    @property
    def warning(self) -> str:
        """What is odd about the cell's rows; empty where nothing is."""
        odd = []
        if self._n_absent:
            odd.append(f"{self._n_absent} answers have no row and count as missing")
        if self._n_other:
            odd.append(f"{self._n_other} answers of the log are none of the task's and count as missing")
        return f"cell {self._name!r}: {'; '.join(odd)}" if odd else ""

    def _cell(self, said: Sequence[Utterance]) -> Cell:
        agents = tuple(_agent(slot, next(each for each in said if each.agent == name)) for name, slot in self._slots)
        rounds = max(each.round for each in said)
        read = (said[0].topology or "complete") if rounds and len(agents) > 1 else None
        layer = said[0].layer or _layer(agents)
        return Cell(
            id=_file_name(self._name),
            task=self._task.name,
            layer=layer,
            team_name=said[0].team or _team_name(layer, agents),
            size=len(agents),
            team=Team(agents=agents),
            protocol=Named(name="debate", parameters={"rounds": rounds}) if rounds else Named(name="vote"),
            topology=None if read is None else Named(name=read),
            edges=() if read is None else self._edges(said, read),
            temperature=tuple(dict.fromkeys(agent.sampling.temperature for agent in agents)),
        )

    def _edges(self, said: Sequence[Utterance], name: str) -> tuple[tuple[int, int], ...]:
        """Who read whom: as the rows say, else as the topology of that name does."""
        places = {agent: at for at, (agent, _) in enumerate(self._slots)}
        told = {(u, each.agent) for each in said for u in each.reads}
        stranger = next((u for u, _ in told if u not in places), None)
        if stranger is not None:
            raise SpecError(f"{stranger!r} is read and says nothing in cell {self._name!r}", key="reads")
        if told:
            return tuple(sorted((places[u], places[v]) for u, v in told))
        graph = topology.resolve(Named(name=name), Path()).graph(len(places), keyed(0, "imported"))
        return tuple(sorted(graph.edges))

    def transcripts(self, questions: Mapping[tuple[str, str], QuestionRecord]) -> Iterable[Transcript]:
        """One for every question and replicate of which the log has a row, in the order of the questions."""
        trials = _by(self._said.values(), lambda each: (each.question, each.replicate))
        for (task, sample), question in questions.items():
            for replicate in range(self.n_replicates):
                if task == self._task.name and (sample, replicate) in trials:
                    yield self._transcript(question, replicate, trials[sample, replicate])

    def _transcript(self, question: QuestionRecord, replicate: int, said: Sequence[Utterance]) -> Transcript:
        rounds = range(max(each.round for each in said) + 1)
        heard = [
            self._event(question, replicate, round_index, at) for round_index in rounds for at in range(self.cell.size)
        ]
        last = heard[-self.cell.size :]
        votes = last[:1] if self._is_led else last
        draw = (self.cell.id, question.sample_id, replicate)
        is_right = scoring.rightness(question, self._task.kind)
        decided = scoring.decide([each.answer for each in votes], is_right, lambda: keyed(0, "tie", *draw))
        return Transcript(
            cell=self.cell.id,
            sample_id=question.sample_id,
            replicate=replicate,
            expected=self.cell.team.slots,
            events=tuple(heard),
            final=tuple(each.key for each in last),
            decider=votes[0].key if self._is_led else None,
            **decided._asdict(),
        )

    def _event(self, question: QuestionRecord, replicate: int, round_index: int, at: int) -> Event:
        name, slot = self._slots[at]
        said = self._said.get((question.sample_id, replicate, round_index, name))
        reading = self._absent() if said is None else self._reading(said, question)
        read = [self._slots[u][1] for u, v in self.cell.edges if v == at] if round_index else []
        correct = None
        if reading.answer is not None:
            correct = scoring.is_correct(reading.answer, question.target, self._task.kind)
        return Event(
            key=digest([self.cell.id, question.sample_id, replicate, round_index, slot]),
            round=round_index,
            slot=slot,
            reads=tuple(read),
            text="" if said is None else said.text,
            answer=reading.answer,
            missing=reading.missing,
            correct=correct,
            finish=None if said is None else said.finish,
            tokens_in=None if said is None else said.tokens_in,
            tokens_out=None if said is None else said.tokens_out,
            error="absent: the log has no row of it" if said is None else None,
        )

    def _absent(self) -> scoring.Reading:
        self._n_absent += 1
        return scoring.Reading(None, "error", "")

    def _reading(self, said: Utterance, question: QuestionRecord) -> scoring.Reading:
        if said.unread or self._rereads:
            completion = Completion(said.text, said.finish or "stop")
            return scoring.read(completion, kind=self._task.kind, choices=question.choices, chain=self._task.chain)
        if said.answer is None:
            return scoring.Reading(None, _reason(said), "")
        answer = _answer(said.answer, question, self._task.kind)
        self._n_other += answer is None
        return scoring.Reading(answer, "not_an_option" if answer is None else None, "")


def _once(said: Iterable[Utterance], cell: str) -> dict[tuple[str, int, int, str], Utterance]:
    """What was said, by question, replicate, round and agent."""
    found: dict[tuple[str, int, int, str], Utterance] = {}
    for each in said:
        key = (each.question, each.replicate, each.round, each.agent)
        if key in found:
            raise SpecError(
                f"agent {each.agent!r} answers question {each.question!r} twice in round {each.round} of cell {cell!r}",
                line=each.line,
                remedy="repeats need another replicate, and further teams another cell",
            )
        found[key] = each
    return found


def _slots(said: Iterable[Utterance]) -> list[tuple[str, str]]:
    """The agents by name, each with its slot, in the order of the team."""
    agents = {each.agent: each for each in said}
    ordered = sorted(agents.values(), key=lambda each: (each.place is None, each.place or 0, natural(each.agent)))
    copies: dict[str, int] = defaultdict(int)
    slots = []
    for each in ordered:
        config = _config(each)
        slots.append((each.agent, f"{config}/{copies[config]}"))
        copies[config] += 1
    return slots


def _config(said: Utterance) -> str:
    return f"{said.model or said.agent}/{said.persona or '-'}"


def _agent(slot: str, said: Utterance) -> Agent:
    config, _, copy = slot.rpartition("/")
    persona = None if said.persona is None else Persona(name=said.persona, text=said.persona)
    model = said.model or said.agent
    return Agent(
        slot=slot, config_id=config, copy_index=int(copy), model=model, persona=persona, sampling=said.sampling
    )


def _layer(agents: Sequence[Agent]) -> str:
    """L1: one model; L2: with several personas; L3: several models; L4: both."""
    personas = {None if agent.persona is None else agent.persona.name for agent in agents}
    return f"L{1 + (len(personas) > 1) + 2 * (len({agent.model for agent in agents}) > 1)}"


def _team_name(layer: str, agents: Sequence[Agent]) -> str:
    if layer == "L1":
        return agents[0].config_id.removesuffix("/-")
    return agents[0].model if layer == "L2" else layer


def _file_name(cell: str) -> str:
    """The cell's name as a file may be called; names that had to be changed stay apart by their digest."""
    plain = re.sub(r"[^A-Za-z0-9._=,()-]+", "-", cell)[:120]
    return plain if plain == cell and plain.strip(".") else f"{plain}-{digest(cell)[:6]}"


def _reason(said: Utterance) -> Missing:
    if said.missing is None:
        return "no_answer"
    if said.missing not in get_args(Missing):
        raise SpecError.unknown("reason", said.missing, get_args(Missing), key="missing").at(line=said.line)
    return cast(Missing, said.missing)


def _answer(written: str, question: QuestionRecord, kind: AnswerKind) -> str | None:
    """The answer in the form in which answers are compared; ``None`` where it is none of the task."""
    if kind == "number":
        value = scoring.canonical_number(written)
        return None if value is None else str(value)
    letter = written.strip().removeprefix("(").removesuffix(")").upper()
    return letter if letter in scoring.letters(len(question.choices)) else None
