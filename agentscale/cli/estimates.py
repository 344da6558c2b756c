"""How an estimate is told: a table of cells, the prices behind it, what it leaves open; within 80 columns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from agentscale.cli.amounts import UNKNOWN, columns, short_names, span, tokens, usd

if TYPE_CHECKING:
    from agentscale.engine.estimate import CostEstimate
    from agentscale.experiment.spending import Bounds
    from agentscale.prices import Quote


def told(estimate: CostEstimate) -> str:
    """The estimate as a table of cells, the prices behind it, and what it leaves open."""
    total = estimate.total
    names = short_names(list(estimate.cells))
    rows = [
        [name, f"{estimate.alone[cell].high.calls:,}", *_amounts(bounds)]
        for (cell, bounds), name in zip(estimate.cells.items(), names, strict=True)
    ]
    head = ["cell", "alone", "calls", "tokens in", "out", "usd"]
    return "\n".join(
        [
            f"{len(estimate.cells)} cells, {estimate.trials:,} trials; {_known(estimate)}",
            "",
            columns(head, [*rows, ["in all", "", *_amounts(total)]]),
            "",
            _prices({model: estimate.quotes[model] for model in estimate.models}),
            *_remarks(estimate),
        ]
    )


def _known(estimate: CostEstimate) -> str:
    known = estimate.known_calls
    return f"{known:,} calls are recorded already and left out" if known else "nothing of it is recorded yet"


def _amounts(bounds: Bounds) -> list[str]:
    low, high = bounds.low, bounds.high
    calls = f"{high.calls:,}" if bounds.exact else f"{low.calls:,}–{high.calls:,}"
    money = UNKNOWN if high.usd is None or low.usd is None else span(low.usd, high.usd, usd)
    return [calls, span(low.tokens_in, high.tokens_in, tokens), f"≤ {tokens(high.tokens_out)}", money]


def _prices(quotes: Mapping[str, Quote | None]) -> str:
    head = ["model", "usd per million tokens in, cached, out", "by"]
    return columns(head, [[name, *_price(quote)] for name, quote in quotes.items()])


def _price(quote: Quote | None) -> list[str]:
    if quote is None:
        return [UNKNOWN, "give models.NAME.price"]
    first = quote.rates[0]
    more = ", more for long prompts" if len(quote.rates) > 1 else ""
    return [f"{first.input:g}, {first.cached:g}, {first.output:g}{more}", quote.source]


def _remarks(estimate: CostEstimate) -> list[str]:
    total = estimate.total
    said = []
    if not total.exact:
        said.append("Calls: how many cells share depends on the replies.")
    if not math.isfinite(total.high.tokens_out):
        said.append("?: nothing bounds the answers; give max_tokens under sampling.")
    wait = estimate.least_wall_s
    said.append(
        "Time: unknown; no endpoint has a limit per minute."
        if wait is None
        else f"Time: at least {wait / 60:,.1f} minutes by limits per minute; how long calls take is unknown."
    )
    said.append("Tokens are bounds without a tokenizer; prose has about a third of the upper one.")
    return ["", *said]


def as_plain(estimate: CostEstimate) -> dict[str, Any]:
    """The estimate for machines; what is unknown or unbounded is ``null``."""
    return {
        "trials": estimate.trials,
        "known_calls": estimate.known_calls,
        "exact": estimate.total.exact,
        "least_wall_s": estimate.least_wall_s,
        "total": asdict(estimate.total),
        "cells": [
            {"cell": cell, "alone": asdict(estimate.alone[cell]), "new": asdict(bounds)}
            for cell, bounds in estimate.cells.items()
        ],
        "models": _by_name("model", estimate.models.items(), estimate.quotes),
        "agents": [{"agent": agent, **asdict(bounds)} for agent, bounds in estimate.agents.items()],
    }


def _by_name(
    kind: str, bounds: Iterable[tuple[str, Bounds]], quotes: Mapping[str, Quote | None]
) -> list[dict[str, Any]]:
    made = []
    for name, each in bounds:
        quote = quotes[name]
        made.append({kind: name, **asdict(each), "price": None if quote is None else asdict(quote)})
    return made
