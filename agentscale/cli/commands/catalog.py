"""``agentscale catalog``."""

from __future__ import annotations

import click

from agentscale import api
from agentscale.cli.output import listing, to_json


@click.command(name="catalog")
@click.argument("kind")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array for machines.")
def command(kind: str, as_json: bool) -> None:
    """List what ships with agentscale and can be named in an experiment file.

    KIND is topologies, tasks, personas, protocols or experiments.
    """
    rows = api.catalog(kind)
    click.echo(to_json(rows) if as_json else listing(rows))
