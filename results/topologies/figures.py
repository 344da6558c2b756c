"""Three figures: debates by graph and budget, MacNet by agents and by calls, and how well a middle is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import curves
import macnet
from teams import TOPOLOGIES
from writing import data, write_figure

Rows = Sequence[Mapping[str, Any]]

WIDTH = 250
BUDGETS = {"rounds": "equal rounds (and calls)", "messages": "equal messages"}
FAMILIES = {
    "constant": "constant",
    "power_gap": "power",
    "logistic_linear": "logistic in n",
    "logistic": "logistic in log n",
}


def draw(out: Path, debated: Rows, work: Rows, planted: Rows) -> None:
    """Writes all of them."""
    write_figure(out, "debates", *(_gains(debated, rule) for rule in ("copy, truth favoured", "copy")))
    write_figure(out, "macnet", *(_work(work, axis) for axis in ("n", "calls")))
    write_figure(out, "law", _middles(planted), _chosen(planted))


def _gains(debated: Rows, rule: str) -> alt.LayerChart:
    """What a debate of the smaller team adds to its vote, by graph: one mark a budget, with its interval."""
    small = min(row["n"] for row in debated)
    rows = [
        {"graph": row["topology"], "budget": BUDGETS[row["budget"]]}
        | {end: 100 * row[name] for end, name in (("gain", "gain"), ("low", "gain_low"), ("high", "gain_high"))}
        for row in debated
        if row["n"] == small and row["rule"] == rule
    ]
    titles = {"copy": "no regard to truth", "copy, truth favoured": "a right answer convinces more"}
    base = alt.Chart(data(rows), title=titles[rule], width=WIDTH, height=320).encode(
        y=alt.Y("graph:N", sort=list(TOPOLOGIES), title=None),
        yOffset=alt.YOffset("budget:N", sort=list(BUDGETS.values())),
        color=alt.Color("budget:N", sort=list(BUDGETS.values()), legend=alt.Legend(title=None, orient="bottom")),
    )
    shape = alt.Shape("budget:N", sort=list(BUDGETS.values()), legend=None)
    title = "points that the debate adds to the vote"
    lines = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=title), x2="high:Q")
    zero = alt.Chart(data([{"x": 0}])).mark_rule(strokeDash=[3, 3]).encode(x="x:Q")
    return zero + lines + base.mark_point(filled=True, size=45).encode(x="gain:Q", shape=shape)


def _work(work: Rows, axis: str) -> alt.LayerChart:
    """MacNet's accuracy above that of one agent alone, by agents or by calls."""
    rows = [
        {"graph": row["topology"], axis: row[axis]}
        | {end: 100 * row[name] for end, name in (("gain", "gain"), ("low", "gain_low"), ("high", "gain_high"))}
        for row in work
        if row["executor"] == "waits for all" and row["rule"] == macnet.FAVOURED
    ]
    title = {"n": "agents on nodes", "calls": "calls for a question"}[axis]
    base = alt.Chart(data(rows), width=WIDTH, height=260).encode(
        x=alt.X(f"{axis}:Q", scale=alt.Scale(type="log", base=2), title=title),
        color=alt.Color("graph:N", sort=list(macnet.GRAPHS), legend=alt.Legend(title=None, orient="bottom", columns=6)),
    )
    lines = base.mark_line().encode(y=alt.Y("gain:Q", title="points above one agent alone"))
    points = base.mark_point(filled=True, size=40).encode(
        y="gain:Q", shape=alt.Shape("graph:N", sort=list(macnet.GRAPHS), legend=None)
    )
    return base.mark_rule(opacity=0.4).encode(y="low:Q", y2="high:Q") + lines + points


def _middles(planted: Rows) -> alt.LayerChart:
    """Where the middle of a planted logistic is found."""
    rows = [
        {"height": f"{row['height']:g}"} | {name: row[name] for name in ("middle", "low", "high")} for row in planted
    ]
    base = alt.Chart(data(rows), title="fitted middle, 95 % of data sets", width=WIDTH, height=160).encode(
        y=alt.Y("height:N", title="planted rise")
    )
    bars = base.mark_rule(strokeWidth=3).encode(x=alt.X("low:Q", title="log₂ of agents at the middle"), x2="high:Q")
    truth = alt.Chart(data([{"x": curves.PLANTED["gamma"]}])).mark_rule(strokeDash=[3, 3]).encode(x="x:Q")
    return truth + bars + base.mark_point(filled=True, size=50).encode(x="middle:Q")


def _chosen(planted: Rows) -> alt.Chart:
    """Which family AICc takes for the planted logistic."""
    rows = [
        {"height": f"{row['height']:g}", "family": title, "share": 100 * row[f"chosen_{name}"]}
        for row in planted
        for name, title in FAMILIES.items()
    ]
    return (
        alt.Chart(data(rows), title="family that AICc chooses", width=WIDTH, height=160)
        .mark_bar()
        .encode(
            x=alt.X("share:Q", title="% of data sets", scale=alt.Scale(domain=[0, 100])),
            y=alt.Y("height:N", title=None),
            color=alt.Color("family:N", sort=list(FAMILIES.values()), legend=alt.Legend(title=None, orient="bottom")),
        )
    )
