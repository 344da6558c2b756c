"""Numbers into something to look at: tables as CSV, figures as SVG, one HTML page. This room computes no number."""

from agentscale.report.compose import render

__all__ = ["render"]
