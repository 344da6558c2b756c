"""From a run folder to flat rows: one for every answer, and one for every trial."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from agentscale.schema.agents import Agent
from agentscale.schema.run import Cell, QuestionRecord, Transcript

if TYPE_CHECKING:
    from agentscale.store import ReadThrough, RunFolder

Row = dict[str, Any]

ANSWERS: dict[str, str] = {
    "task": "the task",
    "cell": "the cell: one level of each factor of the sweep",
    "question": "id of the question within its task",
    "replicate": "which repeat of the trial, from 0",
    "round": "the round, from 0",
    "turn": "tells calls of one round and slot apart",
    "agent": "the agent's slot: configuration and copy",
    "layer": "L1 to L4, or explicit",
    "team": "which team of the layer",
    "topology": "who reads whom, by name with its parameters; empty where it plays no part",
    "place": "place of the agent in its team, from 0; empty for who plays a part beside it",
    "model": "the model's name in the experiment",
    "persona": "the persona's name; empty without one",
    "temperature": "softmax temperature; empty where the endpoint chose",
    "top_p": "nucleus mass; empty where the endpoint chose",
    "max_tokens": "cap on the tokens of the answer; empty without one",
    "role": "on whose behalf the call was made: agent, judge, …",
    "reads": "slots whose replies the prompt quoted, as a JSON list",
    "text": "what was said",
    "answer": "the answer as it was read; empty where there is none",
    "missing": "why there is none",
    "correct": "whether the answer is right; empty where there is none",
    "finish": "why the text ended",
    "tokens_in": "tokens of the prompt; empty where unknown",
    "tokens_out": "tokens of the answer; empty where unknown",
    "used": "whether the reply was used: False beyond the end of a race",
    "truth": "the right answer",
    "level": "difficulty, from 1",
    "choices": "the options in order, as a JSON list",
    "prompt": "the words of the question",
    "key": "identity of the call: its name in the recording",
}
"""Columns of the table of answers, with what they hold."""

TRIALS: dict[str, str] = {
    "task": "the task",
    "cell": "the cell",
    "question": "id of the question within its task",
    "replicate": "which repeat, from 0",
    "size": "agents of the team",
    "layer": "L1 to L4, or explicit",
    "team": "which team of the layer",
    "protocol": "the protocol with its parameters",
    "topology": "the topology with its parameters; empty where it plays no part",
    "answer": "the team's answer; empty where there is none",
    "tied": "whether it was drawn among equals",
    "correct": "whether it is right; empty without an answer",
    "score": "expected correctness under random tie-breaking, from 0 to 1",
    "truth": "the right answer",
    "n_calls": "calls that were made, unused ones included",
    "counts": "what the protocol counted, as a JSON object",
}
"""Columns of the table of trials, with what they hold."""


def answers(folder: RunFolder | ReadThrough) -> Iterator[Row]:
    """The table of answers, row by row: ``ANSWERS`` says what the columns hold.

    Raises:
        StoreError: If the run's transcripts cannot be read.
    """
    questions = folder.questions()
    for cell in folder.header.cells:
        team = _team(cell)
        for transcript in folder.transcripts(cell.id):
            yield from _answers(cell, team, transcript, questions[cell.task, transcript.sample_id])


def trials(folder: RunFolder | ReadThrough) -> Iterator[Row]:
    """The table of trials, row by row: ``TRIALS`` says what the columns hold.

    Raises:
        StoreError: If the run's transcripts cannot be read.
    """
    questions = folder.questions()
    for cell in folder.header.cells:
        for transcript in folder.transcripts(cell.id):
            yield _trial(cell, transcript, questions[cell.task, transcript.sample_id])


def _team(cell: Cell) -> dict[str, tuple[int | None, Agent]]:
    members = {agent.slot: (at, agent) for at, agent in enumerate(cell.team.agents)}
    return {**{agent.slot: (None, agent) for agent in cell.team.parts.values()}, **members}


def _answers(
    cell: Cell, team: Mapping[str, tuple[int | None, Agent]], transcript: Transcript, question: QuestionRecord
) -> Iterator[Row]:
    for event in transcript.events:
        place, agent = team[event.slot]
        yield {
            "task": cell.task,
            "cell": cell.id,
            "question": transcript.sample_id,
            "replicate": transcript.replicate,
            "agent": event.slot,
            **_of_cell(cell),
            "place": place,
            "model": agent.model,
            "persona": None if agent.persona is None else agent.persona.name,
            **{name: getattr(agent.sampling, name) for name in ("temperature", "top_p", "max_tokens")},
            "reads": json.dumps(event.reads),
            "truth": question.target,
            "level": question.level,
            "choices": json.dumps(question.choices) if question.choices else None,
            "prompt": question.prompt,
            **event.model_dump(include=_OF_EVENT),
        }


_OF_EVENT = {"round", "turn", "role", "text", "answer", "missing", "correct", "finish"} | {
    "tokens_in",
    "tokens_out",
    "used",
    "key",
}


def _trial(cell: Cell, transcript: Transcript, question: QuestionRecord) -> Row:
    return {
        "task": cell.task,
        "cell": cell.id,
        "question": transcript.sample_id,
        "replicate": transcript.replicate,
        "size": cell.size,
        **_of_cell(cell),
        "protocol": cell.protocol.label,
        **transcript.model_dump(include={"answer", "tied", "correct", "score"}),
        "truth": question.target,
        "n_calls": len(transcript.events),
        "counts": json.dumps(transcript.counts, sort_keys=True),
    }


def _of_cell(cell: Cell) -> Row:
    return {
        "layer": cell.layer,
        "team": cell.team_name,
        "topology": None if cell.topology is None else cell.topology.label,
    }
