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


@dataclass(frozen=True, slots=True)
class Plays:
    """Logs of plays, read; all of one world."""

    plays: tuple[Played, ...]
    format: str
    """The name of their format."""


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
    world = found.plays[0].world
    cells: dict[str, list[Played]] = {}
    for played in found.plays:
        cells.setdefault(played.cell, []).append(played)
    question = QuestionRecord(
        task=world.name, sample_id=found.format, prompt=_UNTOLD, choices=(), target="", world=world
    )
    folder = write(
        path,
        name=name,
        embedder=embedder,
        origin=found.format,
        tasks={world.name: Head("world", ("words",))},
        questions=[question],
        made=[_made(cell, plays, question) for cell, plays in cells.items()],
    )
    return Imported(folder, ())


def _made(name: str, plays: Sequence[Played], question: QuestionRecord) -> tuple[Cell, list[Transcript]]:
    cell = _cell(name, question.task, plays[0].players)
    return cell, [_transcript(cell, played, question, replicate) for replicate, played in enumerate(plays)]


def _cell(name: str, task: str, players: Sequence[str]) -> Cell:
    agents = tuple(Agent(slot=f"{who}/-/0", config_id=f"{who}/-", copy_index=0, model=who) for who in players)
    everybody = range(len(players))
    return Cell(
        id=name,
        task=task,
        layer="L3",
        team_name=name,
        size=len(players),
        team=Team(agents=agents),
        protocol=Named(name="world"),
        topology=Named(name="complete"),
        edges=tuple((u, v) for u in everybody for v in everybody if u != v),
        temperature=(None,),
    )


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
