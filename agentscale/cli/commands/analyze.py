"""``agentscale analyze``."""

from __future__ import annotations

import click

from agentscale import api
from agentscale.cli.output import changed, differences, embedder_summary, points, say, summary, to_json
from agentscale.errors import SpecError


@click.command(name="analyze")
@click.argument("run", type=click.Path())
@click.option(
    "--embedder",
    multiple=True,
    help="What turns texts into vectors for K*; the experiment's own by default. Given twice: how far they agree.",
)
@click.option("--extract", help="Read all answers anew by this chain of extractors, such as mark,letter.")
@click.option("--across-decoding", is_flag=True, help="Compare teams that were decoded differently all the same.")
@click.option("--against", type=click.Path(), help="Another run folder: the paired difference of cells that are alike.")
@click.option("--ray-workers", type=int, help="Have texts embedded by so many tasks of Ray, of a run that is large.")
@click.option("--ray-address", help="Of a cluster of Ray; by default one is started on this machine.")
@click.option("--table", help="The table that --json prints; cells by default.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows of a table as one JSON array.")
def command(
    run: str,
    embedder: tuple[str, ...],
    extract: str | None,
    across_decoding: bool,
    against: str | None,
    ray_workers: int | None,
    ray_address: str | None,
    table: str | None,
    as_json: bool,
) -> None:
    """Compute the tables of the run folder RUN and print the summary. No model is asked.

    With --against OTHER the two runs are compared, cell by cell and question by question: OTHER minus RUN.
    """
    if table and against:
        raise SpecError("got --table with --against", allowed="one of them: a comparison is one table")
    if table and not as_json:
        raise SpecError(
            f"got {table!r} without --json",
            key="--table",
            remedy=f"add --json, or open tables/{table}.csv in the run folder",
        )
    chain = None if extract is None else [name.strip() for name in extract.split(",")]
    opened = api.open_run(run, embedder=embedder, extract=chain, across_decoding=across_decoding)
    if ray_workers is not None:
        opened.embed_with_ray(ray_workers, ray_address)
    elif ray_address is not None:
        raise SpecError("got --ray-address without --ray-workers", remedy="say how many tasks, with --ray-workers")
    if against is not None:
        made = opened.compare(api.open_run(against, extract=chain))
        say(to_json(made.rows) if as_json else differences(made.rows))
    elif as_json:
        say(to_json(opened.rows(table or "cells")))
    else:
        summary(opened)
        points(opened)
        if chain is not None:
            changed(opened)
        embedder_summary(opened)
