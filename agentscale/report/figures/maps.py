"""The other kind of chart that figures are: a map of coloured cells with their numbers in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt

from agentscale.report.figures.base import spec

_WRITTEN = 100  # cells up to which each bears its number
_COLOURS = ["", "map"]  # the second colour of the theme


class Axis(NamedTuple):
    """One side of a map."""

    field: str
    title: str
    order: Sequence[Any]
    """Its levels: from left to right, from above to below."""


class Shade(NamedTuple):
    """What colours a cell."""

    field: str
    format: str
    """A d3 format."""
    domain: tuple[float, float]
    """The values of the lightest and the darkest cell."""


def chart(values: Sequence[dict[str, Any]], x: Axis, y: Axis, shade: Shade, told: Sequence[str]) -> dict[str, Any]:
    """The specification of a map.

    Args:
        values: A record a cell, of the fields of both axes, of the shade, and of what tooltips tell.
        x: From left to right.
        y: From above to below.
        shade: What colours.
        told: Fields of the tooltip.
    """
    frame = alt.Chart(alt.InlineData(values=[{"map": _COLOURS[1], **value} for value in values]))
    sides = _side(alt.X, x, labelAngle=0), _side(alt.Y, y, labelLimit=150)
    # Opacity of one colour: the map is legible on either paper, and its numbers keep their contrast.
    scale = alt.Scale(domain=list(shade.domain), range=[0.03, 0.55], clamp=True)
    cells = frame.mark_rect(cornerRadius=2).encode(
        *sides,
        alt.Opacity(f"{shade.field}:Q", scale=scale, legend=None),
        alt.Color("map:N", scale=alt.Scale(domain=_COLOURS), legend=None),
        tooltip=[_tip(name, shade) for name in told],
    )
    if len(values) > _WRITTEN:
        return spec(cells)
    numbers = frame.mark_text(style="number", fontSize=10).encode(
        *sides, text=alt.Text(f"{shade.field}:Q", format=shade.format)
    )
    return spec(alt.layer(cells, numbers))


def _side(channel: Any, axis: Axis, **look: Any) -> Any:
    looks = {"title": axis.title or None, "ticks": False, "domain": False, "grid": False, **look}
    return channel(f"{axis.field}:O", sort=list(axis.order), axis=alt.Axis(**looks))


def _tip(name: str, shade: Shade) -> alt.Tooltip:
    if name in (shade.field, "low", "high"):
        return alt.Tooltip(f"{name}:Q", title=name.replace("_", " "), format=shade.format)
    return alt.Tooltip(f"{name}:N", title=name.replace("_", " "))
