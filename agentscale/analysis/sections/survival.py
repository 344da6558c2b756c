"""How long commons lasted, month by month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agentscale.analysis.sections.base import Number, Sight, Told
from agentscale.analysis.survival import kaplan_meier

_METHOD = "Kaplan–Meier over trials; 95 % interval by Greenwood's variance of log(−log)"


def survival(sight: Sight) -> Iterator[Number]:
    """The chance to outlive each month, and the share of trials that ended in it, where a world measures both."""
    measured = sight.arrays.measures
    if not {"survival", "collapsed"} <= measured.keys():
        return
    curve = kaplan_meier(measured["survival"], measured["collapsed"] == 1)
    for at, month in enumerate(curve.month):
        low, high = float(curve.low[at]), float(curve.high[at])
        yield Told("alive", replace(sight.plain(curve.alive[at], ""), low=low, high=high, method=_METHOD), str(month))
        yield Told("ended", sight.plain(curve.share_ended[at], "share of all trials"), str(month))
