"""An endpoint that stands at several addresses, exchanged with as if it were one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from agentscale.transport.control.balance import Balance
from agentscale.transport.reading import Trouble
from agentscale.transport.wire import Reply, Wire


class BalancedWire:
    """Hands each request to one of several wires; see `agentscale.transport.control.balance`.

    A request that fails is not repeated here: who tries again gets another server.
    """

    def __init__(self, wires: Sequence[Wire]) -> None:
        self._wires = wires
        self._balance = Balance(len(wires))

    async def exchange(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str], *, streamed: bool = False
    ) -> Reply | Trouble:
        """Sends one request to one of the servers, as `Wire.exchange` does."""
        clock = asyncio.get_running_loop().time
        at, well = self._balance.take(clock()), None
        try:
            reply = await self._wires[at].exchange(method, path, content, headers, streamed=streamed)
            well = not (isinstance(reply, Trouble) or reply.status >= 500)
            return reply
        finally:
            self._balance.give_back(at, clock(), well=well)

    async def aclose(self) -> None:
        """Closes all connections."""
        for wire in self._wires:
            await wire.aclose()
