"""``agentscale report``."""

from __future__ import annotations

import click

from agentscale import api
from agentscale.cli.output import warned


@click.command(name="report")
@click.argument("run", type=click.Path())
@click.option("--embedder", help="What turns texts into vectors for K*; the experiment's own by default.")
@click.option("--figures", type=click.Path(), help="Write the figures for print into this folder, instead of the page.")
@click.option("--preset", help="With --figures: one-column (the default) or two-column.")
@click.option("--formats", help="With --figures: svg,png,pdf (the default), or some of them.")
@click.option("--tables", help="Print the tables of a paper, instead of the page: latex or markdown.")
@click.option("--methods", is_flag=True, help="Print a paragraph of methods with every setting, instead of the page.")
def command(
    run: str,
    embedder: str | None,
    figures: str | None,
    preset: str | None,
    formats: str | None,
    tables: str | None,
    methods: bool,
) -> None:
    """Write report.html, tables/*.csv and figures/*.svg of the run folder RUN, and print the page's path."""
    for option, given in (("--preset", preset), ("--formats", formats)):
        if given is not None and figures is None:
            raise click.UsageError(f"{option} says how figures are printed: give --figures FOLDER too")
    opened = api.open_run(run, embedder=embedder)
    if figures is not None:
        for path in opened.print_figures(figures, preset or "one-column", (formats or "svg,png,pdf").split(",")):
            click.echo(str(path))
    if tables is not None:
        for name, text in opened.typeset(tables).items():
            click.echo(f"{_COMMENT[tables].format(name)}\n{text}")
    if methods:
        click.echo(opened.methods(), nl=False)
    warned(opened)
    if figures is None and tables is None and not methods:
        click.echo(str(opened.report()))


_COMMENT = {"latex": "% {}", "markdown": "**{}**\n"}
