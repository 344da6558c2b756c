"""Files of the page: scripts, the style and its colours, pieces of HTML. The viewer shows transcripts by the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files

from markupsafe import Markup

from agentscale.report.colours import DARK, LIGHT


def asset(name: str) -> str:
    """The text of a file of the page."""
    return (files("agentscale.report") / "page" / name).read_text("utf-8")


def style() -> str:
    """The whole style, light and dark."""
    dark = f"@media screen and (prefers-color-scheme:dark){{:root{{{declared(DARK)}}}}}"
    return f":root{{{declared(LIGHT)}}}\n{dark}\n{asset('style.css')}"


def declared(colours: Mapping[str, Sequence[str]]) -> Markup:
    """CSS declarations of a theme's colours."""
    listed = [f"--series-{index}:{colour}" for index, colour in enumerate(colours["series"])]
    return Markup(";".join([*listed, *(f"--{name}:{value}" for name, value in colours.items() if name != "series")]))
