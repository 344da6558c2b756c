"""Transcripts as arrays: one cell's trials by round and agent slot.

Everything is joined by the agent's slot, never by its place in a list, so the order in which agents were written down
cannot change a number. An answer is an id within its question: 0 is right, 1, 2, … are the wrong ones in alphabetical
order, −1 is missing. Texts become row numbers of a table of vectors, handed in as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.errors import StoreError
from agentscale.schema.calls import ATTITUDES, Role
from agentscale.schema.run import Cell, Event, Transcript

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
MISSING = -1


class Attitudes(NamedTuple):
    """What agents said to probes, from 0 to 10, of P trials, M moments, N slots."""

    moments: tuple[tuple[int, int], ...]
    """Round and turn of each moment, in order, (0, 0) before anybody has read anybody."""
    asked: NDArray[np.bool_]
    """Whether the slot was probed then, shape (P, M, N)."""
    stands: Floats
    """Shape (P, M, N); ``nan`` where nothing could be read."""
    defaults: Floats
    """What the slot's model said without persona, shape (P, N); ``nan`` where it was not asked or not read."""


@dataclass(frozen=True, slots=True)
class CellArrays:
    """The trials of one cell. P trials, T rounds, N slots in the order of the cell's team."""

    cell: Cell
    item: Ints
    """Which question each trial is of, shape (P,)."""
    n_items: int
    """Questions of the task, with or without a trial."""
    asked: NDArray[np.bool_]
    """Whether the slot was asked in that round, shape (P, T, N)."""
    answers: Ints
    """Answer ids, shape (P, T, N); 0 is right, −1 missing or not asked."""
    texts: Ints
    """Rows of the table of vectors, shape (P, T, N); −1 where the text is empty, failed, or was not asked for."""
    score: Floats
    """Expected correctness of the team, shape (P,); ``nan`` where the team has no answer."""
    calls: Floats
    """Calls of each trial, unused ones of a race included, shape (P,)."""
    waves: Floats
    """Calls of each trial that had to follow one another at least, shape (P,): those of a round and turn count as one
    wave, since what differs in slot or role alone may have run at once."""
    messages: Floats
    """Replies that agents were shown of one another, in each trial, shape (P,)."""
    tokens_in: Floats
    """Tokens of each trial, shape (P,); ``nan`` where an endpoint did not tell."""
    tokens_out: Floats
    counts: Mapping[str, Floats]
    """What the protocol counted, by name, shape (P,); ``nan`` where a trial has no such count."""
    replicate: Ints
    """Which replicate of its question each trial is, shape (P,)."""
    measures: Mapping[str, Floats]
    """What the world that was played measures at its end, by name, shape (P,); ``nan`` where it is not defined."""
    attitudes: Attitudes | None = None
    """``None`` where nobody was probed."""

    @property
    def is_world(self) -> bool:
        """Whether agents acted on a world: what one of them says is then neither right nor wrong."""
        return bool(self.measures)

    @property
    def n_rounds(self) -> int:
        """T."""
        return int(self.answers.shape[1])

    @property
    def was_asked(self) -> NDArray[np.bool_]:
        """Whether the slot was asked in any round, shape (P, N)."""
        return np.asarray(self.asked.any(axis=1))

    def last(self, values: Ints) -> Ints:
        """``values`` (P, T, N) at each slot's last asked round, shape (P, N); −1 where it was never asked."""
        rounds = np.arange(1, self.n_rounds + 1)[:, None]
        at = (self.asked * rounds).argmax(axis=1)
        picked = np.take_along_axis(values, at[:, None, :], axis=1)[:, 0]
        return np.where(self.was_asked, picked, MISSING)

    def by_item(self, values: Floats) -> Floats:
        """Mean over a question's replicates, shape (n_items,), of values by trial (P,); ``nan`` leaves a trial out."""
        defined = np.isfinite(values)
        count = np.bincount(self.item[defined], minlength=self.n_items)
        total = np.bincount(self.item[defined], weights=values[defined], minlength=self.n_items)
        return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def read_cell(
    cell: Cell,
    transcripts: Iterable[Transcript],
    items: Mapping[str, int],
    text_row: Callable[[str], int],
) -> CellArrays:
    """The arrays of a cell, from its transcripts in any order.

    Args:
        cell: Whose team gives the slots.
        transcripts: Its trials; they are read once and not kept.
        items: The place of each sample id of the task.
        text_row: The row of a text in the table of vectors, −1 for an empty one.

    Raises:
        StoreError: A transcript names a sample or a slot that the run does not have.
    """
    slots = {slot: at for at, slot in enumerate(cell.team.slots)}
    trials = [_trial(cell, transcript, items, slots, text_row) for transcript in transcripts]
    shape = (len(trials), max((trial.n_rounds for trial in trials), default=1), len(slots))
    asked = np.zeros(shape, dtype=np.bool_)
    answers, texts = np.full(shape, MISSING, dtype=np.int64), np.full(shape, MISSING, dtype=np.int64)
    for at, trial in enumerate(trials):
        place = (at, trial.rounds, trial.slots)
        asked[place], answers[place], texts[place] = True, trial.answers, trial.texts
    return CellArrays(
        cell,
        np.array([trial.item for trial in trials], dtype=np.int64),
        len(items),
        asked,
        answers,
        texts,
        np.array([trial.score for trial in trials], dtype=np.float64),
        np.array([trial.calls for trial in trials], dtype=np.float64),
        np.array([trial.waves for trial in trials], dtype=np.float64),
        np.array([trial.messages for trial in trials], dtype=np.float64),
        np.array([trial.tokens_in for trial in trials], dtype=np.float64),
        np.array([trial.tokens_out for trial in trials], dtype=np.float64),
        _named([trial.counts for trial in trials]),
        np.array([trial.replicate for trial in trials], dtype=np.int64),
        _named([trial.measures for trial in trials]),
        _attitudes(trials, len(slots)),
    )


def _attitudes(trials: Sequence[_Trial], n_slots: int) -> Attitudes | None:
    moments = tuple(sorted({(probe.round, probe.turn) for trial in trials for probe in trial.probes}))
    if not moments:
        return None
    place = {moment: at for at, moment in enumerate(moments)}
    asked = np.zeros((len(trials), len(moments), n_slots), dtype=np.bool_)
    stands, defaults = np.full(asked.shape, np.nan), np.full((len(trials), n_slots), np.nan)
    for row, trial in enumerate(trials):
        for probe in trial.probes:
            here = row, place[probe.round, probe.turn], probe.slot
            asked[here], stands[here] = True, probe.stands
        for probe in trial.baselines:
            defaults[row, probe.slot] = probe.stands
    return Attitudes(moments, asked, stands, defaults)


def _named(by_trial: Sequence[Mapping[str, float | None]]) -> dict[str, Floats]:
    """Numbers by name and trial; ``nan`` where a trial has none."""
    names = dict.fromkeys(name for numbers in by_trial for name in numbers)
    return {name: np.array([numbers.get(name) for numbers in by_trial], dtype=np.float64) for name in names}


@dataclass(frozen=True, slots=True)
class _Trial:
    item: int
    n_rounds: int
    rounds: list[int]
    slots: list[int]
    answers: list[int]
    texts: list[int]
    score: float
    calls: int
    waves: int
    messages: int
    tokens_in: float
    tokens_out: float
    counts: Mapping[str, int]
    probes: list[_Probe]
    baselines: list[_Probe]
    replicate: int
    measures: Mapping[str, float | None]


class _Probe(NamedTuple):
    round: int
    turn: int
    slot: int
    stands: float


def _trial(
    cell: Cell,
    transcript: Transcript,
    items: Mapping[str, int],
    slots: Mapping[str, int],
    text_row: Callable[[str], int],
) -> _Trial:
    if transcript.sample_id not in items:
        raise _stray(cell, "sample", transcript.sample_id)
    spoken: dict[tuple[int, int], Event] = {}
    aside: dict[Role, list[_Probe]] = {role: [] for role in ATTITUDES}
    for event in transcript.events:
        if event.slot not in slots and (event.role in aside or (event.role == "agent" and event.used)):
            raise _stray(cell, "slot", event.slot)
        if event.role in aside:
            stands = np.nan if event.answer is None else float(event.answer)
            aside[event.role].append(_Probe(event.round, event.turn, slots[event.slot], stands))
        elif event.role == "agent" and event.used:
            spoken[event.round, slots[event.slot]] = event  # a later turn of the round replaces an earlier one
    ids = _answer_ids(spoken.values())
    return _Trial(
        item=items[transcript.sample_id],
        n_rounds=1 + max((place[0] for place in spoken), default=0),
        rounds=[place[0] for place in spoken],
        slots=[place[1] for place in spoken],
        answers=[_answer_id(event, ids) for event in spoken.values()],
        texts=[MISSING if event.error else text_row(event.text) for event in spoken.values()],
        score=np.nan if transcript.score is None else transcript.score,
        calls=len({event.key for event in transcript.events if event.role != "tool"}),
        waves=len({(event.round, event.turn) for event in transcript.events if event.used and event.role != "tool"}),
        messages=sum(len(event.reads) for event in transcript.events if event.used),
        tokens_in=_tokens(transcript.events, [event.tokens_in for event in transcript.events]),
        tokens_out=_tokens(transcript.events, [event.tokens_out for event in transcript.events]),
        counts=transcript.counts,
        probes=aside["probe"],
        baselines=aside["baseline"],
        replicate=transcript.replicate,
        measures=transcript.measures,
    )


def _answer_ids(events: Iterable[Event]) -> dict[str, int]:
    """Ids of the wrong answers of a trial, counted from 1."""
    wrong = {event.answer for event in events if event.answer is not None and not event.correct}
    return {answer: at for at, answer in enumerate(sorted(wrong), start=1)}


def _answer_id(event: Event, ids: Mapping[str, int]) -> int:
    if event.answer is None:
        return MISSING
    return 0 if event.correct else ids[event.answer]


def _tokens(events: Sequence[Event], counts: Sequence[int | None]) -> float:
    """Sum over the calls; a failed call used none that we know of, an unknown count makes the sum unknown."""
    told = [count for event, count in zip(events, counts, strict=True) if count is not None or not event.error]
    return float(sum(count for count in told if count is not None)) if None not in told else float("nan")


def _stray(cell: Cell, what: str, name: str) -> StoreError:
    return StoreError(
        f"a transcript of cell {cell.id!r} names the {what} {name!r}, which the run does not have\n"
        "  the transcripts belong to another run.json: run `agentscale replay` to make them anew from the recording"
    )
