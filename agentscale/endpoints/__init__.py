"""Where answers come from: an address out of a file and the environment, a model file, a server on this machine.

This room knows no trial. It has no socket of its own: what it asks a server, it asks through ``transport``.
"""

from agentscale.endpoints.addresses import OPENAI_BASE_URL, base_url, resolve
from agentscale.endpoints.files import KNOWN, KnownModel, find_model, pull
from agentscale.endpoints.kinds import launch_fault
from agentscale.endpoints.servers import launch, launch_all

__all__ = [
    "KNOWN",
    "OPENAI_BASE_URL",
    "KnownModel",
    "base_url",
    "find_model",
    "launch",
    "launch_all",
    "launch_fault",
    "pull",
    "resolve",
]
