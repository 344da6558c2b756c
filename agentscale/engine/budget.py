"""Which budget a run gets, what it needs of the file, and what is said when a cap was reached."""

from __future__ import annotations

from collections.abc import Mapping

from agentscale.engine.admission import Budget, Unlimited
from agentscale.engine.capped import CappedBudget
from agentscale.engine.recollection import Recollection
from agentscale.engine.tally import Tally
from agentscale.errors import BudgetExceeded, SpecError
from agentscale.experiment import Sweep
from agentscale.experiment.bounds import Quotes
from agentscale.models.base import Model
from agentscale.prices import INSTALL, are_installed
from agentscale.recording import Recording
from agentscale.schema.spending import BudgetCaps

_SHOWN = 6


def budget_of(sweep: Sweep, quotes: Quotes, models: Mapping[str, Model], recording: Recording | None) -> Budget:
    """The budget of the experiment.

    Args:
        sweep: The sweep.
        quotes: What its models cost.
        models: Its models, for what they say of themselves.
        recording: What is recorded already, if anything.
    """
    if sweep.experiment.budget == BudgetCaps():
        return Unlimited()
    return CappedBudget(sweep, quotes, Recollection(sweep, models, recording), recording)


def check_budget(sweep: Sweep, quotes: Quotes) -> None:
    """Makes sure that all that is capped has a bound, before anything is sent.

    Raises:
        SpecError: If money has a cap and a price is unknown, or tokens that a cap concerns are not bounded.
    """
    budget = sweep.experiment.budget
    for key, caps in (("budget", budget), ("budget.cell", budget.cell), ("budget.agent", budget.agent)):
        if caps.usd is not None:
            _check_prices(sweep, quotes, f"{key}.usd")
        if caps.tokens is not None or caps.usd is not None:
            _check_bounded(sweep, quotes, f"{key}.{'usd' if caps.tokens is None else 'tokens'}")


def _check_prices(sweep: Sweep, quotes: Quotes, key: str) -> None:
    for name in _asked(sweep):
        if quotes[name] is None:
            spec = sweep.experiment.models[name]
            error = SpecError(
                f"{key} is a cap on money, and nobody knows the price of {spec.model!r}",
                allowed="a model whose price the file gives, or a public list has for its endpoint's address",
                remedy=f"give it in US dollars for a million tokens, models.{name}.price: {{input: …, output: …}} "
                "(0 and 0 if it is free), or leave the cap out"
                + ("" if are_installed() else f"; {INSTALL} brings the public lists"),
            )
            raise sweep.placed(("models", name), error)


def _check_bounded(sweep: Sweep, quotes: Quotes, key: str) -> None:
    for cell in sweep.header.cells:
        for agent in cell.team.everyone:
            quote = quotes[agent.model]
            is_free = key.endswith("usd") and quote is not None and quote.is_free
            if agent.sampling.max_tokens is None and not is_free:
                error = SpecError(
                    f"{key} is a cap, and nothing bounds the answers of {agent.config_id}",
                    remedy=f"give max_tokens, under sampling or under models.{agent.model}.sampling, "
                    "or cap calls instead",
                )
                raise sweep.placed(("models", agent.model), error)


def _asked(sweep: Sweep) -> list[str]:
    """The models that the teams ask."""
    return list(dict.fromkeys(agent.model for cell in sweep.header.cells for agent in cell.team.everyone))


def exceeded(tally: Tally) -> BudgetExceeded:
    """What is said of a run that its budget ended: what was reached, how much is done, how to go on."""
    said = [*_few(tally.caps_reached), *_few(_done(tally.trials_by_cell, tally.done_by_cell))]
    last = "what is recorded is kept: raise the cap, and the same command goes on"
    return BudgetExceeded("\n  ".join([*said, last]))


def _done(trials: Mapping[str, int], done: Mapping[str, int]) -> list[str]:
    """How much of every cell is done, cells of equal progress together."""
    alike: dict[tuple[int, int], list[str]] = {}
    for cell, n_trials in trials.items():
        alike.setdefault((done.get(cell, 0), n_trials), []).append(cell)
    return [
        f"done: {n_done:,} of {n_trials:,} trials of "
        + (cells[0] if len(cells) == 1 else f"each of {len(cells)} cells, such as {cells[0]}")
        for (n_done, n_trials), cells in alike.items()
    ]


def _few(lines: list[str]) -> list[str]:
    return lines if len(lines) <= _SHOWN else [*lines[:_SHOWN], f"and {len(lines) - _SHOWN} more"]
