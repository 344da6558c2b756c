"""What a token costs: by the file, by this machine, or by a snapshot of public price lists; else unknown, never 0.

This room reads no clock, sends nothing, and knows neither calls nor runs.
"""

from agentscale.prices.finding import find
from agentscale.prices.public import INSTALL, are_installed
from agentscale.prices.quote import Quote, Rates

__all__ = ["INSTALL", "Quote", "Rates", "are_installed", "find"]
