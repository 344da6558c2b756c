"""K* by question: where a team's many voices are worth something, and where they are noise."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from agentscale.report.figures.base import Figure, Panel, by_setting, marks_of, series_name, series_order, spec
from agentscale.report.figures.rounds import largest
from agentscale.report.numbers import Row, channels, known, sheet

MOST = 200  # dots of a line: of more questions an even sample is drawn
COLUMNS = ("cell", "question", "round", "k_star", "mean_cosine", "agent_accuracy", "team_accuracy", "missing")
CAPTION = (
    "Each dot is a question as the largest team answered it in its last round: K* of its texts against the share of "
    "its agents that are right. Questions on the left are answered in one voice; low on the left the voice is wrong, "
    "which no vote can mend."
)


def figure(questions: Sequence[Row], cells: Sequence[Row]) -> Figure | None:
    """The figure of the table ``questions``; ``None`` where no team of two has K*.

    Args:
        questions: The table ``questions``.
        cells: The table ``cells``, which says what each cell is.
    """
    about = {row["cell"]: row for row in largest_cells(cells)}
    rows = [{**about[row["cell"]], **row} for row in _last(questions) if row["cell"] in about and _is_dot(row)]
    order = series_order(rows)
    panels = [_panel(title, there, order) for title, there in by_setting(rows).items()]
    if not panels:
        return None
    name = "K* by question"
    return Figure("questions", name, CAPTION, tuple(panels), sheet("questions", COLUMNS, rows))


def largest_cells(cells: Sequence[Row]) -> list[Row]:
    """The cells of the largest teams of every setting, of two agents or more."""
    return [row for there in by_setting(cells).values() for row in largest(there) if row["size"] > 1]


def _is_dot(row: Row) -> bool:
    return known(row.get("k_star")) and known(row.get("agent_accuracy"))


def _last(questions: Sequence[Row]) -> list[Row]:
    """The row of each question's last round."""
    return list({(row["cell"], row["question"]): row for row in questions}.values())


def _panel(title: str, rows: Sequence[Row], order: list[str]) -> Panel:
    marks = marks_of(order, rows)
    by_cell: dict[str, list[Row]] = {}
    for row in rows:
        by_cell.setdefault(row["cell"], []).append(row)
    shown = [row for own in by_cell.values() for row in own[:: -(-len(own) // MOST)]]
    values = [
        {name: row[name] for name in ("question", "k_star", "agent_accuracy")} | {"series": series_name(row)}
        for row in shown
    ]
    size = rows[0]["size"]
    right = alt.Axis(format=".0%", title="agents right")
    tips = [alt.Tooltip("k_star:Q", format=".2f"), alt.Tooltip("agent_accuracy:Q", format=".0%")]
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_point(size=34, opacity=0.55)
        .encode(
            alt.X("k_star:Q", scale=alt.Scale(domain=[1, size]), axis=alt.Axis(title="K* of the texts", tickCount=5)),
            alt.Y("agent_accuracy:Q", scale=alt.Scale(domain=[0, 1]), axis=right),
            marks["color"],
            marks["shape"],
            tooltip=["series:N", "question:N", *tips],
        )
    )
    return Panel(f"{title} · N = {size}", _in_words(title, by_cell, len(shown)), spec(chart))


def _in_words(title: str, by_cell: dict[str, list[Row]], n_shown: int) -> str:
    told = ". ".join(
        f"{cell}: {len(own)} questions with K* from {channels(min(row['k_star'] for row in own))} to "
        f"{channels(max(row['k_star'] for row in own))}"
        for cell, own in by_cell.items()
    )
    return f"K* against the share of agents that are right, {title}, {n_shown} dots. {told}."
