"""Message passing on a network, as AgentsNet sets it: everybody sees its neighbours' messages and nothing else."""

from agentscale.environments.network.world import Network, NetworkState

__all__ = ["Network", "NetworkState"]
