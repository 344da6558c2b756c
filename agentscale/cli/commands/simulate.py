"""``agentscale simulate``."""

from __future__ import annotations

import click

from agentscale import api
from agentscale.cli.output import finish, watching


@click.command(name="simulate")
@click.argument("experiment")
@click.argument("overrides", nargs=-1)
@click.option("--out", type=click.Path(), help="The run folder; results/NAME-simulated by default.")
@click.option("--no-report", is_flag=True, help="Stop after the transcripts: no analysis, no page.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
def command(experiment: str, overrides: tuple[str, ...], out: str | None, no_report: bool, as_json: bool) -> None:
    """Answer the cells of EXPERIMENT whose models are simulated, all agents and questions at once.

    The transcripts are those of `agentscale run`, byte for byte; there is no recording, since nobody was asked.
    """
    with watching(quiet=as_json) as watch:
        made = api.simulate(experiment, *overrides, out=out, watch=watch)
    finish(made, page=not no_report, as_json=as_json)
