"""How long a run takes at least by the limits per minute of its endpoints; nobody knows how long a call takes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from agentscale.experiment.spending import Bounds, Spending
from agentscale.schema.experiment import Endpoint, Experiment


def least_wall_s(experiment: Experiment, models: Mapping[str, Bounds]) -> float | None:
    """Seconds that the calls take at least, endpoints side by side; ``None`` where no endpoint has a limit per minute.

    A limit of R a minute lets R pass at once, so that n need at least n/R − 1 minutes.

    Args:
        experiment: The experiment.
        models: What is asked of every model.
    """
    named = sorted((spec.endpoint or "", name) for name, spec in experiment.models.items() if name in models)
    waits = [
        _least_s(experiment.endpoints[endpoint], sum((models[name].low for _, name in group), Spending()))
        for endpoint, group in groupby(named, key=lambda each: each[0])
        if endpoint
    ]
    known = [wait for wait in waits if wait is not None]
    return max(known, default=None)


def _least_s(endpoint: Endpoint, asked: Spending) -> float | None:
    pairs = ((asked.calls, endpoint.requests_per_minute), (asked.tokens, endpoint.tokens_per_minute))
    waits = [60 * max(0.0, count / limit - 1) for count, limit in pairs if limit is not None]
    return max(waits, default=None)
