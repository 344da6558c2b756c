"""Curves in a line each: small bars over the sizes of a team, and the numbers at the largest one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from agentscale.cli.amounts import columns, cut

Row = Mapping[str, Any]
BARS = "▁▂▃▄▅▆▇█"
MOST = 6
"""Bars of a curve; of more sizes every k-th is drawn, and the largest always."""
WIDTH = 80
_NARROW = 12  # letters of a protocol's name that stay in any case
HEAD = ("protocol", "team", "N", "", "accuracy", "", "K*")


class Scale(NamedTuple):
    """What the lowest and the highest bar of a column mean."""

    low: float
    high: float

    def bars(self, values: Iterable[float]) -> str:
        """A bar for each value; a gap where there is none."""
        return "".join(" " if math.isnan(value) else BARS[self._height(value)] for value in values)

    def _height(self, value: float) -> int:
        if self.high <= self.low:
            return 0
        return round((value - self.low) / (self.high - self.low) * (len(BARS) - 1))


def curves(rows: Sequence[Row]) -> str:
    """The rows of the table ``curves`` within 80 columns, a line for each curve; bars of a column share one scale."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(rows, key=lambda row: row["size"]):
        groups.setdefault((row["setting"], team(row)), []).append(row)
    accuracy, k_star = (_scale([row[name] for row in rows]) for name in ("accuracy", "k_star"))
    order = dict.fromkeys((row["setting"], team(row)) for row in rows)
    lines = _fitted([[*name, *_line(groups[name], accuracy, k_star)] for name in order])
    grows = any(len(group) > 1 for group in groups.values())
    said = f"\nnumbers: at the largest N; bars: {_told('accuracy', accuracy)}, {_told('K*', k_star)}" if grows else ""
    return columns(HEAD, lines) + said


def team(row: Row) -> str:
    """What a team is called: its layer, or its own name where the file spelt it out."""
    return str(row["teams"] if row["layer"] == "explicit" else row["layer"])


def interval(value: float, low: float, high: float) -> str:
    """A number with its interval, as far as there is one."""
    if math.isnan(value):
        return "–"
    digits = 2 if abs(value) < 10 else 1
    ends = "" if math.isnan(low) else f" [{low:.{digits}f}, {high:.{digits}f}]"
    return f"{value:.{digits}f}{ends}"


def _scale(values: Iterable[float]) -> Scale:
    known = [value for value in values if not math.isnan(value)]
    return Scale(min(known, default=math.nan), max(known, default=math.nan))


def _told(name: str, scale: Scale) -> str:
    return f"{name} {scale.low:.2f} to {scale.high:.2f}"


def _line(group: Sequence[Row], accuracy: Scale, k_star: Scale) -> list[str]:
    first, last = group[0], group[-1]
    sizes = str(last["size"]) if first is last else f"{first['size']}–{last['size']}"
    drawn = [] if first is last else _spread(group)
    return [
        sizes,
        accuracy.bars(row["accuracy"] for row in drawn),
        interval(last["accuracy"], last["low"], last["high"]),
        k_star.bars(row["k_star"] for row in drawn),
        interval(last["k_star"], last["k_star_low"], last["k_star_high"]),
    ]


def _fitted(lines: list[list[str]]) -> list[list[str]]:
    """The lines with names of protocols that are cut in their middle where the table would be too wide."""
    others = [max(map(len, column)) + 2 for column in list(zip(HEAD, *lines, strict=True))[1:]]
    room = max(_NARROW, WIDTH - sum(others))
    return [[cut(name, room), *rest] for name, *rest in lines]


def _spread(group: Sequence[Row]) -> list[Row]:
    step = math.ceil(len(group) / MOST)
    return list(group[::-1][::step][::-1])
