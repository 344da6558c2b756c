"""``agentscale analyze``."""

from __future__ import annotations

import click

from agentscale import api
from agentscale.cli.output import summary, to_json


@click.command(name="analyze")
@click.argument("run", type=click.Path())
@click.option("--embedder", help="What turns texts into vectors for K*; the experiment's own by default.")
@click.option("--table", default="cells", show_default=True, help="The table that --json prints.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows of a table as one JSON array.")
def command(run: str, embedder: str | None, table: str, as_json: bool) -> None:
    """Compute the tables of the run folder RUN and print the summary. No model is asked."""
    opened = api.open_run(run, embedder=embedder)
    if as_json:
        click.echo(to_json(opened.rows(table)))
    else:
        summary(opened)
