"""Transcripts packed for the page: every text, slot and list of readings once, trials as indices into them.

Beside each trial stand the four marks by which the page filters. They are facts of one trial, not statistics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from agentscale.report.legible import visible
from agentscale.schema.run import Event, RunHeader, Transcript

if TYPE_CHECKING:
    from agentscale.store import RunFolder

MAX_TRIALS = 4_000
"""Above this many trials the page holds an even sample of the questions."""
MAX_CHARACTERS = 100_000
"""A longer text is cut on the page, and says so."""
DISAGREEMENT, FLIP, MISSING, UNANIMOUS_WRONG = 1, 2, 4, 8

Value = TypeVar("Value")
QuestionKey = tuple[str, str]


class Shelf(Generic[Value]):
    """Values stored once, each under its index."""

    def __init__(self) -> None:
        self._places: dict[Value, int] = {}

    def __call__(self, value: Value) -> int:
        """The index of ``value``, which is stored if it is new."""
        return self._places.setdefault(value, len(self._places))

    def values(self) -> list[Value]:
        """All values by index."""
        return list(self._places)


class Pack(NamedTuple):
    """What the page's browser of transcripts reads."""

    data: dict[str, Any]
    n_trials: int
    n_questions: int
    """Questions whose trials are embedded."""
    n_questions_all: int
    n_played: int
    """Trials of the whole run that have a transcript."""
    n_planned: int


def pack(folder: RunFolder, max_trials: int) -> Pack:
    """The transcripts of a run, or of every k-th question of each task where there are too many.

    Args:
        folder: The run.
        max_trials: How many trials the page may hold.
    """
    asked = folder.questions()
    kept = sample(list(asked), folder.header, max_trials)
    texts, slots, reads, questions = Shelf[str](), Shelf[str](), Shelf[tuple[int, ...]](), Shelf[QuestionKey]()
    n_played, cells = 0, list[dict[str, str]]()
    trials: list[list[Any]] = []
    for cell in folder.header.cells:
        if not folder.has_transcripts(cell.id):
            continue
        for trial in folder.transcripts(cell.id):
            n_played += 1
            key = (cell.task, trial.sample_id)
            if key in kept:
                events = [_event(event, trial.final, texts, slots, reads) for event in trial.events]
                expected = [slots(slot) for slot in trial.expected]
                place = (len(cells), questions(key), trial.replicate)
                outcome = (trial.answer, _truth(trial.correct), marks(trial), int(trial.tied))
                trials.append([*place, *outcome, expected, events])
        cells.append({"id": cell.id, "task": cell.task})
    data = {
        "cells": cells,
        "questions": [_question(key, asked, texts) for key in questions.values()],
        "slots": slots.values(),
        "reads": reads.values(),
        "texts": texts.values(),
        "trials": trials,
    }
    n_planned = sum(_trials_of(folder.header, task) for task, _ in asked)
    return Pack(data, len(trials), len(kept), len(asked), n_played, n_planned)


def sample(asked: Sequence[QuestionKey], header: RunHeader, max_trials: int) -> set[QuestionKey]:
    """Every k-th question of each task, with the smallest k that keeps the run's trials within ``max_trials``.

    At least one question of each task stays.
    """
    by_task: dict[str, list[QuestionKey]] = {}
    for key in asked:
        by_task.setdefault(key[0], []).append(key)
    trials_of = {task: _trials_of(header, task) for task in by_task}
    step = 1
    while sum(trials_of[task] * len(keys[::step]) for task, keys in by_task.items()) > max_trials and step < len(asked):
        step += 1
    return {key for keys in by_task.values() for key in keys[::step]}


def _trials_of(header: RunHeader, task: str) -> int:
    """Trials in which one question of a task is asked."""
    return header.replicates * sum(cell.task == task for cell in header.cells)


def marks(trial: Transcript) -> int:
    """The marks of a trial as bits: disagreement, flip, missing, unanimous wrong.

    Disagreement: two of the last answers that could be read differ. Flip: an agent changed a readable answer between
    rounds. Missing: an agent that had to speak gave no readable answer, or did not speak. Unanimous wrong: at least
    two last answers, all readable ones equal, and the team not right.
    """
    lines = list(_lines(trial))
    last = [line[-1].answer for line in lines if line and line[-1].answer is not None]
    flipped = any(len({event.answer for event in line if event.answer is not None}) > 1 for line in lines)
    missing = any(not line or any(event.answer is None for event in line) for line in lines)
    unanimous = len(last) > 1 and len(set(last)) == 1 and trial.correct is False
    return DISAGREEMENT * (len(set(last)) > 1) | FLIP * flipped | MISSING * missing | UNANIMOUS_WRONG * unanimous


def _lines(trial: Transcript) -> Iterator[list[Event]]:
    """For each slot that had to speak, its used answers in order."""
    for slot in trial.expected:
        yield [event for event in trial.events if event.slot == slot and event.role == "agent" and event.used]


def _event(
    event: Event, final: Sequence[str], texts: Shelf[str], slots: Shelf[str], reads: Shelf[tuple[int, ...]]
) -> list[Any]:
    return [
        event.round,
        slots(event.slot),
        reads(tuple(slots(peer) for peer in event.reads)),
        texts(_readable(event.text)),
        event.answer,
        event.missing,
        _truth(event.correct),
        event.error,
        int(event.key in final),
        int(event.used),
        event.role,
    ]


def _question(key: QuestionKey, asked: Any, texts: Shelf[str]) -> list[Any]:
    question = asked[key]
    return [*key, texts(_readable(question.prompt)), list(question.choices), question.target, question.level]


def _readable(text: str) -> str:
    if len(text) <= MAX_CHARACTERS:
        return visible(text)
    left = len(text) - MAX_CHARACTERS
    return f"{visible(text[:MAX_CHARACTERS])}\n[cut here: {left:,} more characters in the transcript file]"


def _truth(correct: bool | None) -> int:
    return -1 if correct is None else int(correct)
