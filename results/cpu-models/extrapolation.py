"""The extrapolator out of sample: what four copies of each model say of teams of other copies, which were then asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agentscale.analysis import DeFinetti, Pilot, paired_delta
from agentscale.api import Run

PILOT = 4  # copies of each model that the prediction sees
SEED = 1
Row = dict[str, Any]
Answers = NDArray[np.int64]


def extrapolation_rows(run: Run) -> Iterator[Row]:
    """Predicted and held-out vote accuracy of teams of up to sixteen, and the paired difference of the two."""
    models = list(dict.fromkeys(agent.model for cell in run.header.cells for agent in cell.team.agents))
    answers = {model: _answers(run, model) for model in models}
    seen = DeFinetti(_pilot({model: rows[:, :PILOT] for model, rows in answers.items()}), task="sums")
    rest = DeFinetti(_pilot({model: rows[:, PILOT:] for model, rows in answers.items()}), task="sums")
    for name, team in _teams(models):
        counts = [team.get(model, 0) for model in models]
        (told,) = seen.accuracy([counts])
        found = paired_delta(seen.right(counts), rest.right(counts), seed=SEED, task="sums")
        held_out = float(rest.right(counts).mean())
        yield {
            "team": name,
            "n": sum(counts),
            "pilot": PILOT,
            "predicted": told.accuracy.value,
            "predicted_low": told.accuracy.low,
            "predicted_high": told.accuracy.high,
            "run": held_out,
            "inside": int(told.accuracy.low <= held_out <= told.accuracy.high),
            "value": told.accuracy.value - held_out,
            "plain": found.value,
            "plain_low": found.low,
            "plain_high": found.high,
            "n_items": found.n_items,
        }


def _teams(models: list[str]) -> Iterator[tuple[str, dict[str, int]]]:
    for model in models:
        yield model, {model: 12}
    for at, model in enumerate(models):
        for other in models[at + 1 :]:
            yield f"{model} + {other}", {model: 8, other: 8}
    yield "all", {model: 16 // len(models) + (at < 16 % len(models)) for at, model in enumerate(models)}


def _pilot(answers: Mapping[str, Answers]) -> Pilot:
    config = [at for at, rows in enumerate(answers.values()) for _ in range(rows.shape[1])]
    return Pilot.of_answers(np.concatenate(list(answers.values()), axis=1), config)


def _answers(run: Run, model: str) -> Answers:
    """Answers of the model's copies, shape (Q, copies): 0 right, −1 missing, else an id within the question."""
    said: dict[tuple[str, int], tuple[str | None, bool | None]] = {}
    for cell in run.header.cells:
        slots = {agent.slot for agent in cell.team.agents if agent.model == model and agent.persona is None}
        for transcript in run.folder.transcripts(cell.id) if slots else ():
            for event in transcript.events:
                if event.slot in slots:
                    said[transcript.sample_id, int(event.slot.rsplit("/", 1)[1])] = event.answer, event.correct
    questions, copies = sorted({key[0] for key in said}), sorted({key[1] for key in said})
    return np.array([_ids([said[question, copy] for copy in copies]) for question in questions])


def _ids(row: list[tuple[str | None, bool | None]]) -> list[int]:
    wrong = list(dict.fromkeys(answer for answer, correct in row if answer is not None and not correct))
    return [-1 if answer is None else 0 if correct else 1 + wrong.index(answer) for answer, correct in row]
