"""Transcripts as the page and the viewer show them, and packed for the page: deflated in parts that open one by one.

A trial is one plain object with all its texts, made safe to read. On the page the trials of a question stand together
in one part, where a text stands once however many teams share the call; an index of a few marks a trial lets the page
list and filter without opening any part. The marks are facts of one trial, not statistics.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from agentscale.report.drawings import graph_of, places
from agentscale.report.legible import plain, visible
from agentscale.schema.calls import Completion
from agentscale.schema.run import Cell, Event, QuestionRecord, RunHeader, TaskHead, Transcript
from agentscale.scoring import EXTRACTORS, read

if TYPE_CHECKING:
    from agentscale.store import RunFolder

MAX_TRIALS = 10_000
"""Above this many trials the page holds an even sample of the questions."""
MAX_CHARACTERS = 100_000
"""A longer text is cut on the page, and says so."""
MAX_DRAWN = 32
"""Agents up to which a trial is drawn on its graph."""
DISAGREEMENT, FLIP, MISSING, UNANIMOUS_WRONG = 1, 2, 4, 8
_SIDE, _MARGIN = 100.0, 12.0
_PART = 100_000  # characters after which a part is closed: it opens in some milliseconds

QuestionKey = tuple[str, str]


class Pack(NamedTuple):
    """What the page's browser of transcripts reads."""

    lines: tuple[str, ...]
    """The index, then the parts, each as JSON, deflated, in base64."""
    cells: tuple[str, ...]
    """Ids of the cells in it, legible."""
    n_trials: int
    n_questions: int
    """Questions whose trials are embedded."""
    n_questions_all: int
    n_played: int
    """Trials of the whole run that have a transcript."""
    n_planned: int


def shown_cell(cell: Cell) -> dict[str, Any]:
    """A cell as the page's browser wants it: ``places`` says where each slot stands in a square of side 100."""
    drawn: dict[str, Any] = {}
    if 1 < cell.size <= MAX_DRAWN:
        at = places(graph_of(cell), _SIDE, _MARGIN)
        drawn = {slot: [round(way, 1) for way in at[index]] for index, slot in enumerate(cell.team.slots)}
    return dict(plain({"id": cell.id, "task": cell.task, "places": drawn}))


Said = tuple[str, str | None]
"""What a call said, made legible, and the extractor that read it."""


def shown_trial(
    trial: Transcript, question: QuestionRecord, task: TaskHead, said: dict[str, Said] | None = None
) -> dict[str, Any]:
    """A trial as the page shows it: plain values, every text in place and legible.

    Args:
        trial: The trial.
        question: Its question.
        task: What the run's header says of the task: the chain of extractors tells which of them read an answer.
        said: What was made of the calls of this question before, by key: cells share calls. It grows.
    """
    known = {} if said is None else said
    return {
        "cell": visible(trial.cell),
        "task": visible(question.task),
        "sample_id": visible(trial.sample_id),
        "replicate": trial.replicate,
        "prompt": visible(_cut(question.prompt)),
        "choices": [*map(visible, question.choices)],
        "target": visible(question.target),
        "answer": _seen(trial.answer),
        "correct": trial.correct,
        "marks": marks(trial),
        "tied": trial.tied,
        "expected": [*map(visible, trial.expected)],
        "counts": plain(trial.counts),
        "measures": plain(trial.measures),
        "events": [_event(event, trial.final, question, task, known) for event in trial.events],
    }


def _event(
    event: Event, final: Sequence[str], question: QuestionRecord, task: TaskHead, known: dict[str, Said]
) -> dict[str, Any]:
    if event.key not in known:
        known[event.key] = visible(_cut(event.text)), _reader(event, question, task)
    text, by = known[event.key]
    return {
        "round": event.round,
        "slot": visible(event.slot),
        "role": event.role,
        "reads": [*map(visible, event.reads)],
        "text": text,
        "answer": _seen(event.answer),
        "missing": event.missing,
        "by": by,
        "check": _seen(event.check),
        "correct": event.correct,
        "error": _seen(event.error),
        "final": event.key in final,
        "used": event.used,
    }


def _seen(text: str | None) -> str | None:
    return None if text is None else visible(text)


def _reader(event: Event, question: QuestionRecord, task: TaskHead) -> str | None:
    """The extractor that decided what the text says; ``None`` where this version would not read it as it was read."""
    if event.error is not None or event.role in ("step", "tool", "grader") or not set(task.extract) <= set(EXTRACTORS):
        return None
    completion = Completion(event.text, event.finish or "stop")
    reading = read(completion, kind=task.kind, choices=question.choices, chain=task.extract)
    if task.kind in ("math", "code"):  # such an answer votes in another form than it was read in
        is_read = event.answer is not None or event.missing == "unchecked"
        return reading.by if is_read == (reading.answer is not None) else None
    return reading.by if (reading.answer, reading.missing) == (event.answer, event.missing) else None


def _cut(text: str) -> str:
    if len(text) <= MAX_CHARACTERS:
        return text
    left = len(text) - MAX_CHARACTERS
    return f"{text[:MAX_CHARACTERS]}\n[cut here: {left:,} more characters in the transcript file]"


def pack(folder: RunFolder, max_trials: int) -> Pack:
    """The transcripts of a run, or of every k-th question of each task where there are too many.

    Args:
        folder: The run.
        max_trials: How many trials the page may hold.
    """
    header, asked = folder.header, folder.questions()
    kept = sample(list(asked), header, max_trials)
    shelf = {key: _Question(place) for place, key in enumerate(key for key in asked if key in kept)}
    n_played, cells = 0, list[dict[str, Any]]()
    for cell in header.cells:
        if not folder.has_transcripts(cell.id):
            continue
        rows: list[list[Any]] = []
        for trial in folder.transcripts(cell.id):
            n_played += 1
            if (key := (cell.task, trial.sample_id)) in shelf:
                one = shelf[key]
                rows.append(one.take(shown_trial(trial, asked[key], header.tasks[cell.task], one.said)))
        cells.append({**shown_cell(cell), "rows": rows})
    index = {"questions": [visible(sample_id) for _, sample_id in shelf], "cells": cells}
    parts = list(_parts(shelf.values()))
    index["places"] = [place for part in parts for place in part.places]
    return Pack(
        lines=(_deflated(index), *(_deflated(part.questions) for part in parts)) if parts else (),
        cells=tuple(cell["id"] for cell in cells),
        n_trials=sum(len(cell["rows"]) for cell in cells),
        n_questions=len(kept),
        n_questions_all=len(asked),
        n_played=n_played,
        n_planned=sum(_trials_of(header, task) for task, _ in asked),
    )


class _Question:
    """The trials of one question, every text of which is kept once."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.trials: list[dict[str, Any]] = []
        self.said: dict[str, Said] = {}
        self.texts: dict[str, int] = {}

    def take(self, trial: dict[str, Any]) -> list[Any]:
        """Takes a trial, its texts as their places among the texts; returns its row in the index."""
        told = {name: trial[name] for name in ("replicate", "answer", "correct", "marks", "tied")}
        events = [{**event, "text": self._text(event["text"])} for event in trial["events"]]
        self.trials.append({**trial, "prompt": self._text(trial["prompt"]), "events": events})
        return [self.place, len(self.trials) - 1, *told.values()]

    def _text(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))


class _Part(NamedTuple):
    """Questions that open together."""

    questions: list[dict[str, Any]]
    places: list[list[int]]
    """Of each of them: the part, and its place there."""


def _parts(questions: Iterable[_Question]) -> Iterator[_Part]:
    number, size, part = 0, 0, _Part([], [])
    for question in questions:
        part.places.append([number, len(part.questions)])
        part.questions.append({"texts": list(question.texts), "trials": question.trials})
        size += sum(map(len, question.texts))
        if size > _PART:
            yield part
            number, size, part = number + 1, 0, _Part([], [])
    if part.questions:
        yield part


def _deflated(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")


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
    two last answers, all readable ones equal, and the team not right. Of a team that acted on a world only the third is
    told: what one of them says there is no answer.
    """
    lines = list(_lines(trial))
    last = [line[-1].answer for line in lines if line and line[-1].answer is not None]
    flipped = any(len({event.answer for event in line if event.answer is not None}) > 1 for line in lines)
    missing = any(not line or any(event.answer is None for event in line) for line in lines)
    if trial.measures:
        return MISSING * missing
    unanimous = len(last) > 1 and len(set(last)) == 1 and trial.correct is False
    return DISAGREEMENT * (len(set(last)) > 1) | FLIP * flipped | MISSING * missing | UNANIMOUS_WRONG * unanimous


def _lines(trial: Transcript) -> Iterator[list[Event]]:
    """For each slot that had to speak, its used answers in order."""
    for slot in trial.expected:
        yield [event for event in trial.events if event.slot == slot and event.role == "agent" and event.used]
