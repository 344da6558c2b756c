"""The budget of a run that has one: which trials still fit under the caps of the run, the cells and the configurations.

Trials of one sample and replicate are admitted together, for all cells that are still open, by an upper bound on the
calls that are not recorded yet. So the cells that end by the run's cap have the same questions, and which those are
depends on no order of arrival: what does not fit waits until all before it has ended, and is refused only then. A cap
of a cell or a configuration ends the cells that it concerns, and the others go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from agentscale.engine.accounts import Account, Lack
from agentscale.engine.admission import Admission
from agentscale.engine.design import Trial
from agentscale.engine.ledger import Ledger
from agentscale.engine.recollection import Recollection
from agentscale.experiment import Sweep
from agentscale.experiment.bounds import Quotes, at_most
from agentscale.experiment.demand import Ask, Load, LoadSums, Rehearsals, most_out
from agentscale.experiment.sizes import QuestionSizes, prompt_size
from agentscale.experiment.spending import Spending, total
from agentscale.recording import Answer, Recording
from agentscale.schema.agents import Agent
from agentscale.schema.calls import Call, Reply, Usage
from agentscale.schema.run import Transcript


class BlockId(NamedTuple):
    """The trials of one sample and replicate, one for each cell of the task."""

    task: str
    sample_id: str
    replicate: int


@dataclass
class Block:
    """A block: what it may ask, and which of its cells may."""

    id: BlockId
    asked: QuestionSizes
    asks: dict[str, tuple[Ask, ...]]
    """The calls of every cell that are not recorded yet."""
    cells: set[str]
    """Cells whose trials may begin; those of which all is recorded always may."""
    known: dict[str, dict[str, Spending]]
    """What the recorded calls of every cell cost, by key."""
    decided: bool = False
    n_open: int = 0
    """Trials that may begin and have not ended."""
    loads: Mapping[str, Load] = field(default_factory=dict)
    """The calls of its cells together, by configuration."""
    holders: tuple[Account, ...] = ()
    """The accounts in which something is set aside for it."""

    def asking(self) -> list[str]:
        """The cells that may begin and have something to ask."""
        return [cell for cell, asks in self.asks.items() if asks and cell in self.cells]


class CappedBudget:
    """A budget with caps, as the engine asks it.

    Args:
        sweep: The sweep.
        quotes: What its models cost.
        recollection: What is recorded already.
        recording: The same recording, for what it has cost.
        clock: Seconds that only ever go forward.
    """

    def __init__(
        self,
        sweep: Sweep,
        quotes: Quotes,
        recollection: Recollection,
        recording: Recording | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sweep = sweep
        self._quotes = quotes
        self._recollection = recollection
        self._rehearsals = Rehearsals(sweep)
        self._sums = LoadSums()
        self._clock = clock
        self._ledger = Ledger(sweep, quotes)
        if recording is not None:
            self._ledger.credit(recording)
        self._closed: set[str] = set()
        self._head: Block | None = None
        self._begun: dict[BlockId, Block] = {}
        self._lacks: dict[tuple[str, str], Lack] = {}
        self._all_cells = frozenset(cell.id for cell in sweep.header.cells)

    @property
    def caps_reached(self) -> list[str]:
        """The caps that left no room for something, in that order."""
        return [str(lack) for lack in self._lacks.values()]

    # -- what the engine asks and tells ---------------------------------------------------------------------------

    def admit(self, trial: Trial) -> Admission:
        """Whether a trial may begin; the first of its block decides for all."""
        block = self._block(trial)
        if not block.decided and not self._decide(block):
            return "wait"
        return "go" if trial.cell.id in block.cells else "no"

    def may_begin(self, trial: Trial) -> bool:
        """Not when the time is up: a quick model's trials are admitted far ahead of those that wait for a slow one."""
        if not self._begun[_block_id(trial)].asks[trial.cell.id]:
            return True
        now = self._clock()
        late = [lack for account in self._ledger.concerned(trial.cell) if (lack := account.late(now)) is not None]
        self._note(*late)
        return not late

    def may_ask(self, trial: Trial, agent: Agent) -> bool:
        """Always, unless more was spent than the bounds allow."""
        return not any(account.is_overdrawn for account in self._ledger.payers(agent))

    def spent(self, trial: Trial, agent: Agent, answer: Answer) -> None:
        """Takes the cost of a call out of what was set aside for its block."""
        block = self._begun[_block_id(trial)]
        amount = self._cost(block, agent, None if answer.completion is None else answer.completion.usage)
        for account in self._ledger.payers(agent):
            account.spend(block.id, amount)

    def played(self, trial: Trial, transcript: Transcript) -> None:
        """Charges the cell for all that its trial has used."""
        account = self._ledger.cells.get(trial.cell.id)
        if account is None:
            return
        block, agents = self._begun[_block_id(trial)], {agent.slot: agent for agent in trial.cell.team.everyone}
        known = block.known.get(trial.cell.id, {})
        for event in transcript.events:
            if event.role == "tool":
                continue
            usage = None if event.error is not None else Usage(event.tokens_in, event.tokens_out)
            account.spend(block.id, known.get(event.key) or self._cost(block, agents[event.slot], usage))

    def _cost(self, block: Block, agent: Agent, usage: Usage | None) -> Spending:
        load = block.loads.get(agent.config_id)
        if load is None:
            return self._ledger.cost(agent.model, usage, 0.0, most_out(agent))
        return self._ledger.cost(agent.model, usage, load.longest.longest(block.asked), load.longest_out)

    def ended(self, trial: Trial) -> None:
        """Settles a block when the last of its trials has ended."""
        block = self._begun[_block_id(trial)]
        block.n_open -= 1
        if not block.n_open:
            for account in block.holders:
                account.settle(block.id)
            del self._begun[block.id]

    # -- what a block needs ---------------------------------------------------------------------------------------

    def _block(self, trial: Trial) -> Block:
        """The block of a trial; trials come block by block."""
        block_id = _block_id(trial)
        if self._head is None or self._head.id != block_id:
            question = QuestionSizes.of(self._sweep.questions[trial.cell.task, trial.sample_id])
            cells = [cell for cell in self._sweep.header.cells if cell.task == block_id.task]
            known: dict[str, dict[str, Spending]] = {cell.id: {} for cell in cells}
            asks = {
                cell.id: self._asks(Trial(cell, trial.sample_id, trial.replicate), known[cell.id]) for cell in cells
            }
            may = {cell for cell, left in asks.items() if not left or cell not in self._closed}
            self._head = Block(block_id, question, asks, may, known)
        return self._head

    def _asks(self, trial: Trial, known: dict[str, Spending]) -> tuple[Ask, ...]:
        """The calls of a trial that are not recorded yet; what the others cost is put into ``known``."""
        if not self._recollection:
            return self._rehearsals.asks(trial.cell, trial.sample_id, trial.replicate, "longest")
        recall = self._recollection.of(trial)
        agents = {agent.slot: agent for agent in trial.cell.team.everyone}

        def noting(round_index: int, call: Call) -> Reply | None:
            reply = recall(round_index, call)
            if reply is not None and reply.completion is not None:
                agent, most_in = agents[call.slot], prompt_size(call.messages).at_most(QuestionSizes(1))
                known[reply.key] = self._ledger.cost(
                    agent.model, reply.completion.usage, most_in, most_out(agent, call)
                )
            return reply

        return self._rehearsals.remaining(trial.cell, trial.sample_id, trial.replicate, "longest", noting)

    # -- whether it fits ------------------------------------------------------------------------------------------

    def _decide(self, block: Block) -> bool:
        """Settles which cells of a block may begin; ``False`` where that must wait for trials under way."""
        now = self._clock()
        for cell, account in self._ledger.cells.items():
            if cell in block.asking() and not self._fits(block, account, self._of_cell(block, cell), [cell], now):
                return False
        for agent, account in self._ledger.agents.items():
            load = self._union(block).get(agent)
            if load is not None and not self._fits(
                block, account, self._bound(block, {agent: load}), self._cells_with(agent), now
            ):
                return False
        if block.asking() and not self._fits(
            block, self._ledger.run, self._bound(block, self._union(block)), self._all_cells, now
        ):
            return False
        self._begin(block, now)
        return True

    def _note(self, *lacks: Lack) -> None:
        """Takes note of caps that were reached, each as it first was."""
        for lack in lacks:
            self._lacks.setdefault((lack.key, lack.whose), lack)

    def _cells_with(self, agent: str) -> set[str]:
        """The cells of the sweep with a member of that configuration."""
        cells = self._sweep.header.cells
        return {cell.id for cell in cells if any(member.config_id == agent for member in cell.team.everyone)}

    def _fits(self, block: Block, account: Account, needed: Spending, cells: Collection[str], now: float) -> bool:
        """Closes ``cells`` where an account has no room for what is needed; ``False`` where it may get some yet."""
        late = account.late(now)
        lack = late or account.lacks(needed)
        if lack is None:
            return True
        if late is None and account.is_holding:
            return False
        self._note(lack)
        block.cells -= {cell for cell in block.asking() if cell in cells}
        self._closed.update(cells)
        return True

    def _bound(self, block: Block, needed: Mapping[str, Load]) -> Spending:
        return total(at_most(load, block.asked, self._quotes) for load in needed.values())

    def _union(self, block: Block) -> dict[str, Load]:
        """The calls of the cells that may begin, by configuration; shared ones once."""
        return self._sums.of(tuple(block.asks[cell] for cell in block.asking()))

    def _of_cell(self, block: Block, cell: str) -> Spending:
        """All that a cell's trial uses, what is known of it included."""
        return self._bound(block, self._sums.of((block.asks[cell],))) + total(block.known[cell].values())

    def _begin(self, block: Block, now: float) -> None:
        """Sets the bounds of an admitted block aside, in every account that will pay for it."""
        block.decided, block.n_open, block.loads = True, len(block.cells), self._union(block)
        run, cells, agents = self._ledger.run, self._ledger.cells, self._ledger.agents
        shares = [(run, self._bound(block, block.loads))] if block.loads else []
        shares += [(cells[cell], self._of_cell(block, cell)) for cell in block.cells if cells]
        shares += [(agents[agent], self._bound(block, {agent: load})) for agent, load in block.loads.items() if agents]
        for account, bound in shares:
            account.set_aside(block.id, bound, now)
        block.holders = tuple(account for account, _ in shares)
        self._begun[block.id] = block


def _block_id(trial: Trial) -> BlockId:
    return BlockId(trial.cell.task, trial.sample_id, trial.replicate)
