"""What the models of a sweep cost: prices are looked up once, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from agentscale import endpoints, prices
from agentscale.experiment import Sweep
from agentscale.experiment.bounds import Quotes


def quotes(sweep: Sweep, environ: Mapping[str, str], at: datetime | None = None) -> Quotes:
    """The price of every model of the experiment, ``None`` where it is unknown. No key is needed.

    Args:
        sweep: The sweep.
        environ: Where the base URL is looked up that an endpoint does not give.
        at: The time for which a listed price is wanted; now by default.

    Raises:
        SpecError: If the environment names the base URL by the variable of old clients alone.
    """
    experiment, when = sweep.experiment, at or datetime.now(tz=UTC)
    made = {}
    for name, spec in experiment.models.items():
        endpoint = experiment.endpoints[spec.endpoint] if spec.endpoint is not None else None
        base_url = endpoints.base_url(endpoint, environ) if spec.model is not None else None
        made[name] = prices.find(experiment, name, base_url, when)
    return made
