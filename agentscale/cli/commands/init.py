"""``agentscale init``."""

from __future__ import annotations

import click

from agentscale import api


@click.command(name="init")
@click.argument("name")
@click.option("--to", type=click.Path(), help="The file to write; NAME.yaml here by default. Never overwrites.")
def command(name: str, to: str | None) -> None:
    """Copy the ready experiment NAME (see `agentscale catalog experiments`) to a file of your own."""
    click.echo(str(api.init(name, to)))
