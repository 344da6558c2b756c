"""``agentscale serve``."""

from __future__ import annotations

import signal
from contextlib import suppress

import click

from agentscale import api
from agentscale.cli.output import say

PORT = 8000


@click.command(name="serve")
@click.argument("source")
@click.argument("overrides", nargs=-1)
@click.option("--port", type=int, default=PORT, show_default=True, help="The port on 127.0.0.1; 0 for any free one.")
@click.option("--faults", default="", metavar="NAME=SHARE,…", help="Shares of faults, such as 429=0.1,reset=0.01.")
@click.option(
    "--latency", default="0", metavar="SECONDS", help="Seconds before an answer, or one such as lognormal:0.2,0.5."
)
@click.option("--seed", type=click.IntRange(min=0), help="Of faults, latencies, and callers that bring no seed.")
def command(source: str, overrides: tuple[str, ...], port: int, faults: str, latency: str, seed: int | None) -> None:
    """Serve SOURCE as an OpenAI-compatible server on loopback, until Ctrl-C.

    SOURCE is an experiment file or the name of a ready one, whose simulated and scripted models then answer, or a run
    folder, whose recording answers.
    """
    # Whoever has read the line may send a signal at once.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    up = api.serve(source, *overrides, port=port, faults=faults, latency=latency, seed=seed)
    with up as served, suppress(KeyboardInterrupt):
        say(f"serving {', '.join(served.models)} at {served.base_url}")
        served.wait()
    say("stopped", err=True)
