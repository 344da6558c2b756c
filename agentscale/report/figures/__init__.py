"""The figures of a report, in the order in which the page shows them. Each is made of table rows and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentscale.report.figures import (
    accuracy,
    attitudes,
    channels,
    cost,
    flows,
    forecast,
    laws,
    mixes,
    questions,
    rounds,
    similarity,
    survival,
    votes,
    worlds,
)
from agentscale.report.figures.base import Figure, Panel, svg, theme, whole
from agentscale.report.numbers import Row
from agentscale.schema.run import Cell

__all__ = ["Figure", "Panel", "figures", "svg", "theme", "whole"]


def figures(tables: Mapping[str, Sequence[Row]], cells: Sequence[Cell]) -> list[Figure]:
    """All figures that the tables give.

    Args:
        tables: The rows of every table by its name; those that are made for the page alone may be absent.
        cells: The cells of the run.
    """
    drawn = (
        accuracy.figure(tables["curves"]),
        cost.figure(tables["curves"], tables.get("money", ())),
        channels.figure(tables["curves"]),
        votes.figure(tables["vote_curve"], tables["curves"]),
        rounds.figure(tables["rounds"], tables["cells"]),
        attitudes.figure(tables.get("attitudes", ()), tables["cells"]),
        worlds.figure(tables.get("worlds", ()), tables.get("world_runs", ())),
        survival.figure(tables.get("survival", ()), tables.get("worlds", ())),
        flows.figure(tables["rounds"], tables["cells"]),
        similarity.figure(cells, tables["pairs"], tables["contributions"]),
        questions.figure(tables["questions"], tables["cells"]),
        laws.figure(tables["fits"], tables["laws"], tables["curves"]),
        forecast.figure(tables.get("forecast", ()), tables["curves"]),
        mixes.figure(tables.get("mixes", ())),
    )
    return [figure for figure in drawn if figure is not None]
