"""Worlds that were played elsewhere: from what a log tells of them to a run whose measures are those of our worlds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from agentscale.environments import Score
from agentscale.interop.folder import Head, Imported, write
from agentscale.schema.agents import Agent, Team
from agentscale.schema.record import digest
from agentscale.schema.run import Cell, Event, Named, QuestionRecord, Transcript
from agentscale.schema.worlds import Edges
from agentscale.scoring import decide_world

_UNTOLD = "(the log does not hold what opens the world)"


class Turn(NamedTuple):
    """What one of the players said."""

    round: int
    """Those who speak at once share one; from 0 on without a gap."""
    player: str
    text: str
    """Empty where it said nothing."""
    reads: tuple[str, ...] = ()
    """The players whose words it was told."""


@dataclass(frozen=True, slots=True)
class Played:
    """One play."""

    cell: str
    """Plays of one cell are replicates: of the same players, in their order."""
    world: Named
    players: tuple[str, ...]
    """By place in the team."""
    turns: tuple[Turn, ...]
    score: Score
    snapshots: tuple[Any, ...] = ()
    edges: Edges | None = None
    """Who hears whom, by place; all hear all where it is not given."""
    model: str | None = None
    """The model of all players; without it each is a model of its own."""


@dataclass(frozen=True, slots=True)
class Plays:
    """Logs of plays, read."""

    plays: tuple[Played, ...]
    format: str
    """The name of their format."""
    warnings: tuple[str, ...] = ()
    """What is read otherwise than the logs have it, a sentence each."""


def build(found: Plays, path: Path, *, name: str, embedder: str) -> Imported:
    """Writes the run folder of plays.

    Args:
        found: The plays.
        path: Where; nothing may stand there.
        name: The run's name.
        embedder: What makes vectors for K*, in its short form.

    Raises:
        StoreError: If the folder cannot be written.
    """
    cells: dict[str, list[Played]] = {}
    for played in found.plays:
        cells.setdefault(played.cell, []).append(played)
    opened = {played.world.label: _question(played.world, found.format) for played in found.plays}
    folder = write(
        path,
        name=name,
        embedder=embedder,
        origin=found.format,
        tasks={question.task: Head("world", ("words",)) for question in opened.values()},
        questions=list(opened.values()),
        made=[_made(cell, plays, opened[plays[0].world.label]) for cell, plays in cells.items()],
    )
    return Imported(folder, found.warnings)


def _question(world: Named, format: str) -> QuestionRecord:
    name = world.label if world.parameters else format
    return QuestionRecord(task=world.name, sample_id=name, prompt=_UNTOLD, choices=(), target="", world=world)


def _made(name: str, plays: Sequence[Played], question: QuestionRecord) -> tuple[Cell, list[Transcript]]:
    cell = _cell(name, question.task, plays[0])
    return cell, [_transcript(cell, played, question, replicate) for replicate, played in enumerate(plays)]


def _cell(name: str, task: str, first: Played) -> Cell:
    players = first.players
    agents = tuple(_agent(at, who, first.model) for at, who in enumerate(players))
    everybody = range(len(players))
    edges = tuple((u, v) for u in everybody for v in everybody if u != v) if first.edges is None else first.edges
    return Cell(
        id=name,
        task=task,
        layer="L3" if first.model is None else "L1",
        team_name=name,
        size=len(players),
        team=Team(agents=agents),
        protocol=Named(name="world"),
        topology=Named(name="complete" if first.edges is None else "file"),
        edges=edges,
        temperature=(None,),
    )


def _agent(at: int, who: str, model: str | None) -> Agent:
    """A player; those of one model are its copies."""
    name, copy = (who, 0) if model is None else (model, at)
    return Agent(slot=f"{name}/-/{copy}", config_id=f"{name}/-", copy_index=copy, model=name)


def _transcript(cell: Cell, played: Played, question: QuestionRecord, replicate: int) -> Transcript:
    slots = dict(zip(played.players, cell.team.slots, strict=True))
    return Transcript(
        cell=cell.id,
        sample_id=question.sample_id,
        replicate=replicate,
        expected=cell.team.slots,
        events=tuple(_events(cell, played, slots, replicate)),
        final=(),
        measures=dict(played.score.measures),
        snapshots=played.snapshots,
        **decide_world(played.score.correct)._asdict(),
    )


def _events(cell: Cell, played: Played, slots: dict[str, str], replicate: int) -> Iterator[Event]:
    for turn in played.turns:
        slot = slots[turn.player]
        yield Event(
            key=digest([cell.id, replicate, turn.round, slot]),
            round=turn.round,
            slot=slot,
            reads=tuple(slots[who] for who in turn.reads),
            text=turn.text,
            answer=turn.text or None,
            missing=None if turn.text else "no_answer",
            correct=None,
        )
