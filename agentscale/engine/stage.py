"""What all trials of a cell share, made ready once: who may speak, in which canonical form, how answers are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from agentscale.engine.checking import VERSIONS, Checks, ProcessChecks
from agentscale.engine.design import Trial
from agentscale.engine.identity import BodyForm, TrialId
from agentscale.engine.judging import Judging
from agentscale.engine.recorder import Ask
from agentscale.errors import ProtocolError
from agentscale.experiment import Sweep
from agentscale.models.base import Model
from agentscale.schema.agents import SCORER, Agent, Sampling
from agentscale.schema.calls import Call, ChatRequest
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
        self._models = models
        self._voices = {agent.slot: self._voice(agent) for agent in cell.team.agents}
        self._parts = {agent.slot: self._voice(agent) for agent in cell.team.parts.values()}
        self.has_tools = any(agent.tools for agent in cell.team.everyone)
        """Whether anybody may take several steps to answer."""
        self.checks = self._checks(sweep.header.seed)
        """How answers are checked, where they do not say themselves whether they are right."""
        self._others: dict[tuple[str, Sampling], Voice] = {}

    def _checks(self, seed: int) -> Checks | None:
        if self.task.kind in VERSIONS:
            return ProcessChecks(seed, self.task, self.salt)
        if self.task.rubric is None:
            return None
        judge, form = self._parts[self.cell.team.parts[SCORER].slot]
        return Judging(seed, self.task, self.salt, judge, form)

    def voice(self, call: Call) -> Voice:
        """Who is to speak.

        Raises:
            ProtocolError: If there is no such slot, or who plays a part is asked as a member.
        """
        voice = self._voices.get(call.slot) or self._part(call)
        return voice if call.sampling is None else self._drawing(voice.agent, call.sampling)

    def ask(self, trial: Trial, trial_id: TrialId, call: Call, round_index: int) -> Ask:
        """A call with its identity, ready to be made."""
        agent, form = self.voice(call)
        call_id = trial_id.call(call, round_index, form.digest(call.messages))
        request = ChatRequest(agent.model, call.messages, agent.sampling, agent.tools)
        return Ask(trial, agent, call_id, call_id.key, request)

    def _voice(self, agent: Agent) -> Voice:
        return Voice(agent, BodyForm(agent.sampling, self._models[agent.model].identity, agent.tools))

    def _drawing(self, agent: Agent, sampling: Sampling) -> Voice:
        """An agent that draws otherwise than it usually does."""
        voice = self._others.get((agent.slot, sampling))
        if voice is None:
            drawing = agent.model_copy(update={"sampling": sampling.over(agent.sampling)})
            voice = self._others[agent.slot, sampling] = self._voice(drawing)
        return voice

    def _part(self, call: Call) -> Voice:
        """Who plays a part beside the team. It is never asked as an agent: its answers are no member's."""
        voice = self._parts.get(call.slot)
        if voice is None or call.role == "agent":
            has = "which the team has not" if voice is None else "which plays a part beside it, as a member"
            raise ProtocolError(
                f"protocol {self.cell.protocol.label!r} asked the slot {call.slot!r}, {has}\n"
                f"  allowed: {', '.join(self._voices)}"
                + (f"; in another role than agent: {', '.join(self._parts)}" if self._parts else "")
            )
        return voice
