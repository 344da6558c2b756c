"""K*, the effective number of independent channels, against team size."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.report.figures.accuracy import SIZE
from agentscale.report.figures.base import Figure, by_setting, series_order
from agentscale.report.figures.curve import Measure, panel
from agentscale.report.numbers import Row, channels, known, sheet

K_STAR = Measure("K*", "k_star", "k_star_low", "k_star_high", ".2f", channels, (1.0, None))
COLUMNS = ("task", "layer", "protocol", "topology", "size", "teams", "k_star", "k_star_low", "k_star_high", "n_items")
CAPTION = (
    "How many independent voices the team's answers amount to, between 1 (all say the same) and N (no two alike). "
    "K* looks at the texts alone: it grows with N even where the added voices are only noise, so compare it between "
    "teams of the same size, and read it beside accuracy."
)


def figure(curves: Sequence[Row]) -> Figure | None:
    """The figure of the table ``curves``; ``None`` where K* is nowhere defined."""
    rows = [row for row in curves if known(row.get("k_star"))]
    order = series_order(rows)
    panels = [panel(title, there, order, K_STAR, SIZE) for title, there in by_setting(rows).items()]
    if not panels:
        return None
    return Figure("channels", "K* against team size", CAPTION, tuple(panels), sheet("curves", COLUMNS, curves))
