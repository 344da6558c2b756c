"""``agentscale view``."""

from __future__ import annotations

import signal
from contextlib import suppress

import click

from agentscale import api


@click.command(name="view")
@click.argument("runs", nargs=-1, required=True, type=click.Path())
@click.option("--port", type=int, default=0, help="The port on 127.0.0.1; any free one by default.")
def command(runs: tuple[str, ...], port: int) -> None:
    """Show the run folders RUNS in a browser, until Ctrl-C: transcripts one by one, and a run as it goes.

    Several runs are set side by side: cells that are alike, with the paired difference of the first and each other.
    The address that is printed holds a token, without which nothing is told; the server only reads, on this machine.
    """
    # Whoever has read the line may send a signal at once.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with api.view(*runs, port=port) as viewed, suppress(KeyboardInterrupt):
        click.echo(f"open {viewed.url}")
        viewed.wait()
    click.echo("stopped", err=True)
