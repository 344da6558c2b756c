"""The colours of charts and page, on white and on black."""

from __future__ import annotations

LIGHT = {
    "series": ("#4b5563", "#0072b2", "#00896b", "#c2410c", "#a8478a", "#8a6d00", "#3f3fbf", "#7a4a21"),
    "ink": "#1f2328",
    "muted": "#5b6470",
    "rule": "#e3e6ea",
    "paper": "#ffffff",
}
"""Colours on white: those of Okabe and Ito, darkened until each stands 3 : 1 against the paper."""
DARK = {
    "series": ("#c4cad3", "#56b4e9", "#1fb489", "#f08a4b", "#dd8fc3", "#d9b836", "#9a9af0", "#c79a6b"),
    "ink": "#e6e8eb",
    "muted": "#9aa3ae",
    "rule": "#2c323a",
    "paper": "#14171b",
}
