"""``agentscale pull``."""

from __future__ import annotations

import click

from agentscale import api


@click.command(name="pull")
@click.argument("name")
def command(name: str) -> None:
    """Fetch the model NAME, or the questions of task:NAME, into the user's cache, check it, and print where it is.

    A model is one of the small ones that agentscale knows (smollm2-135m), or hf:owner/repository/file.gguf, which
    needs the extra `hub`. A task is one of the catalog whose questions do not ship, such as task:gsm8k, which needs the
    extra `hf`.
    """
    click.echo(str(api.pull(name)))
