"""``agentscale pull``."""

from __future__ import annotations

import click

from agentscale import api


@click.command(name="pull")
@click.argument("name")
def command(name: str) -> None:
    """Fetch the model NAME into the user's cache, check its hash, and print where it is.

    NAME is one of the small models that agentscale knows (smollm2-135m), or hf:owner/repository/file.gguf, which
    needs the extra `hub`.
    """
    click.echo(str(api.pull(name)))
