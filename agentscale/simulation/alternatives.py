"""The worlds beside the latent-channel mixture, by name: each exact in the one thing that it is there to test."""

from __future__ import annotations

from agentscale.schema.named import instantiate
from agentscale.schema.record import Record
from agentscale.schema.run import Named
from agentscale.simulation.coverage import CoverageParameters
from agentscale.simulation.probit import ProbitParameters

ALTERNATIVES: dict[str, type[Record]] = {"coverage": CoverageParameters, "probit": ProbitParameters}
"""Their parameters by name."""


def parameters_of(named: Named) -> Record:
    """The parameters of an alternative world.

    Raises:
        SpecError: for an unknown name or parameter, and for a value or correlation that cannot be.
    """
    return instantiate("world", named, ALTERNATIVES)
