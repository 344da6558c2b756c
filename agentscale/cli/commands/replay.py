"""``agentscale replay``."""

from __future__ import annotations

import click

from agentscale import api
from agentscale.cli.output import finish
from agentscale.cli.progress import watching


@click.command(name="replay")
@click.argument("run", type=click.Path())
@click.option("--out", type=click.Path(), help="A new folder for transcripts and tables; RUN itself by default.")
@click.option("--concurrency", type=int, default=api.CONCURRENCY, show_default=True, help="Trials under way at once.")
@click.option("--no-report", is_flag=True, help="Stop after the transcripts: no analysis, no page.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
def command(run: str, out: str | None, concurrency: int, no_report: bool, as_json: bool) -> None:
    """Make the transcripts of the run folder RUN again from its recording, byte for byte, at any concurrency.

    No model is asked and no network is used. A call that was never recorded ends the replay with exit code 4.
    """
    with watching(quiet=as_json) as watch:
        made = api.replay(run, out=out, concurrency=concurrency, watch=watch)
    finish(made, page=not no_report, as_json=as_json)
