"""``agentscale schema``."""

from __future__ import annotations

import click

from agentscale import api
from agentscale.cli.output import to_json


@click.command(name="schema")
def command() -> None:
    """Print the JSON Schema of experiment files, so that an editor completes and checks them."""
    click.echo(to_json(api.schema()))
