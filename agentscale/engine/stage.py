"""What all trials of a cell share, made ready once: who may speak, in which canonical form, how answers are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from agentscale.engine.identity import BodyForm
from agentscale.errors import ProtocolError
from agentscale.experiment import Sweep
from agentscale.models.base import Model
from agentscale.schema.agents import Agent
from agentscale.schema.calls import Call
from agentscale.schema.run import Cell


class Voice(NamedTuple):
    """An agent, and the form of its request bodies."""

    agent: Agent
    form: BodyForm


class Stage:
    """A cell that is ready to be played.

    Args:
        sweep: The sweep that the cell belongs to.
        cell: The cell.
        models: The models by their names in the experiment.
    """

    def __init__(self, sweep: Sweep, cell: Cell, models: Mapping[str, Model]) -> None:
        self.cell = cell
        self.task = sweep.header.tasks[cell.task]
        self.protocol = sweep.protocols[cell.id]
        self.graph = sweep.graphs[cell.id]
        self.salt = cell.id if sweep.independent else ""
        self._voices = {
            agent.slot: Voice(agent, BodyForm(agent.sampling, models[agent.model].identity))
            for agent in cell.team.agents
        }

    def voice(self, call: Call) -> Voice:
        """Who is to speak.

        Raises:
            ProtocolError: If the team has no such slot.
        """
        voice = self._voices.get(call.slot)
        if voice is None:
            raise ProtocolError(
                f"protocol {self.cell.protocol.label!r} asked the slot {call.slot!r}, which the team has not\n"
                f"  allowed: {', '.join(self._voices)}"
            )
        return voice
