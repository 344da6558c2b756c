"""The course of a debate: K* after each round, and how many answers went from wrong to right and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import altair as alt

from agentscale.report.figures.base import Figure, Panel, by_setting, line_of, series_name, series_order, spec
from agentscale.report.figures.channels import K_STAR
from agentscale.report.figures.curve import panel
from agentscale.report.figures.rounds import ROUND, largest
from agentscale.report.numbers import Row, known, percent, sheet

COLUMNS = ("cell", "round", "k_star", "k_star_low", "k_star_high", "wrong_to_right", "right_to_wrong", "missing")
CAPTION = (
    "Upwards, the share of answers that went from wrong to right in a round; downwards, from right to wrong. A debate "
    "that only copies loses about as much as it gains, and its K* falls: the team talks itself into fewer voices."
)


def figure(rounds: Sequence[Row], cells: Sequence[Row]) -> Figure | None:
    """The figure of the table ``rounds``; ``None`` where nobody answered twice.

    Args:
        rounds: The table ``rounds``.
        cells: The table ``cells``, which says what each cell is.
    """
    about = {row["cell"]: row for row in cells}
    rows = [{**about[row["cell"]], **row} for row in rounds if row["cell"] in about]
    order = series_order(rows)
    panels = [one for title, there in by_setting(rows).items() for one in _panels(title, largest(there), order)]
    if not panels:
        return None
    return Figure("flows", "What a round changes", CAPTION, tuple(panels), sheet("rounds", COLUMNS, rounds))


def _panels(title: str, rows: Sequence[Row], order: list[str]) -> Iterable[Panel]:
    moved = [row for row in rows if known(row.get("wrong_to_right")) and known(row.get("right_to_wrong"))]
    if not moved:
        return
    yield _flows(f"{title}: sides changed", moved, order)
    voiced = [row for row in rows if known(row.get("k_star"))]
    if voiced:
        yield panel(f"{title}: K*", voiced, order, K_STAR, ROUND)


def _flows(title: str, rows: Sequence[Row], order: list[str]) -> Panel:
    there = set(map(series_name, rows))
    ways = (("wrong_to_right", 1), ("right_to_wrong", -1))
    values = [
        {"round": row["round"], "series": series_name(row), "line": " ".join(line_of(row)), "way": way,
         "share": row[way], "signed": sign * row[way]}
        for row in rows for way, sign in ways
    ]  # fmt: skip
    legend = alt.Legend(title=None, values=[name for name in order if name in there])
    lines = list(dict.fromkeys(value["line"] for value in values))
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar()
        .encode(
            alt.X("round:O", axis=alt.Axis(labelAngle=0, title="round", grid=False)),
            alt.Y("signed:Q", axis=alt.Axis(title="to wrong · to right", format=".0%", tickCount=5)),
            alt.XOffset("line:N", sort=lines),
            alt.Color("series:N", scale=alt.Scale(domain=order), legend=legend),
            tooltip=[
                alt.Tooltip("line:N", title="team"),
                "round:O",
                alt.Tooltip("way:N", title="from, to"),
                alt.Tooltip("share:Q", format=".1%"),
            ],
        )
    )
    told = ". ".join(
        f"{line_of(row)[1] or series_name(row)}, round {row['round']}: {percent(row['wrong_to_right'])} to right, "
        f"{percent(row['right_to_wrong'])} to wrong"
        for row in rows[:16]
    )
    return Panel(title, f"Answers that changed sides, {title}. {told}.", spec(chart))
