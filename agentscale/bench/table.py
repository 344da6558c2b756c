"""An area's result as text within 100 columns."""

from __future__ import annotations

from collections.abc import Sequence

from agentscale.bench.goals import Goal, Measure, Result

_MET = {True: "met", False: "MISSED", None: "not measured"}


def table(result: Result) -> str:
    """Measures, then goals, then notes."""
    parts = [
        _columns(["measured", "", ""], [_measure(each) for each in result.measures]),
        _columns(["goal", "is", "wanted", "", "beside"], [_goal(each) for each in result.goals]),
        "\n".join(result.notes),
    ]
    return "\n\n".join(part for part in parts if part)


def _measure(measure: Measure) -> list[str]:
    unit = f"{measure.unit}  ({measure.note})" if measure.note else measure.unit
    return [measure.name, figure(measure.value), unit]


def _goal(goal: Goal) -> list[str]:
    return [goal.name, figure(goal.value), goal.want, _MET[goal.met], goal.baseline]


def figure(value: float | None) -> str:
    """Three significant digits; whole numbers from 1,000 on with separators; a dash for what was not measured."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    widths = [max(len(row[index]) for row in [head, *rows]) for index in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, *rows]]
    return "\n".join(line.rstrip() for line in lines)
