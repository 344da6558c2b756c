"""Figures for print: every one in the width of a column, as SVG, PNG and PDF from the specification of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import vl_convert

from agentscale.recording.files import replaced
from agentscale.report.contents import Contents
from agentscale.report.figures.base import svg
from agentscale.report.followed import CAPTION

Form = Literal["svg", "png", "pdf"]
FORMS: tuple[Form, ...] = ("svg", "png", "pdf")
_PPI = 300
_WHO_READS = (
    "Who reads whom: an arrow from u to v says that v reads u; a line without a head joins two that read each other."
)


class Preset(NamedTuple):
    """A place on a printed page."""

    width_pt: float
    """Width of the figure, in points."""
    columns: int
    """Panels side by side."""
    panel_px: int
    """Width of a panel before all is scaled to the place, in pixels: the wider, the smaller its letters."""


PRESETS = {"one-column": Preset(246.0, 1, 250), "two-column": Preset(510.0, 2, 260)}
"""The columns of most journals and proceedings with two columns: 3.4 and 7.1 inches."""


def printed(shown: Contents, to: Path, preset: Preset, forms: tuple[Form, ...] = FORMS) -> list[Path]:
    """Writes every figure in every form, and ``captions.md`` with the words below each.

    Args:
        shown: The run.
        to: The folder, which is made.
        preset: The place.
        forms: Files of each figure.

    Returns:
        The paths, in the order of the page.

    Raises:
        StoreError: The folder cannot be written.
    """
    to.mkdir(parents=True, exist_ok=True)
    written = []
    for name, drawn in _all(shown, preset):
        for form in forms:
            written.append(_written(to / f"{name}.{form}", _converted(drawn, preset.width_pt, form)))
    if written:
        written.append(_written(to / "captions.md", _captions(shown).encode()))
    return written


def _all(shown: Contents, preset: Preset) -> Iterator[tuple[str, str]]:
    for figure in shown.figures:
        yield figure.name, svg(figure, columns=preset.columns, width=preset.panel_px)
    yield from shown.drawn(2 * preset.columns).items()


def scaled(drawn: str, width: float, unit: str = "pt") -> str:
    """The SVG in that width, its height in proportion.

    Args:
        drawn: An SVG whose ``viewBox`` starts at 0 0.
        width: In the unit.
        unit: ``pt``, or nothing, which is a pixel on a screen and a point in a PDF.
    """
    head, _, rest = drawn.partition(">")
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', head)
    assert found, "every drawing here has a viewBox"
    height = width * float(found[2]) / float(found[1])
    bare = re.sub(r' (?:width|height)="[^"]*"', "", head)
    return f'{bare} width="{width:g}{unit}" height="{height:.2f}{unit}">{rest}'


def _converted(drawn: str, width_pt: float, form: Form) -> bytes:
    if form == "png":
        return bytes(vl_convert.svg_to_png(scaled(drawn, width_pt, ""), ppi=_PPI))
    if form == "pdf":
        return bytes(vl_convert.svg_to_pdf(scaled(drawn, width_pt, "")))
    return scaled(drawn, width_pt).encode()


def _captions(shown: Contents) -> str:
    said = [(figure.name, f"{figure.title}. {figure.caption}") for figure in shown.figures]
    extra = {"topologies": _WHO_READS, "followed": CAPTION}
    said += [(name, extra[name]) for name in shown.drawn()]
    return "".join(f"**{name}**: {text} {shown.brief}.\n\n" for name, text in said)


def _written(path: Path, content: bytes) -> Path:
    with replaced(path, durable=False) as file:
        file.write(content)
    return path
