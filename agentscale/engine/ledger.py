"""The accounts of a run: its own, one for each cell and one for each configuration, and what a call costs in them.

The run and the configurations pay for calls that are made, each once. A cell is charged for every call that its trials
use, whoever else uses it: so its cap means the same in any sweep, and depends neither on who asked first nor on what
was known before.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentscale.engine.accounts import Account
from agentscale.experiment import Sweep
from agentscale.experiment.bounds import Quotes
from agentscale.experiment.spending import Spending
from agentscale.recording import Recording
from agentscale.schema.agents import Agent
from agentscale.schema.calls import Usage
from agentscale.schema.spending import Caps


class Ledger:
    """Accounts where there are caps, and prices.

    Args:
        sweep: Whose budget it is.
        quotes: What its models cost.

    Attributes:
        run: The account of the run.
        cells: Those of the cells, by id; none where cells have no caps.
        agents: Those of the configurations, by id; none where they have no caps.
    """

    def __init__(self, sweep: Sweep, quotes: Quotes) -> None:
        budget, cells = sweep.experiment.budget, sweep.header.cells
        configurations = dict.fromkeys(agent.config_id for cell in cells for agent in cell.team.agents)
        self._quotes = quotes
        self.run = Account(budget, "budget")
        self.cells = _accounts(budget.cell, "budget.cell", [cell.id for cell in cells])
        self.agents = _accounts(budget.agent, "budget.agent", list(configurations))

    def payers(self, agent: Agent) -> Iterator[Account]:
        """The accounts that pay for a call that is made."""
        yield self.run
        if self.agents:
            yield self.agents[agent.config_id]

    def cost(self, model: str, usage: Usage | None, most_in: float = 0, most_out: float = 0) -> Spending:
        """What a call cost.

        A failed call counts as a call; what was billed for it is unknown and not counted. Tokens that the endpoint
        does not report count as many as there can be.

        Args:
            model: The model that was asked.
            usage: What the endpoint reported; ``None`` where the call failed.
            most_in: Tokens of the prompt at most.
            most_out: Tokens of the answer at most.
        """
        if usage is None:
            return Spending(1)
        quote = self._quotes[model]
        tokens_in = most_in if usage.tokens_in is None else usage.tokens_in
        tokens_out = most_out if usage.tokens_out is None else usage.tokens_out
        usd = None if quote is None else quote.at_most(tokens_in, tokens_out, tokens_in)
        return Spending(1, tokens_in, tokens_out, usd)

    def credit(self, recording: Recording) -> None:
        """Counts as spent what the recording holds, for the run and its configurations, lost calls included.

        Cells are charged in every session for the trials that they play.
        """
        for record in recording.records():
            usage = None if record.completion is None else record.completion.usage
            amount = self.cost(record.request.model, usage)
            self.run.credit(amount)
            agent = self.agents.get(record.id.slot.rpartition("/")[0])
            if agent is not None:
                agent.credit(amount)
        self.run.credit(Spending(recording.n_in_flight))


def _accounts(caps: Caps, key: str, names: list[str]) -> dict[str, Account]:
    return {name: Account(caps, key, name) for name in names} if caps != Caps() else {}
