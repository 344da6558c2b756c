"""Numbers into something to look at: tables as CSV, figures as SVG, one HTML page. This room computes no number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentscale.report.compose import render

__all__ = ["render"]


def __getattr__(name: str) -> object:
    """``render``, whose charts take long to import: whoever only draws a topology does without them."""
    if name == "render":
        from agentscale.report.compose import render

        return render
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
