"""The endpoints of a run as the engine sees them while it asks: what they held up, and whether any is left to ask.

It only looks. What may be sent, and when, is decided in ``transport``.
"""

from __future__ import annotations

from collections.abc import Collection

from agentscale.transport import EndpointClient, Traffic


class Connections:
    """The clients of a run.

    Args:
        clients: One of each endpoint that is asked.
        others: Whether there are models that need no endpoint.
    """

    def __init__(self, clients: Collection[EndpointClient] = (), *, others: bool = True) -> None:
        self._clients = clients
        self._others = others

    @property
    def traffic(self) -> dict[str, Traffic]:
        """How it goes with each endpoint at which something happened, by its name."""
        every = {client.address.name: client.traffic for client in self._clients}
        return {name: traffic for name, traffic in every.items() if traffic.is_strained}

    @property
    def refused(self) -> str | None:
        """Why nothing can be asked any more: every endpoint refuses its key. ``None`` as long as one may answer."""
        if self._others or not self._clients or not all(client.traffic.key_refused for client in self._clients):
            return None
        names = ", ".join(sorted(client.address.name for client in self._clients))
        return (
            f"no endpoint takes its key: {names}\n  allowed: a valid key in the variable that api_key_env names\n"
            "  renew the keys, then run the same command again: it goes on where this one ended"
        )
