"""What a recorded run shows a world to be fitted to it: independent answers counted, and changes of answer in debates.

First-round answers are pooled over cells by the agent's slot, since equal calls of different cells are one call; of
replicates only the first is read. With vectors of texts it also shows how alike first answers are, by the kind of pair.
It knows records and counts, and nothing of how a world is fitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.analysis.vectors import TextVectors
from agentscale.errors import StoreError
from agentscale.schema.run import Event, Transcript
from agentscale.simulation.cosines import Cosines, counted_cosines
from agentscale.simulation.flips import Changes
from agentscale.simulation.moments import Design, design_of
from agentscale.store import RunFolder

_Question = tuple[str, str]


class Likeness(NamedTuple):
    """A run as `calibrate` takes it."""

    counts: NDArray[np.int64]
    """Agents by answer, shape (Q, B, C + 1): 0 is right, what cannot be read last."""
    design: Design
    changes: Changes
    models: tuple[str, ...]
    """The names of the models, in the order of the design's numbers."""
    cosines: Cosines | None = None
    """How alike answers are, where vectors were given."""


def likeness(folder: RunFolder, vectors: TextVectors | None = None) -> Likeness:
    """Reads the transcripts of a run.

    Args:
        folder: The run.
        vectors: Of its texts; without them nothing is said of how alike they are.

    Raises:
        StoreError: The run has no transcripts, or no agent that answered every question.
    """
    first: dict[_Question, dict[str, Event]] = {}
    changes: list[tuple[_Question, bool, int, int, bool]] = []
    for cell in folder.header.cells:
        if folder.has_transcripts(cell.id):
            for transcript in folder.transcripts(cell.id):
                if transcript.replicate == 0:
                    question = (cell.task, transcript.sample_id)
                    first.setdefault(question, {}).update(_first_answers(transcript))
                    changes += [(question, *change) for change in _changes(transcript)]
    slots = sorted(set.intersection(*map(set, first.values()))) if first else []
    if not slots:
        raise StoreError(f"{folder.path} holds no agent that answered every question\n  run it to its end first")
    agents = {agent.slot: agent for cell in folder.header.cells for agent in cell.team.agents}
    models = tuple(dict.fromkeys(agents[slot].model for slot in slots))
    personas = (agents[slot].persona for slot in slots)
    names = [None if persona is None else persona.name for persona in personas]
    who = [(models.index(agents[slot].model), name) for slot, name in zip(slots, names, strict=True)]
    design, kinds = design_of(who)
    places = {question: place for place, question in enumerate(first)}
    answers, n_options = _answers(folder, first, slots)
    cosines = None if vectors is None else counted_cosines(_embedded(first, slots, vectors), answers, kinds, design)
    return Likeness(_counted(answers, kinds, n_options), design, _rows(changes, places), models, cosines)


def _first_answers(transcript: Transcript) -> dict[str, Event]:
    spoken = (event for event in transcript.events if event.role == "agent" and event.used)
    return {event.slot: event for event in spoken if event.round == 0 and event.turn == 0}


def _changes(transcript: Transcript) -> Iterator[tuple[bool, int, int, bool]]:
    """Held right?, right and wrong answers read, turned?; of agents that could be read before and after."""
    said = {(event.round, event.slot): event for event in transcript.events if event.role == "agent"}
    for (t, slot), now in said.items():
        before = said.get((t - 1, slot))
        if before is None or before.correct is None or now.correct is None or not now.reads:
            continue
        read = [said[t - 1, peer].correct for peer in now.reads if (t - 1, peer) in said]
        yield before.correct, read.count(True), read.count(False), now.correct != before.correct


def _answers(
    folder: RunFolder, first: dict[_Question, dict[str, Event]], slots: list[str]
) -> tuple[NDArray[np.int64], int]:
    """Answers, shape (Q, N), and how many a question may have: 0 is right, −1 unreadable, wrong ones by question."""
    asked = folder.questions()
    wrong = {
        question: sorted({str(said[slot].answer) for slot in slots if said[slot].correct is False})
        for question, said in first.items()
    }
    n_options = max(2, *(max(len(asked[question].choices), 1 + len(wrong[question])) for question in first))
    answers = np.array([[_answer(said[slot], wrong[at]) for slot in slots] for at, said in first.items()], np.int64)
    return answers, n_options


def _answer(event: Event, wrong: list[str]) -> int:
    if event.correct is None:
        return -1
    return 0 if event.correct else 1 + wrong.index(str(event.answer))


def _counted(answers: NDArray[np.int64], kinds: list[int], n_options: int) -> NDArray[np.int64]:
    """Agents by answer, shape (Q, B, C + 1); what cannot be read last."""
    counts = np.zeros((len(answers), max(kinds) + 1, n_options + 1), np.int64)
    questions = np.arange(len(answers))
    for kind, said in zip(kinds, answers.T, strict=True):
        counts[questions, kind, said] += 1  # −1 is the last
    return counts


def _embedded(first: dict[_Question, dict[str, Event]], slots: list[str], vectors: TextVectors) -> NDArray[np.float32]:
    """The vectors of first answers, shape (Q, N, d); zero where there is no text."""
    rows = [[-1 if said[slot].error else vectors.row(said[slot].text) for slot in slots] for said in first.values()]
    return vectors.at(np.array(rows, np.int64))


def _rows(changes: list[tuple[_Question, bool, int, int, bool]], places: dict[_Question, int]) -> Changes:
    question, held, right, wrong, turned = zip(*changes, strict=True) if changes else ((), (), (), (), ())
    return Changes(
        np.array([places[each] for each in question], np.int64),
        np.array(held, np.bool_),
        np.array(right, np.int64),
        np.array(wrong, np.int64),
        np.array(turned, np.bool_),
    )
