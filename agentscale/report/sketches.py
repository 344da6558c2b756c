"""Topologies in characters, for a terminal: the picture of `drawings` in dots, eight to a character.

No colour and no control sequence: the same text on a terminal, in a file and under ``NO_COLOR``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from itertools import groupby
from math import hypot
from typing import TYPE_CHECKING

import networkx as nx

from agentscale.report.drawings import joined, places

if TYPE_CHECKING:
    from agentscale.topology import Measures

COLUMNS = 40
"""Width of a picture, in characters; it is half as many lines high."""
MOST_NAMED = 40
"""Agents up to which each bears its number."""
MOST_TOLD = 16
"""Agents up to which a line for each tells whom it reads."""

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits of a braille character, by column and row."""
_HEADS = "▶▼◀▲"


def page(title: str, graph: nx.DiGraph, measured: Measures) -> str:
    """The picture with the measures beside it, whom everybody reads, and why numbers are missing; within 80 columns."""
    picture, numbers = sketch(graph), _numbers(measured)
    height = max(len(picture), len(numbers))
    beside = [
        f"{left:{COLUMNS}}  {right}".rstrip()
        for left, right in zip(_padded(picture, height), _padded(numbers, height), strict=True)
    ]
    parts = [textwrap.wrap(title, 80), beside, _wrapped(readings(graph)), _wrapped(_reasons(measured.undefined))]
    return "\n\n".join("\n".join(part) for part in parts if part)


LABELS = {
    "edges": "edges",
    "density": "density",
    "in_degree_mean": "peers read, mean",
    "in_degree_min": "  fewest",
    "in_degree_max": "  most",
    "out_degree_max": "readers, most",
    "sources": "read nobody",
    "sinks": "read by nobody",
    "is_acyclic": "without cycle",
    "depth": "depth",
    "sink_coverage": "sink coverage",
    "components": "parts",
    "reach": "reach",
    "mean_path_length": "path length, mean",
    "diameter": "diameter",
    "clustering": "clustering",
    "sigma": "small-world σ",
    "omega": "small-world ω",
    "spectral_gap": "spectral gap",
    "n_eff": "N_eff of consensus",
}
"""How the measures are called beside a picture."""


def _numbers(measured: Measures) -> list[str]:
    return [
        f"{label:{max(map(len, LABELS.values()))}}  {_shown(getattr(measured, name))}" for name, label in LABELS.items()
    ]


def _shown(value: float | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


def _reasons(undefined: Mapping[str, str]) -> list[str]:
    """Each reason once, with all that it is the reason for."""
    named: dict[str, list[str]] = {}
    for name, reason in undefined.items():
        named.setdefault(reason, []).append(LABELS[name].strip())
    return [f"– {', '.join(names)}: {reason}" for reason, names in named.items()]


def _wrapped(lines: Iterable[str]) -> list[str]:
    return [part for line in lines for part in textwrap.wrap(line, 80, subsequent_indent="    ")]


def _padded(lines: list[str], height: int) -> list[str]:
    return [*lines, *[""] * (height - len(lines))]


def sketch(graph: nx.DiGraph) -> list[str]:
    """The lines of a picture. Lines without a head join two that read one another; a head stands beside the reader."""
    at = places(graph, side=2.0 * COLUMNS, margin=6.0)
    canvas = _Canvas(COLUMNS, COLUMNS // 2)
    lines = joined(graph)
    for u, v, _ in lines:
        canvas.line(at[u], at[v])
    for u, v, head in lines:
        if head:
            canvas.head(at[u], at[v])
    for node, place in at.items():
        canvas.name(place, str(node) if len(graph) <= MOST_NAMED else "●")
    return canvas.rows()


def readings(graph: nx.DiGraph) -> list[str]:
    """A line for each agent that says whom it reads; none in a large team."""
    if len(graph) > MOST_TOLD:
        return []
    return [f"{node} reads {_ranges(sorted(graph.predecessors(node))) or 'nobody'}" for node in graph]


def _ranges(numbers: list[int]) -> str:
    """``0–3, 5`` for 0, 1, 2, 3, 5."""
    spans = [[number for _, number in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    return ", ".join(f"{span[0]}–{span[-1]}" if len(span) > 2 else ", ".join(map(str, span)) for span in spans)


class _Canvas:
    """Characters of two by four dots each."""

    def __init__(self, columns: int, rows: int) -> None:
        self._dots = [[0] * columns for _ in range(rows)]
        self._signs: dict[tuple[int, int], str] = {}
        self._columns = columns

    def line(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        (x1, y1), (x2, y2) = start, end
        steps = max(1, round(max(abs(x2 - x1), abs(y2 - y1))))
        for step in range(steps + 1):
            x, y = round(x1 + (x2 - x1) * step / steps), round(y1 + (y2 - y1) * step / steps)
            self._dots[y // 4][x // 2] |= _DOTS[x % 2][y % 4]

    def head(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A triangle a little before the end, in the direction of the line."""
        (x1, y1), (x2, y2) = start, end
        away = hypot(x2 - x1, y2 - y1) or 1.0
        back = min(5.0, away / 2)
        x, y = x2 - (x2 - x1) / away * back, y2 - (y2 - y1) / away * back
        across = abs(x2 - x1) >= abs(y2 - y1)
        sign = _HEADS[(0 if x2 > x1 else 2) if across else (1 if y2 > y1 else 3)]
        self._signs[round(y) // 4, round(x) // 2] = sign

    def name(self, place: tuple[float, float], text: str) -> None:
        row, column = round(place[1]) // 4, round(place[0]) // 2 - (len(text) - 1) // 2
        for offset, sign in enumerate(text):
            self._signs[row, min(max(column + offset, 0), self._columns - 1)] = sign

    def rows(self) -> list[str]:
        return [
            "".join(
                self._signs.get((row, column), chr(0x2800 + bits) if bits else " ") for column, bits in enumerate(line)
            ).rstrip()
            for row, line in enumerate(self._dots)
        ]
