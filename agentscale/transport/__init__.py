"""Bytes to an endpoint and back: the only room with client sockets. It knows nothing of agents, tasks or scores."""

from agentscale.transport.address import NOWHERE, Address, Secret, check_written, is_loopback
from agentscale.transport.client import CHARS_PER_TOKEN, EndpointClient, Posted, Streamed, unnoticed
from agentscale.transport.control import Traffic

__all__ = [
    "CHARS_PER_TOKEN",
    "NOWHERE",
    "Address",
    "EndpointClient",
    "Posted",
    "Secret",
    "Streamed",
    "Traffic",
    "check_written",
    "is_loopback",
    "unnoticed",
]
