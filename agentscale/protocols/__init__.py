"""Protocols: who is asked what next. Generators that neither wait nor talk, and never see the right answer.

To add one: a file with a class that has a ``name`` and a ``play``, and its line in ``PROTOCOLS``.
"""

from __future__ import annotations

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.debate import Debate
from agentscale.protocols.judged import Judged
from agentscale.protocols.refine import SelfRefine
from agentscale.protocols.rehearsal import count_calls, rehearse
from agentscale.protocols.vote import Vote
from agentscale.schema.named import instantiate
from agentscale.schema.run import Named

PROTOCOLS: dict[str, type[InteractionProtocol]] = {
    "debate": Debate,
    "judged": Judged,
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


__all__ = ["PROTOCOLS", "InteractionProtocol", "count_calls", "rehearse", "resolve"]
