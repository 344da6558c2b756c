"""Protocols: who is asked what next. Generators that neither wait nor talk, and never see the right answer.

To add one: a file with a class that has a ``name`` and a ``play``, and its line in ``PROTOCOLS``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.debate import Debate
from agentscale.protocols.refine import SelfRefine
from agentscale.protocols.vote import Vote
from agentscale.randomness import keyed
from agentscale.schema.agents import Team
from agentscale.schema.calls import ANSWER_MARK, Batch, Call, Completion, Reply
from agentscale.schema.named import instantiate
from agentscale.schema.run import Named
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx

PROTOCOLS: dict[str, type[InteractionProtocol]] = {
    "debate": Debate,
    "refine": SelfRefine,
    "vote": Vote,
}
"""All protocols by name."""


def resolve(named: Named) -> InteractionProtocol:
    """The protocol that ``named`` means.

    Raises:
        SpecError: If the name or a parameter is wrong.
    """
    return instantiate("protocol", named, PROTOCOLS)


def count_calls(protocol: InteractionProtocol, team: Team, graph: nx.DiGraph) -> int:
    """The calls of one trial, by playing it with a team whose every reply is the same readable one.

    Exact where the schedule is fixed. Where it adapts to replies, it is the count for a team that agrees at once, with
    every call of a race made.
    """
    question = Question(sample_id="count", prompt="?", choices=("yes", "no"))
    play = protocol.play(team, graph, question, keyed(0, "count_calls"))
    calls = 0
    try:
        asked = next(play)
        while True:
            batch = asked.calls if isinstance(asked, Batch) else asked
            calls += len(batch)
            asked = play.send([_agreeing(call) for call in batch])
    except StopIteration:
        return calls


def _agreeing(call: Call) -> Reply:
    return Reply(call, key="", completion=Completion(f"{ANSWER_MARK} A"), answer="A", missing=None)


__all__ = ["PROTOCOLS", "InteractionProtocol", "count_calls", "resolve"]
