"""How far a run is, in words: for its progress, and for its end."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from agentscale.cli.amounts import tokens, usd

if TYPE_CHECKING:
    from agentscale.engine.tally import Tally
    from agentscale.transport import Traffic


def asked(tally: Tally) -> str:
    """Calls, and how many of them failed."""
    failed = f", {tally.calls_failed} failed" if tally.calls_failed else ""
    return f"{tally.calls_asked} of at most {tally.calls_at_most} calls asked{failed}"


def failures(tally: Tally) -> str:
    """The failed calls by model and kind, the most frequent first; nothing where none failed."""
    by_count = sorted(tally.failures.items(), key=lambda entry: (-entry[1], entry[0]))
    return ", ".join(f"{kind} {_times(count)}" for kind, count in by_count)


def cells(tally: Tally) -> str:
    """Cells of which every trial has ended."""
    ended = sum(tally.done_by_cell.get(cell, 0) == planned for cell, planned in tally.trials_by_cell.items())
    return f"{ended} of {len(tally.trials_by_cell)} ended"


def tools(tally: Tally) -> str:
    """How often tools were used; nothing where they were not."""
    wrong = f", of which {tally.tool_errors:,} went wrong" if tally.tool_errors else ""
    return f"tools used {_times(tally.tool_uses)}{wrong}" if tally.tool_uses else ""


def spent(tally: Tally) -> str:
    """Tokens and money; what is unknown is said to be so."""
    counted = f"{tokens(tally.tokens_in)} tokens in, {tokens(tally.tokens_out)} out"
    unknown = f" (unknown of {tally.usage_unknown} calls)" if tally.usage_unknown else ""
    return f"{counted}{unknown}, usd {usd(tally.usd)}"


def strains(tally: Tally) -> list[str]:
    """What held up calls, a line for each endpoint; none where nothing did."""
    return [
        textwrap.shorten(f"{name}: {', '.join(_strain(traffic))}", 78, placeholder=" …")
        for name, traffic in sorted(tally.traffic.items())
    ]


def _strain(traffic: Traffic) -> Iterator[str]:
    if traffic.rate_limited:
        yield f"rate limit met {_times(traffic.rate_limited)}"
    if traffic.paused_s:
        yield f"paused for {max(1, round(traffic.paused_s)):,} s"
    if traffic.key_refused:
        yield "its key is refused"
    elif traffic.opened:
        yield f"left alone {_times(traffic.opened)} after faults in a row"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"
