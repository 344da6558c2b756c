"""The page put together: tables to CSV, figures to SVG, and one HTML file that needs nothing else.

Nothing in it depends on the clock, the machine or the order of anything, so that the same run gives the same bytes.
The page may load nothing from anywhere: a content security policy forbids it, and admits this page's own scripts by
their digest, so that no text of a model can ever run.
"""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from agentscale.analysis.tables import LONG
from agentscale.errors import StoreError
from agentscale.recording.files import replaced
from agentscale.report import drawings, transcripts, words
from agentscale.report.assets import asset, declared
from agentscale.report.colours import DARK, LIGHT
from agentscale.report.contents import Contents
from agentscale.report.figures import svg, theme
from agentscale.report.findings import gathered
from agentscale.report.followed import CAPTION
from agentscale.report.legible import embedded, visible
from agentscale.report.numbers import sheet
from agentscale.report.outlook import outlook

if TYPE_CHECKING:
    from agentscale.analysis import Analysis
    from agentscale.store import RunFolder

_SERIES = len(LIGHT["series"])
SCRIPTS = ("elements.js", "copy.js", "packed.js", "rounds.js", "trial.js", "browser.js", "charts.js")
"""The page's own scripts, in the order in which they run. Vega's stands before the last, which draws the charts."""


def render(folder: RunFolder, analysis: Analysis) -> Path:
    """Write the report of a run: ``report.html``, every table as CSV, every figure as SVG.

    Args:
        folder: The run.
        analysis: Its numbers; the report shows them and computes none.

    Returns:
        The path of the page.

    Raises:
        StoreError: If the run folder cannot be read or written.
    """
    for name, table in analysis.tables.items():
        folder.write_table(name, table.columns, table.rows)
    shown = Contents(analysis)
    for figure in shown.figures:
        _write(folder.figure_path(f"{figure.name}.svg"), svg(figure, shown.brief))
    for name, drawn in shown.drawn().items():
        _write(folder.figure_path(f"{name}.svg"), drawn)
    return _write(folder.report_path, page(folder, shown))


def page(folder: RunFolder, shown: Contents) -> str:
    """The HTML of the page.

    Args:
        folder: The run, for its transcripts.
        shown: All else that is on the page.
    """
    analysis, tables, drawn = shown.analysis, shown.tables, shown.figures
    header, packed = folder.header, transcripts.pack(folder, transcripts.MAX_TRIALS)
    warnings = [*map(visible, analysis.warnings), *gathered(tables["cells"], "cell")]
    scripts = [_script(name) for name in SCRIPTS]
    return (
        _environment()
        .get_template("report.html")
        .render(
            header=header,
            matters=words.matters(header, tables, packed),
            transcribed=packed.cells,
            answers=words.answers(tables),
            unanswered=words.unanswered(tables),
            method=analysis.method,
            figures=drawn,
            followed=shown.followed,
            follow_caption=CAPTION,
            outlook=outlook(tables["forecast"]) if "forecast" in tables else None,
            drawings=shown.topologies,
            side=f"{drawings.SIDE:.0f}",
            card=shown.card,
            brief=shown.brief,
            warnings=warnings,
            beside={figure.name: [*words.beside(figure.name, warnings), *figure.warnings] for figure in drawn},
            sheets={
                name: sheet(name, table.columns, tables[name])
                for name, table in analysis.tables.items()
                if name not in LONG and table.rows
            },
            beside_page={name: len(analysis.tables[name].rows) for name in LONG if _has_rows(analysis, name)},
            packed=packed,
            charts={
                "config": theme(_variables()),
                "panels": [panel.spec for figure in drawn for panel in figure.panels],
            },
            style=Markup(asset("style.css")),
            light=declared(LIGHT),
            dark=declared(DARK),
            bundle=Markup(_bundle()),
            scripts=scripts,
            digests=[_digest(script) for script in (*scripts[:-1], _bundle(), scripts[-1])],
        )
    )


def _has_rows(analysis: Analysis, table: str) -> bool:
    return table in analysis.tables and bool(analysis.tables[table].rows)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("agentscale.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.filters["embedded"] = embedded
    return environment


def _variables() -> dict[str, Any]:
    """The theme's colours as CSS variables: dark mode and print then need no second drawing."""
    series = [f"var(--series-{index})" for index in range(_SERIES)]
    return {"series": series, **{name: f"var(--{name})" for name in ("ink", "muted", "rule", "paper")}}


@cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed, from the copy that the SVG files are drawn with.

    To bundle them takes two seconds, so what one version gives is kept in the user's cache; where it cannot be, it is
    made anew.
    """
    kept = platformdirs.user_cache_path("agentscale") / f"vega-{version('vl-convert-python')}.js"
    with suppress(OSError):
        return kept.read_text("utf-8")
    made = str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")).replace("</script", "<\\/script")
    with suppress(OSError, StoreError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        _write(kept, made)
    return made


def _script(name: str) -> Markup:
    return Markup(asset(name))


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _write(path: Path, text: str) -> Path:
    with replaced(path, durable=False) as file:
        file.write(text.encode("utf-8"))
    return path
