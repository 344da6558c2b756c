"""A cell as the tables see it, once it was read."""

from __future__ import annotations

from typing import NamedTuple

from agentscale.analysis.counterfactuals import Counterfactual
from agentscale.analysis.ledger import Entry
from agentscale.analysis.measures import CellMeasures, RoundMeasures
from agentscale.schema.run import Cell


class ReadCell(NamedTuple):
    """A cell that was read: its numbers by question, and where some of them stand in the ledger."""

    cell: Cell
    measures: CellMeasures
    rounds: list[RoundMeasures]
    accuracy: Entry
    k_star: Entry
    round_k_star: list[Entry]
    """K* of every round."""
    counterfactuals: list[Counterfactual]
