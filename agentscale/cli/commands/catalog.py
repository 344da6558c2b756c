"""``agentscale catalog``."""

from __future__ import annotations

from pathlib import Path

import click

from agentscale import api
from agentscale.cli import tasks
from agentscale.cli.output import listing, to_json
from agentscale.errors import SpecError


@click.command(name="catalog")
@click.argument("kind")
@click.option("--show", help="Show this topology (a name, or {name: {parameter: value}}) or task (a name or a folder).")
@click.option("--n", default=16, show_default=True, help="Agents of the team that is drawn.")
@click.option("--seed", default=0, show_default=True, help="The run's seed, for topologies that are drawn at random.")
@click.option("--data", help="The file or folder with the questions of the task that is shown.")
@click.option("--svg", type=click.Path(path_type=Path), help="Write the drawing to this file too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def command(kind: str, show: str | None, n: int, seed: int, data: str | None, svg: Path | None, as_json: bool) -> None:
    """List what ships with agentscale and can be named in an experiment file.

    KIND is topologies, tasks, personas, protocols or experiments. A topology is shown with its measures; a task with a
    question, and all its samples are checked.
    """
    if svg is not None and (show is None or kind != "topologies"):
        raise SpecError("there is nothing to draw", key="--svg", remedy="name a topology with --show")
    if show is None:
        rows = api.catalog(kind)
        click.echo(to_json(rows) if as_json else tasks.table(rows) if kind == "tasks" else listing(rows))
        return
    if kind == "tasks":
        told = api.task_card(show, data)
        click.echo(to_json(told) if as_json else tasks.card(told))
        return
    if kind != "topologies":
        raise SpecError(f"{kind} cannot be shown", key="--show", allowed="catalog topologies|tasks --show NAME")
    drawn = api.draw(show, n, seed)
    if svg is not None:
        svg.write_text(drawn.svg(), "utf-8")
    click.echo(to_json(drawn.as_dict()) if as_json else drawn.text())
    if svg is not None and not as_json:
        click.echo(f"drawing: {svg}")
