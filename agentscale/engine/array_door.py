"""The array door: cells of simulated agents, answered all at once and then put into the same words.

A world answers and debates in arrays; the engine's own player asks, reads and writes down as ever, and only what it
would ask a model comes from the arrays. So the transcripts are, byte for byte, those of asking the agents one by one.
Nothing is recorded, since nobody was asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.engine.design import Trial, calls_at_most, models_asked, trials_by_cell
from agentscale.engine.recorder import Ask, Recorder
from agentscale.engine.run import close_all, trial_order
from agentscale.engine.session import offline_models
from agentscale.engine.tally import Tally, Watch
from agentscale.engine.trial import TrialPlayer
from agentscale.errors import SpecError
from agentscale.experiment import Sweep
from agentscale.models.base import Model
from agentscale.models.simulated import SimulatedModel, completion, moment_of, question_id
from agentscale.protocols import InteractionProtocol
from agentscale.protocols.debate import Debate
from agentscale.protocols.refine import SelfRefine
from agentscale.protocols.vote import Vote
from agentscale.recording import Answer, Clock
from agentscale.schema.run import Cell, NotApplicable
from agentscale.simulation import MISSING, Drawn, Given, Graph, Moment
from agentscale.store import RunFolder

if TYPE_CHECKING:
    import networkx as nx

_NO_TIME = Clock(0.0, 0.0, 0)


def playable(sweep: Sweep) -> Sweep:
    """The part of a sweep that arrays can answer; the header lists the rest as not applicable, each with the reason.

    Raises:
        SpecError: where there is no such cell.
    """
    models = offline_models(sweep)
    reasons = {cell.id: _unfit(sweep, cell, models) for cell in sweep.header.cells}
    left = tuple(NotApplicable(cell=cell, reason=reason) for cell, reason in reasons.items() if reason)
    if len(left) == len(reasons):
        raise SpecError(
            f"no cell can be answered in arrays: {left[0].reason}",
            key="models",
            allowed="a plain vote, debate or refine, of simulated models of one world",
            remedy="ask the agents one by one: agentscale run",
        )
    cells = tuple(cell for cell in sweep.header.cells if not reasons[cell.id])
    not_applicable = (*sweep.header.not_applicable, *left)
    return replace(sweep, header=sweep.header.model_copy(update={"cells": cells, "not_applicable": not_applicable}))


async def simulate_sweep(sweep: Sweep, folder: RunFolder, watch: Watch = lambda tally: None) -> Tally:
    """Writes the transcripts of every trial of a `playable` sweep into ``folder``.

    Args:
        sweep: What to answer.
        folder: Where the transcripts go.
        watch: Is told of the progress.

    Returns:
        The final tally; nothing counts as asked.

    Raises:
        SpecError: where a cap on the text would change what agents read in a debate.
        StoreError: where the folder cannot be written.
    """
    tally = Tally(trials=sum(trials_by_cell(sweep).values()), calls_at_most=calls_at_most(sweep))
    for cell in sweep.header.cells:
        player, order = _ArrayPlayer(sweep, cell), trial_order(sweep, cell.task)
        writer = folder.transcript_writer(cell.id, order)
        n_before = tally.trials_done
        try:
            for sample_id, replicate in order:
                transcript = await player.play(Trial(cell, sample_id, replicate))
                writer.add(transcript)
                tally.trial(transcript)
                watch(tally)
                await asyncio.sleep(0)  # Ctrl-C gets its turn
        finally:
            close_all([writer], complete=tally.trials_done - n_before == len(order))
    return tally


class _Played(NamedTuple):
    """One cell's answers of one replicate: Q questions, T + 1 rounds, N agents."""

    answers: NDArray[np.integer]  # (Q, T + 1, N)
    first: Drawn  # (Q, N)


class _ArrayPlayer(TrialPlayer):
    """Plays the trials of one cell; what would be asked of a model is looked up."""

    def __init__(self, sweep: Sweep, cell: Cell) -> None:
        models = offline_models(sweep)
        super().__init__(sweep, Recorder("live", None, models, concurrency=1), models)
        self._simulated = _simulated(cell, models)
        self._world = self._simulated[cell.team.agents[0].model].world
        self._seats = tuple(self._simulated[agent.model].seat(agent.slot) for agent in cell.team.agents)
        self._places = {slot: place for place, slot in enumerate(cell.team.slots)}
        self._records = [record for (task, _), record in sweep.questions.items() if task == cell.task]
        self._rows = {record.sample_id: row for row, record in enumerate(self._records)}
        possible = self._simulated[cell.team.agents[0].model].possible
        self._labels = [possible(record).labels for record in self._records]
        self._rounds, self._graph = _rounds(sweep, cell), _graph(sweep.graphs[cell.id])
        self._played: dict[Moment, _Played] = {}

    async def _answers(self, asks: Sequence[Ask]) -> list[Answer]:
        return [self._spoken(ask) for ask in asks]

    def _spoken(self, ask: Ask) -> Answer:
        """What the agent of a call says."""
        moment, model = moment_of(ask.id), self._simulated[ask.agent.model]
        row, place = self._rows[ask.id.sample_id], self._places[ask.id.slot]
        record, seat = self._records[row], self._seats[place]
        played = self._played_at(replace(moment, round=0))
        said = played.answers[row, :, place]
        given = Given(int(said[0]), int(played.first.channels[row, place]), float(played.first.wording[row, place]))
        changed = None
        if moment.round > 0 and said[moment.round - 1] != MISSING:
            changed = bool(said[moment.round] != said[moment.round - 1])
        elif moment.round > 0:
            given = self._world.answer(question_id(record), len(self._labels[row]), seat, moment)
        answer = int(said[moment.round])
        label = None if answer == MISSING else self._labels[row][answer]
        text = model.said(record, seat, given, label, changed)
        made = completion(ask.request, text)
        if self._rounds and made.text != text:
            raise _cut(ask.agent.model)
        return Answer(made, None, _NO_TIME)

    def _played_at(self, moment: Moment) -> _Played:
        """The cell in arrays, of one replicate."""
        if moment not in self._played:
            ids, sizes = [question_id(record) for record in self._records], [len(each) for each in self._labels]
            first = self._world.draw(ids, sizes, self._seats, moment)
            answers = self._world.debate(ids, sizes, self._seats, self._graph, self._rounds, moment)
            self._played[moment] = _Played(answers, first)
        return self._played[moment]


def _unfit(sweep: Sweep, cell: Cell, models: Mapping[str, Model]) -> str:
    """Why arrays cannot answer a cell; empty where they can."""
    simulated = _simulated(cell, models)
    strangers = sorted(models_asked(cell) - set(simulated))
    if strangers:
        return f"the model {strangers[0]!r} is not simulated"
    if len({id(model.world) for model in simulated.values()}) > 1:
        return "its models live in different worlds"
    if not _is_plain(sweep.protocols[cell.id]):
        return f"the protocol {cell.protocol.label!r} is not a plain vote, debate or refine"
    return ""


def _is_plain(protocol: InteractionProtocol) -> bool:
    """Whether a world knows the protocol: its debates have rounds and a graph, and nothing else that could vary."""
    if isinstance(protocol, Debate):
        return protocol == Debate(rounds=protocol.rounds, see=protocol.see)
    return protocol == Vote() or isinstance(protocol, SelfRefine)


def _simulated(cell: Cell, models: Mapping[str, Model]) -> dict[str, SimulatedModel]:
    asked = ((name, models[name]) for name in sorted(models_asked(cell)))
    return {name: model for name, model in asked if isinstance(model, SimulatedModel)}


def _rounds(sweep: Sweep, cell: Cell) -> int:
    protocol = sweep.protocols[cell.id]
    return protocol.rounds if isinstance(protocol, Debate | SelfRefine) else 0


def _graph(graph: nx.DiGraph) -> Graph:
    """Whom every agent reads, in rows; u → v means that v reads u."""
    rows = [sorted(graph.predecessors(node)) for node in range(len(graph))]
    return Graph.of_rows(np.cumsum([0, *map(len, rows)]), [peer for row in rows for peer in row])


def _cut(model: str) -> SpecError:
    return SpecError(
        "a simulated answer is cut off, and then peers read other answers than those of the arrays",
        key=f"models.{model}.sampling",
        allowed="in a debate: no max_tokens and no stop that a simulated answer meets",
        remedy="raise max_tokens, or ask the agents one by one: agentscale run",
    )
