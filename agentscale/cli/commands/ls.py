"""``agentscale ls``."""

from __future__ import annotations

import click

from agentscale import api
from agentscale.cli.output import say, to_json


@click.command(name="ls")
@click.argument("folder", type=click.Path(), default="results")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array for machines.")
def command(folder: str, as_json: bool) -> None:
    """List the runs that stand in FOLDER (results by default)."""
    rows = api.list_runs(folder)
    if as_json:
        say(to_json(rows))
        return
    for row in rows:
        held = "" if row["cells"] is None else f"{row['cells']} cells, {row['calls']} calls recorded, "
        say(f"{row['path']}  {held}{row['state']}")
    if not rows:
        say(f"no runs in {folder!r}; `agentscale run main` makes one", err=True)
