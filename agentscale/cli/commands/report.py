"""``agentscale report``."""

from __future__ import annotations

import click

from agentscale import api
from agentscale.cli.output import warned


@click.command(name="report")
@click.argument("run", type=click.Path())
@click.option("--embedder", help="What turns texts into vectors for K*; the experiment's own by default.")
def command(run: str, embedder: str | None) -> None:
    """Write report.html, tables/*.csv and figures/*.svg of the run folder RUN, and print the page's path."""
    opened = api.open_run(run, embedder=embedder)
    warned(opened)
    click.echo(str(opened.report()))
