"""``agentscale export``."""

from __future__ import annotations

import click

from agentscale import api
from agentscale.cli.output import say


@click.command(name="export")
@click.argument("run", type=click.Path())
@click.option("--to", "to", default="csv", show_default=True, help="csv, parquet, dataset, inspect or spans.")
@click.option("--out", type=click.Path(), help="The folder to write into; RUN/export/FORMAT by default.")
def command(run: str, to: str, out: str | None) -> None:
    """Write the answers and trials of the run folder RUN in the format of another tool."""
    for path in api.export_run(run, to, out):
        say(str(path))
