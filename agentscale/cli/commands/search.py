"""``agentscale search``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agentscale import api
from agentscale.cli.amounts import columns
from agentscale.cli.output import say, to_json
from agentscale.cli.progress import watching
from agentscale.errors import SpecError

if TYPE_CHECKING:
    from agentscale.api import Searched


@click.command(name="search")
@click.argument("experiment")
@click.argument("overrides", nargs=-1)
@click.option(
    "--method",
    type=click.Choice(["random", "reinforce", "halving", "told"]),
    default="reinforce",
    show_default=True,
    help="How plans are proposed; told lets the --proposer write them.",
)
@click.option("--nodes", type=int, default=5, show_default=True, help="Agents of a plan.")
@click.option("--batch", type=int, default=6, show_default=True, help="Plans that are tried at a time.")
@click.option("--rounds", type=int, default=4, show_default=True, help="Such batches.")
@click.option(
    "--cost",
    type=click.Choice(["calls", "tokens", "flops", "usd", "seconds"]),
    default="tokens",
    show_default=True,
    help="What a plan costs for one question.",
)
@click.option("--cap", type=float, help="The most that a plan may cost for one question, by its bound.")
@click.option("--of", "per_model", multiple=True, metavar="MODEL=X", help="Parameters (flops) or tokens/s (seconds).")
@click.option("--prune", is_flag=True, help="At the end leave out edges of the best plan, as long as it gets no worse.")
@click.option("--proposer", help="The model that proposes plans, for the method told.")
@click.option("--out", type=click.Path(), help="The run folder; results/NAME-search by default.")
@click.option("--env-file", type=click.Path(), help="A .env file with keys; read only when named here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
def command(
    experiment: str,
    overrides: tuple[str, ...],
    per_model: tuple[str, ...],
    cost: api.Unit,
    as_json: bool,
    **options: Any,
) -> None:
    """Search for a graph of agents on the tasks and models of EXPERIMENT, and print the Pareto front.

    Every plan is a run in one folder, so a search that is repeated asks nothing. The experiment's budget is that of the
    whole search.
    """
    known = _numbers(per_model)
    unit = api.PlanCost(cost, parameters=known, tokens_per_second=known)
    with watching(quiet=as_json) as watch:
        made = api.search(experiment, *overrides, cost=unit, watch=watch, **options)
    say(to_json(_plain(made)) if as_json else _told(made, cost))


def _numbers(written: tuple[str, ...]) -> dict[str, float]:
    numbers = {}
    for text in written:
        model, _, number = text.partition("=")
        try:
            numbers[model] = float(number)
        except ValueError:
            raise SpecError(f"got {text!r}", key="of", allowed="MODEL=number, such as small=1.35e8") from None
    return numbers


def _told(made: Searched, unit: str) -> str:
    rows = [[row.plan, f"{row.score:.3f}", f"{row.cost:.4g}"] for row in made.front]
    parts = [
        f"{len(made.rows)} plans tried, {made.calls_asked} calls asked, in {made.path}",
        columns(["Pareto front", "accuracy", f"{unit} a question"], rows),
        *([f"{made.n_unread} plans were drawn, since the proposer wrote too few."] if made.n_unread else []),
        *([f"Stopped: {made.stopped}."] if made.stopped else []),
    ]
    return "\n\n".join(parts)


def _plain(made: Searched) -> dict[str, object]:
    return {
        "rows": [row.model_dump(mode="json") for row in made.rows],
        "path": str(made.path),
        "calls_asked": made.calls_asked,
        "stopped": made.stopped,
        "n_unread": made.n_unread,
    }
