"""Which of several equal servers is asked next: the one with the fewest requests under way, among those that are well.

It waits for nothing and knows no socket: the time comes in with every question.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST_ASIDE_S = 2.0
"""Seconds for which a server is set aside after its first fault; twice as long after each further one."""

LONGEST_ASIDE_S = 60.0


@dataclass
class _Server:
    under_way: int = 0
    asked: int = 0
    faults: int = 0
    """In a row."""
    aside_until_s: float = 0.0


class Balance:
    """The servers of one endpoint.

    Args:
        n: How many there are, at least 1.
    """

    def __init__(self, n: int) -> None:
        self._servers = [_Server() for _ in range(n)]

    def take(self, now_s: float) -> int:
        """The server to be asked now, in turn where several are as idle.

        Where all are set aside, it is the one whose time is up first.
        """
        well = [at for at, server in enumerate(self._servers) if server.aside_until_s <= now_s]
        if well:
            chosen = min(well, key=lambda at: (self._servers[at].under_way, self._servers[at].asked))
        else:
            chosen = min(range(len(self._servers)), key=lambda at: self._servers[at].aside_until_s)
        self._servers[chosen].under_way += 1
        self._servers[chosen].asked += 1
        return chosen

    def give_back(self, at: int, now_s: float, *, well: bool | None) -> None:
        """Takes what became of a request; ``None`` where it tells nothing of the server, as one that was cancelled."""
        server = self._servers[at]
        server.under_way -= 1
        if well is None:
            return
        if well:
            server.faults, server.aside_until_s = 0, 0.0
            return
        server.faults += 1
        aside_s = min(LONGEST_ASIDE_S, FIRST_ASIDE_S * 2 ** (server.faults - 1))
        server.aside_until_s = max(server.aside_until_s, now_s + aside_s)
