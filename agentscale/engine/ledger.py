"""The accounts of a run: its own, one for each cell and one for each configuration, and what a call costs in them.

The run and the configurations pay for calls that are made, each once. A cell is charged for every call that its trials
use, whoever else uses it: so its cap means the same in any sweep, and depends neither on who asked first nor on what
was known before.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentscale.engine.accounts import Account
from agentscale.errors import SpecError
from agentscale.experiment import Sweep
from agentscale.experiment.bounds import Quotes
from agentscale.experiment.sizes import QuestionSizes, prompt_size
from agentscale.experiment.spending import Spending
from agentscale.recording import CallRecord, Recording
from agentscale.schema.agents import Agent
from agentscale.schema.calls import UNPAID, Usage
from agentscale.schema.run import Cell
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
        configurations = dict.fromkeys(agent.config_id for cell in cells for agent in cell.team.everyone)
        self._quotes = quotes
        self._caps_money = budget.usd is not None
        self._own = frozenset(sweep.truth()) if sweep.is_share else None
        self.run = Account(budget, "budget")
        self.cells = _accounts(budget.cell, "budget.cell", [cell.id for cell in cells])
        self.agents = _accounts(budget.agent, "budget.agent", list(configurations))

    def payers(self, agent: Agent) -> Iterator[Account]:
        """The accounts that pay for a call that is made."""
        yield self.run
        if self.agents:
            yield self.agents[agent.config_id]

    def concerned(self, cell: Cell) -> Iterator[Account]:
        """The accounts at whose end a cell ends: the run's, its own, and those of its configurations."""
        yield self.run
        if self.cells:
            yield self.cells[cell.id]
        if self.agents:
            yield from (self.agents[name] for name in dict.fromkeys(agent.config_id for agent in cell.team.everyone))

    def cost(self, model: str, usage: Usage | None, most_in: float = 0, most_out: float = 0) -> Spending:
        """What a call cost.

        A failed call counts as a call; what was billed for it is unknown and not counted. Tokens that the endpoint
        does not report count as many as there can be. Cached ones are paid in full: a cap is not to depend on what the
        endpoint happened to have cached.

        Args:
            model: The model that was asked.
            usage: What the endpoint reported; ``None`` where the call failed.
            most_in: Tokens of the prompt at most.
            most_out: Tokens of the answer at most.
        """
        if usage is None:
            return Spending(1)
        quote = self._quotes.get(model)
        tokens_in = most_in if usage.tokens_in is None else usage.tokens_in
        tokens_out = most_out if usage.tokens_out is None else usage.tokens_out
        usd = None if quote is None else quote.at_most(tokens_in, tokens_out, tokens_in)
        return Spending(1, tokens_in, tokens_out, usd)

    def credit(self, recording: Recording) -> None:
        """Counts as spent what the recording holds, for the run and its configurations, lost calls included.

        Cells are charged in every session for the trials that they play. A share of a sweep counts what was asked about
        its own questions; what an interrupted run lost may have been about them, and counts in every share.

        Raises:
            SpecError: If money has a cap and what recorded calls have cost is unknown, as of a model that an earlier
                experiment of the folder asked and this one no longer names.
        """
        for key, record in zip(recording.keys(), recording.records(), strict=True):
            if record.id.role in UNPAID:
                continue
            if self._elsewhere(record):
                continue
            # A call that failed before was asked again, and what was billed for failures is unknown.
            amount = self._recorded(record) + Spending(recording.times(key) - 1)
            self.run.credit(amount)
            agent = self.agents.get(record.id.slot.rpartition("/")[0])
            if agent is not None:
                agent.credit(amount)
        self.run.credit(Spending(recording.n_in_flight))

    def _elsewhere(self, record: CallRecord) -> bool:
        """Whether the call is of a question that another share has."""
        return self._own is not None and (record.id.task, record.id.sample_id) not in self._own

    def _recorded(self, record: CallRecord) -> Spending:
        """What a recorded call has cost."""
        request, completion = record.request, record.completion
        if completion is None:
            return self.cost(request.model, None)
        if self._caps_money and self._quotes.get(request.model) is None:
            raise SpecError(
                f"budget.usd is a cap on money, and nobody knows the price of {request.model!r}, which the run folder "
                "holds calls of",
                allowed="a recording whose calls all have a price in this experiment",
                remedy=f"name the model under models.{request.model} with its price, or choose another folder with "
                "--out, or leave the cap out",
            )
        most_out = request.sampling.max_tokens
        if most_out is None:  # at most a token for each byte of what came back
            most_out = len(f"{completion.reasoning or ''}{completion.text}".encode("utf-8", "surrogatepass"))
        most_in = prompt_size(request.messages).at_most(QuestionSizes(1))
        return self.cost(request.model, completion.usage, most_in, most_out)


def _accounts(caps: Caps, key: str, names: list[str]) -> dict[str, Account]:
    return {name: Account(caps, key, name) for name in names} if caps != Caps() else {}
