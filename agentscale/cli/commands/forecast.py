"""``agentscale forecast``."""

from __future__ import annotations

import click

from agentscale import api
from agentscale.cli.output import forecasts, say, to_json
from agentscale.errors import SpecError


@click.command(name="forecast")
@click.argument("run", type=click.Path())
@click.option("--team", help="Only this team: NAME=COUNT,… by configuration, or by model where it has but one.")
@click.option("--calls", type=float, help="The best team for so many calls a question.")
@click.option("--tokens", type=float, help="The best team for so many tokens a question, in and out.")
@click.option("--usd", type=float, help="The best team for so many US dollars a question.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as one JSON array for machines.")
def command(
    run: str, team: str | None, calls: float | None, tokens: float | None, usd: float | None, as_json: bool
) -> None:
    """Forecast votes of teams that were never asked, from the first answers in RUN. No model is asked."""
    given = {"calls": calls, "tokens": tokens, "usd": usd}
    budget = {unit: most for unit, most in given.items() if most is not None}
    rows = api.open_run(run).forecast(team=None if team is None else _counts(team), budget=budget).rows
    say(to_json(rows) if as_json else forecasts(rows))


def _counts(text: str) -> dict[str, int]:
    """``small=8,large=4`` as a mapping."""
    counts = {}
    for part in text.split(","):
        name, _, count = part.rpartition("=")
        if not name or not count.strip().isdigit():
            raise SpecError(f"got {part!r}", key="--team", allowed="NAME=COUNT,NAME=COUNT such as small=8,large=4")
        counts[name.strip()] = int(count)
    return counts
