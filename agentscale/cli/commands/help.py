"""``agentscale help``."""

from __future__ import annotations

import sys

import click

from agentscale.cli.pages import page, topics


@click.command(name="help")
@click.argument("topic", required=False)
def command(topic: str | None) -> None:
    """Show the page of the manual on TOPIC; without one, list the topics."""
    if topic is None:
        for name, title in topics().items():
            click.echo(f"{name:12} {title}")
        return
    if sys.stdout.isatty():
        click.echo_via_pager(page(topic))
    else:
        click.echo(page(topic))
