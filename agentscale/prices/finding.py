"""Where a model's price is found: in the file first, then on this machine, then in the public lists."""

from __future__ import annotations

from datetime import datetime

from agentscale.prices.public import listed
from agentscale.prices.quote import Quote, flat, nothing
from agentscale.schema.experiment import Experiment


def find(experiment: Experiment, name: str, base_url: str | None, at: datetime) -> Quote | None:
    """The price of a model, or ``None`` where nobody knows it.

    The order: ``price`` of the model, ``prices`` of the file by the model's name at its endpoint, 0 for what is
    simulated, scripted, stepping, a policy or launched with the run, the public lists. A server that already runs on
    this machine has no price of its own accord: it may pass calls on to one that has.

    Args:
        experiment: The experiment.
        name: The model's name in it.
        base_url: Where the model is asked; ``None`` where that cannot be told.
        at: The time of the run, with its zone.
    """
    spec = experiment.models[name]
    if spec.price is not None:
        return flat(spec.price, f"models.{name}.price")
    if spec.model is None:
        kinds = ("simulated", "scripted", "stepping", "policy")
        return nothing(next(kind for kind in kinds if getattr(spec, kind) is not None))
    if spec.model in experiment.prices:
        return flat(experiment.prices[spec.model], f"prices.{spec.model}")
    if spec.endpoint is not None and experiment.endpoints[spec.endpoint].launch is not None:
        return nothing("launched on this machine")
    return None if base_url is None else listed(spec.model, base_url, at)
