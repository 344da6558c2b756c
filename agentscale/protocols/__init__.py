"""Protocols: who is asked what next. Generators that neither wait nor talk, and never see the right answer.

To add one: a file with a class that has a ``name`` and a ``play``, and its line in ``PROTOCOLS``.
"""

from __future__ import annotations

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.branches import Branches
from agentscale.protocols.certain import CertainVote
from agentscale.protocols.channels import Channels
from agentscale.protocols.confidence import ConfidenceVote
from agentscale.protocols.correct import SelfCorrect
from agentscale.protocols.debate import Debate
from agentscale.protocols.judged import Judged
from agentscale.protocols.macnet import MacNet
from agentscale.protocols.managed import Managed
from agentscale.protocols.member import SingleMember
from agentscale.protocols.mixture import Mixture
from agentscale.protocols.pipeline import Pipeline
from agentscale.protocols.refine import SelfRefine
from agentscale.protocols.rehearsal import count_calls, rehearse
from agentscale.protocols.sets import Sets
from agentscale.protocols.solo import Solo
from agentscale.protocols.steps import Steps
from agentscale.protocols.two_stage import TwoStageVote
from agentscale.protocols.vote import Vote
from agentscale.protocols.weighted import WeightedVote
from agentscale.protocols.world import PlayWorld
from agentscale.schema.named import instantiate
from agentscale.schema.run import Named

PROTOCOLS: dict[str, type[InteractionProtocol]] = {
    "branches": Branches,
    "certain_vote": CertainVote,
    "channels": Channels,
    "confidence_vote": ConfidenceVote,
    "debate": Debate,
    "judged": Judged,
    "macnet": MacNet,
    "managed": Managed,
    "member": SingleMember,
    "mixture": Mixture,
    "pipeline": Pipeline,
    "refine": SelfRefine,
    "self_correct": SelfCorrect,
    "sets": Sets,
    "solo": Solo,
    "steps": Steps,
    "two_stage_vote": TwoStageVote,
    "vote": Vote,
    "weighted_vote": WeightedVote,
    "world": PlayWorld,
}
"""All protocols by name."""


def resolve(named: Named) -> InteractionProtocol:
    """The protocol that ``named`` means.

    Raises:
        SpecError: If the name or a parameter is wrong.
    """
    return instantiate("protocol", named, PROTOCOLS)


__all__ = ["PROTOCOLS", "InteractionProtocol", "count_calls", "rehearse", "resolve"]
