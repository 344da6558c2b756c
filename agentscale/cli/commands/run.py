"""``agentscale run``."""

from __future__ import annotations

from typing import Literal

import click

from agentscale import api
from agentscale.cli.output import finish
from agentscale.cli.progress import watching


@click.command(name="run")
@click.argument("experiment")
@click.argument("overrides", nargs=-1)
@click.option("--out", type=click.Path(), help="The run folder; results/NAME by default. An existing one is resumed.")
@click.option(
    "--mode",
    type=click.Choice(["record", "live"]),
    default="record",
    show_default=True,
    help="record asks what is not recorded yet, live asks everything and records nothing.",
)
@click.option(
    "--changed",
    is_flag=True,
    help="Go on in a folder that holds another experiment: its recording stays, what is not recorded is asked.",
)
@click.option(
    "--concurrency",
    type=int,
    default=api.CONCURRENCY,
    show_default=True,
    help="Calls under way at once, of each model.",
)
@click.option("--shard", help="Play a share of the run, such as 1/8; others play the rest into the same folder.")
@click.option("--executor", default="local", show_default=True, help="local, or ray: shares as tasks of Ray.")
@click.option("--workers", type=int, help="Of Ray: shares played at once; one for each processor by default.")
@click.option("--ray-address", help="Of a cluster of Ray; by default one is started on this machine.")
@click.option("--env-file", type=click.Path(), help="A .env file with keys; read only when named here.")
@click.option("--no-report", is_flag=True, help="Stop after the recording: no analysis, no page.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
def command(
    experiment: str,
    overrides: tuple[str, ...],
    out: str | None,
    mode: Literal["record", "live"],
    changed: bool,
    concurrency: int,
    shard: str | None,
    executor: Literal["local", "ray"],
    workers: int | None,
    ray_address: str | None,
    env_file: str | None,
    no_report: bool,
    as_json: bool,
) -> None:
    """Run EXPERIMENT, a file or the name of a ready one, with dotted OVERRIDES such as team.size=2,4,8.

    The run is recorded call by call: after an interruption the same command goes on where it stopped. One Ctrl-C
    stops asking and keeps what is done, a second one aborts.
    """
    with watching(quiet=as_json) as watch:
        made = api.run(
            experiment,
            *overrides,
            out=out,
            mode=mode,
            changed=changed,
            concurrency=concurrency,
            env_file=env_file,
            watch=watch,
            shard=shard,
            executor=executor,
            workers=workers,
            ray_address=ray_address,
        )
    finish(made, page=not no_report, as_json=as_json)
