"""From calls to amounts: what several calls spend at least and at most, once questions and prices are known."""

from __future__ import annotations

import math
from collections.abc import Mapping

from agentscale.experiment.demand import Load
from agentscale.experiment.sizes import QuestionSizes
from agentscale.experiment.spending import Spending
from agentscale.prices import Quote

Quotes = Mapping[str, Quote | None]
"""The price of every model by its name in the experiment; ``None`` where it is unknown."""


def at_least(load: Load, asked: QuestionSizes, quotes: Quotes) -> Spending:
    """A lower bound for calls that are all answered; an answer may be empty."""
    quote = quotes[load.model]
    tokens_in = math.floor(load.size.at_least(asked))
    return Spending(asked.n * load.calls, tokens_in, 0, None if quote is None else quote.at_least(tokens_in, 0))


def at_most(load: Load, asked: QuestionSizes, quotes: Quotes) -> Spending:
    """An upper bound; infinite in what nothing bounds."""
    quote = quotes[load.model]
    tokens_in, tokens_out = load.size.at_most(asked), asked.n * load.most_out
    usd = None if quote is None else quote.at_most(tokens_in, tokens_out, load.longest.longest(asked))
    return Spending(asked.n * load.calls, tokens_in, tokens_out, usd)
