"""The laws that were fitted to accuracy against N, each with its rivals, to twice the largest team."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from agentscale.report.figures.base import LAYERS, Figure, Panel, data_of, panels_of, series_name, spec
from agentscale.report.figures.curve import sizes_axis
from agentscale.report.findings import gathered
from agentscale.report.numbers import Row, between, known, percent, sheet

MOST = 8  # curves that are drawn
DASHES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3), (1, 4))
COLUMNS = (
    "task", "layer", "protocol", "topology", "team", "quantity", "family", "parameters", "intervals", "aicc", "delta",
    "weight", "r2", "held_out", "n_points", "reach", "forecast", "low", "high", "warnings",
)  # fmt: skip
CAPTION = (
    "Points are what was measured, lines the laws that were fitted to them; the best by AICc stands first and has its "
    "95 % band. Where rivals fit about as well (weights in the table), the points do not choose between them, and what "
    "lies beyond the largest team is the law's word and not the data's."
)
_PLACE = ("task", "layer", "protocol", "topology", "team")


def figure(fits: Sequence[Row], laws: Sequence[Row], curves: Sequence[Row]) -> Figure | None:
    """The figure of the tables ``fits``, ``laws`` and ``curves``; ``None`` where no curve has four sizes.

    Args:
        fits: The table ``fits``, the best law of a curve first.
        laws: The table ``laws``: their points.
        curves: The table ``curves``: what was measured.
    """
    drawn = list(panels_of(laws, _curve).items())
    panels = [_panel(title, there, fits, curves) for title, there in drawn[:MOST]]
    if not panels:
        return None
    left = f" The first {MOST} of {len(drawn)} curves are drawn." if len(drawn) > MOST else ""
    shown, title = sheet("fits", COLUMNS, fits), "Laws of growth, with their rivals"
    return Figure("laws", title, CAPTION + left, tuple(panels), shown, gathered(fits))


def _curve(row: Row) -> str:
    return f"{row.get('setting') or row['protocol']} · {series_name(row)}"


def _is_of(law: Row, point: Row) -> bool:
    """Whether a point lies on the law's curve: layers are one curve over their teams."""
    shared = all(law[name] == point[name] for name in ("task", "layer", "protocol"))
    place = law["topology"] in (point["topology"], "") or not point["topology"]
    return shared and place and (law["layer"] in LAYERS or law["team"] == point["teams"])


def _panel(title: str, laws: Sequence[Row], fits: Sequence[Row], curves: Sequence[Row]) -> Panel:
    families = list(dict.fromkeys(str(row["family"]) for row in laws))
    told = {str(row["family"]): row for row in fits if row["quantity"] == "accuracy" and _same(row, laws[0])}
    measured = [row for row in curves if _is_of(laws[0], row) and known(row.get("accuracy"))]
    x = sizes_axis(sorted({int(row["size"]) for row in measured}), max(row["size"] for row in laws))
    y = alt.Y("value:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", title="accuracy", tickCount=5))
    lines = alt.Chart(data_of(laws, ("size", "value", "low", "high", "family")))
    legend, dashes = (
        alt.Legend(title=None, symbolType="stroke"),
        [list(DASHES[at % len(DASHES)]) for at in range(len(families))],
    )
    color = alt.Color("family:N", scale=alt.Scale(domain=families), legend=legend)
    dash = alt.StrokeDash("family:N", scale=alt.Scale(domain=families, range=dashes), legend=legend)
    band = lines.transform_filter(alt.FieldEqualPredicate(equal=families[0], field="family")).mark_area(opacity=0.12)
    dots = alt.Chart(data_of(measured, ("size", "accuracy", "low", "high")))
    tips = [alt.Tooltip("size:Q", title="team size N"), alt.Tooltip("accuracy:Q", format=".1%")]
    whole = alt.layer(
        band.encode(x, alt.Y("low:Q"), alt.Y2("high"), color),
        lines.mark_line().encode(x, y, color, dash),
        dots.mark_rule(strokeWidth=1.5, opacity=0.5).encode(x, alt.Y("low:Q"), alt.Y2("high")),
        dots.mark_point(style="measured").encode(x, alt.Y("accuracy:Q"), tooltip=tips),
    )
    return Panel(title, _in_words(title, families, told), spec(whole))


def _same(one: Row, other: Row) -> bool:
    return all(one[name] == other[name] for name in _PLACE)


def _in_words(title: str, families: Sequence[str], told: dict[str, Row]) -> str:
    said = [
        f"{name}: {row['parameters']}, weight {row['weight']:.2f}, at {row['reach']:g} agents "
        f"{percent(row['forecast'])} ({between(row['low'], row['high'], percent)})"
        for name in families
        for row in [told.get(name, {})]
        if row and known(row["weight"])
    ]
    return f"Laws of accuracy against team size, {title}. {'. '.join(said)}."
