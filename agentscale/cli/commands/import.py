"""``agentscale import``."""

from __future__ import annotations

import click

from agentscale import api
from agentscale.cli.output import say, summary


@click.command(name="import")
@click.argument("files", type=click.Path(), nargs=-1, required=True)
@click.option("--format", help="table, saferl, inspect, …; by default the file's suffix tells.")
@click.option("--out", type=click.Path(), help="The run folder; results/NAME by default.")
@click.option("--name", help="The run's name; that of the first file by default.")
@click.option("--extract", help="Read all texts anew by this chain of extractors, such as mark,letter.")
@click.option("--embedder", default="use", help="What turns texts into vectors for K*.")
def command(
    files: tuple[str, ...], format: str | None, out: str | None, name: str | None, extract: str | None, embedder: str
) -> None:
    """Make a run folder of the logs FILES of another tool, and print its summary. No model is asked."""
    chain = None if extract is None else [each.strip() for each in extract.split(",")]
    made = api.import_run(files, format=format, out=out, name=name, extract=chain, embedder=embedder)
    for warning in made.warnings:
        say(f"note: {warning}", err=True)
    summary(made.run)
    say(f"run folder: {made.run.path}")
