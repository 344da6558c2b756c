"""Plays protocols over graphs with speakers that say whose work they have seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import networkx as nx

from agentscale.protocols import InteractionProtocol, rehearse
from agentscale.randomness import keyed
from agentscale.schema.agents import Agent, Team
from agentscale.schema.calls import Batch, Call, Completion, Outcome, Reply, Usage
from agentscale.schema.tasks import Question

QUESTION = Question(sample_id="q", prompt="Which river?\nA) Seine\nB) Thames", choices=("Seine", "Thames"))
Speak = Callable[[Call], Reply]


class Asked(NamedTuple):
    """One call with its round and the barrier before which it was made."""

    call: Call
    round: int
    barrier: int


def team(n: int) -> Team:
    return Team(agents=tuple(Agent(slot=f"m/-/{i}", config_id="m/-", copy_index=i, model="m") for i in range(n)))


def names(text: str) -> set[int]:
    """The agents whose work a text bears the mark of."""
    return {int(found) for found in re.findall(r"<(\d+)>", text)}


def bearing(call: Call) -> Reply:
    """Says the marks of all that was read, and its own: what reached an agent can be read off its reply."""
    own = int(call.slot.rpartition("/")[2])
    seen = names(call.messages[-1].content) | ({own} if call.role == "agent" else set())
    text = " ".join(f"<{place}>" for place in sorted(seen))
    return Reply(call, f"{call.slot}/{call.role}/{call.turn}", Completion(text, usage=Usage(10, 7)), "A", None)


def played(
    protocol: InteractionProtocol, graph: nx.DiGraph, speak: Speak = bearing, members: Team | None = None
) -> tuple[list[Asked], Outcome]:
    play = protocol.play(members or team(len(graph)), graph, QUESTION, keyed(0, "test"))
    asked: list[Asked] = []
    last, barrier = -1, 0
    try:
        made = next(play)
        while True:
            batch = made if isinstance(made, Batch) else Batch(tuple(made))
            last = batch.round_after(last)
            asked += [Asked(call, last, barrier) for call in batch.calls]
            barrier += 1
            made = play.send([speak(call) for call in batch.calls])
    except StopIteration as stop:
        return asked, stop.value


def n_calls(protocol: InteractionProtocol, graph: nx.DiGraph) -> int:
    arguments = (team(len(graph)), graph, QUESTION, keyed(0, "test"))
    return sum(1 for _ in rehearse(protocol.longest(*arguments), lambda at, call: bearing(call)))


def dag(n: int, edges: int, seed: int) -> nx.DiGraph:
    """A random graph without a cycle."""
    rng = keyed(seed, "dag")
    graph = nx.empty_graph(n, create_using=nx.DiGraph)
    graph.add_edges_from(tuple(sorted(rng.choice(n, 2, replace=False).tolist())) for _ in range(edges if n > 1 else 0))
    return graph
