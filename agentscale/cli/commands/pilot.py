"""``agentscale pilot``."""

from __future__ import annotations

import click

from agentscale import api
from agentscale.cli.output import to_json
from agentscale.cli.progress import watching
from agentscale.cli.tasks import piloted


@click.command(name="pilot")
@click.argument("experiment")
@click.argument("overrides", nargs=-1)
@click.option("--questions", default=api.QUESTIONS, show_default=True, help="Questions of each level, for each model.")
@click.option("--out", type=click.Path(), help="The run folder; results/NAME-pilot by default.")
@click.option("--concurrency", type=int, default=api.CONCURRENCY, show_default=True, help="As in agentscale run.")
@click.option("--env-file", type=click.Path(), help="A .env file with keys; read only when named here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
def command(
    experiment: str,
    overrides: tuple[str, ...],
    questions: int,
    out: str | None,
    concurrency: int,
    env_file: str | None,
    as_json: bool,
) -> None:
    """Ask each model of EXPERIMENT alone, at every level of its tasks, and pick the level with headroom.

    Where single agents are always right, or no better than guessing, teams show nothing. Takes the OVERRIDES of
    `agentscale run`; teams, protocols and limits of the file are left aside.
    """
    with watching(quiet=as_json) as watch:
        made = api.pilot(
            experiment,
            *overrides,
            questions=questions,
            out=out,
            concurrency=concurrency,
            env_file=env_file,
            watch=watch,
        )
    told = {"run": str(made.run.path), "found": made.found, "picked": made.picked}
    click.echo(to_json(told) if as_json else piloted(made.found, made.picked))
