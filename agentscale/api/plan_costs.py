"""What a plan costs for one question: at most, before anything is asked, and really, from its transcripts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import networkx as nx

from agentscale.errors import SpecError
from agentscale.schema.run import Cell, Event, Transcript

if TYPE_CHECKING:
    from agentscale.engine.estimate import CostEstimate
    from agentscale.experiment import Sweep
    from agentscale.experiment.bounds import Quotes

Unit = Literal["calls", "tokens", "flops", "usd", "seconds"]
"""``flops``: 2 · parameters · tokens. ``seconds``: of the critical path, the longest way through the graph where all
that can run at once does."""


@dataclass(frozen=True)
class PlanCost:
    """One unit of cost, with what it needs to know of the models."""

    unit: Unit = "tokens"
    parameters: Mapping[str, float] = field(default_factory=dict)
    """Parameters of each model, for ``flops``."""
    tokens_per_second: Mapping[str, float] = field(default_factory=dict)
    """How fast each model writes, for ``seconds``."""

    def check(self, models: Sequence[str], quotes: Quotes) -> None:
        """Makes sure that all that the unit needs is known.

        Raises:
            SpecError: It is not, or it is not above 0.
        """
        tables = {"flops": ("parameters", self.parameters), "seconds": ("tokens_per_second", self.tokens_per_second)}
        if self.unit in tables:
            key, table = tables[self.unit]
            for model in models:
                if not table.get(model, 0) > 0:
                    raise SpecError(
                        f"{key} of the model {model!r} is {table.get(model, 'not given')}",
                        key=key,
                        allowed=f"a number above 0 for each of {', '.join(models)}, to count {self.unit}",
                    )
        if self.unit == "usd" and (unpriced := [model for model in models if quotes[model] is None]):
            raise SpecError(f"nobody knows the price of the model {unpriced[0]!r}", key=f"models.{unpriced[0]}.price")

    def at_most(self, sweep: Sweep, bounds: CostEstimate) -> float:
        """A bound for one question of a sweep with one cell; infinite where nothing bounds the answers."""
        trials, high = bounds.trials, bounds.total.high
        if self.unit == "calls":
            return high.calls / trials
        if self.unit == "tokens":
            return high.tokens / trials
        if self.unit == "usd":
            return math.inf if high.usd is None else high.usd / trials
        if self.unit == "flops":
            used = {model: of.high.tokens for model, of in bounds.models.items()}
            return sum(2 * self.parameters[model] * tokens for model, tokens in used.items()) / trials
        (cell,) = sweep.header.cells
        most = {agent.slot: agent.sampling.max_tokens or math.inf for agent in cell.team.agents}
        return self._critical_path(cell, most)

    def of(self, cell: Cell, transcript: Transcript, quotes: Quotes) -> float:
        """What one trial cost; infinite where an endpoint did not tell its tokens."""
        models = {agent.slot: agent.model for agent in cell.team.everyone}
        if self.unit == "calls":
            return len(transcript.events)
        if self.unit == "seconds":
            said: dict[str, float] = {}
            for event in transcript.events:
                said[event.slot] = said.get(event.slot, 0.0) + _known(event, lambda _, out: out)
            return self._critical_path(cell, said)
        return sum(self._of(event, models[event.slot], quotes) for event in transcript.events)

    def _of(self, event: Event, model: str, quotes: Quotes) -> float:
        if self.unit == "tokens":
            return _known(event, lambda into, out: into + out)
        if self.unit == "flops":
            return _known(event, lambda into, out: 2 * self.parameters[model] * (into + out))
        quote = quotes[model]
        return math.inf if quote is None else _known(event, lambda into, out: quote.usd(into, out))

    def _critical_path(self, cell: Cell, tokens: Mapping[str, float]) -> float:
        graph = nx.empty_graph(cell.size, create_using=nx.DiGraph)
        graph.add_edges_from(cell.edges)
        ends: dict[int, float] = {}
        for node in nx.topological_sort(graph):
            agent = cell.team.agents[node]
            own = tokens.get(agent.slot, 0.0) / self.tokens_per_second[agent.model]
            ends[node] = own + max((ends[peer] for peer in graph.predecessors(node)), default=0.0)
        return max(ends.values())


def _known(event: Event, of: Callable[[int, int], float]) -> float:
    """From tokens in and out; a failed call is none that we know of."""
    if event.error is not None:
        return 0.0
    if event.tokens_in is None or event.tokens_out is None:
        return math.inf
    return of(event.tokens_in, event.tokens_out)
