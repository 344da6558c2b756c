"""Draws anew until a graph is connected. That changes the distribution: sparse rules come out denser than they say."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx

from agentscale.errors import SpecError

TRIES = 1_000
"""Graphs drawn before a connected one is given up."""


def first_connected(draw: Callable[[], nx.DiGraph], what: str, *, key: str, allowed: str) -> nx.DiGraph:
    """The first draw in which every agent is linked with every other, whatever the direction of the edges.

    Args:
        draw: Draws a graph, another one each time.
        what: What is drawn, in the plural, for the message.
        key: The parameter that is at fault where nothing connects.
        allowed: What would connect more often.

    Raises:
        SpecError: If no draw of ``TRIES`` was connected.
    """
    for _ in range(TRIES):
        graph = draw()
        if nx.is_weakly_connected(graph):
            return graph
    raise SpecError(f"none of {TRIES} {what} was connected", key=key, allowed=allowed)
