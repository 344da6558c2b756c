"""``agentscale estimate``."""

from __future__ import annotations

import click

from agentscale import api
from agentscale.cli.estimates import as_plain, told
from agentscale.cli.output import to_json


@click.command(name="estimate")
@click.argument("experiment")
@click.argument("overrides", nargs=-1)
@click.option("--out", type=click.Path(), help="The run folder; results/NAME by default. What it holds is left out.")
@click.option("--env-file", type=click.Path(), help="A .env file with OPENAI_BASE_URL; no key is needed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
def command(experiment: str, overrides: tuple[str, ...], out: str | None, env_file: str | None, as_json: bool) -> None:
    """Bound what a run of EXPERIMENT with OVERRIDES would spend: calls, tokens, money. Sends nothing.

    Takes the arguments of `agentscale run`.
    """
    made = api.estimate(experiment, *overrides, out=out, env_file=env_file)
    click.echo(to_json(as_plain(made)) if as_json else told(made))
