"""What is held of answers under way: one answer has its cap, and all answers of an endpoint together have theirs.

Pure counting. Hundreds of answers that each stay below the cap of one could fill a machine's memory all the same.
"""

from __future__ import annotations

from agentscale.transport.reading import MAX_BODY_BYTES, MAX_HELD_BYTES, Trouble


class Holding:
    """What is held for one endpoint."""

    __slots__ = ("n_bytes",)

    def __init__(self) -> None:
        self.n_bytes = 0

    def share(self) -> Share:
        """The share of an answer that begins; it has to be given back."""
        return Share(self)


class Share:
    """What one answer holds."""

    __slots__ = ("_holding", "_n_bytes")

    def __init__(self, holding: Holding) -> None:
        self._holding = holding
        self._n_bytes = 0

    def take(self, n_bytes: int, status: int) -> Trouble | None:
        """Hold so many bytes more; the trouble where that is more than may be held, and the answer is to be dropped."""
        self._n_bytes += n_bytes
        self._holding.n_bytes += n_bytes
        if self._n_bytes > MAX_BODY_BYTES:
            return too_large(status)
        if self._holding.n_bytes > MAX_HELD_BYTES:
            got = f"more than {MAX_HELD_BYTES} bytes of answers under way at once"
            return Trouble("overfull", got, status)
        return None

    def give_back(self) -> None:
        """Hold nothing any more: the answer was read, or dropped."""
        self._holding.n_bytes -= self._n_bytes
        self._n_bytes = 0


def too_large(status: int) -> Trouble:
    """The trouble of a body above the cap of one answer."""
    return Trouble("too_large", f"a body of more than {MAX_BODY_BYTES} bytes", status)
