"""``agentscale bench``."""

from __future__ import annotations

import sys

import click

from agentscale.cli.output import notices_aside, to_json


@click.command(name="bench")
@click.argument("area", required=False)
@click.option("--quick", is_flag=True, help="A smaller run, under half a minute; its figures are rougher.")
@click.option("--peers", is_flag=True, help="Measure other libraries too, where this Python has them.")
@click.option("--peer", "pairs", multiple=True, metavar="NAME=PYTHON", help="The interpreter of one library.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
def command(area: str | None, quick: bool, peers: bool, pairs: tuple[str, ...], as_json: bool) -> None:
    """Measure agentscale in AREA beside named baselines, as ratios in one run; without AREA, list the areas.

    Exits with 1 where a goal that was measured is missed.
    """
    from agentscale import bench
    from agentscale.bench.peers import named
    from agentscale.bench.table import table

    if area is None:
        for name, about in bench.AREAS.items():
            click.echo(f"{name:12} {about}")
        return
    with notices_aside():
        result = bench.run(area, quick=quick, peers=named(pairs, peers))
    click.echo(to_json(result.as_json()) if as_json else table(result))
    sys.exit(1 if result.missed else 0)
