"""The figures of a report, in the order in which the page shows them. Each is made of table rows and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentscale.report.figures import accuracy, channels, forecast, rounds, votes
from agentscale.report.figures.base import Figure, Panel, svg, theme
from agentscale.report.numbers import Row

__all__ = ["Figure", "Panel", "figures", "svg", "theme"]


def figures(tables: Mapping[str, Sequence[Row]]) -> list[Figure]:
    """All figures that the tables give.

    Args:
        tables: The rows of every table by its name.
    """
    drawn = (
        accuracy.figure(tables["curves"]),
        channels.figure(tables["curves"]),
        votes.figure(tables["vote_curve"], tables["curves"]),
        rounds.figure(tables["rounds"], tables["cells"]),
        forecast.figure(tables.get("forecast", ()), tables["curves"]),
    )
    return [figure for figure in drawn if figure is not None]
