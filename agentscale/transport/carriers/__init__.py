"""What carries a request: aiohttp straight, or any transport under httpx's interface that a user or a test passes.

Two members, since httpx's objects cost as much as a third of a call, and its interface is the one that people know.
"""

from agentscale.transport.carriers.base import Answer, Carrier, Faulty, Undecodable

__all__ = ["Answer", "Carrier", "Faulty", "Undecodable"]
