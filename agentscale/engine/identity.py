"""What makes two calls the same call: the canonical body and the identity around it.

The body holds the model as its endpoint knows it and the endpoint's profile, and neither address nor key nor derived
seed: a server that moves to another port, or a key that is renewed, changes no identity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agentscale.schema.agents import Sampling
from agentscale.schema.calls import Call, CallId, Message
from agentscale.schema.record import canonical, digest_of, quoted
from agentscale.schema.tools import Tool


class BodyForm:
    """The canonical form of request bodies that differ in their messages alone.

    The body is the object of ``identity``, ``messages`` as pairs of role and content, and ``sampling`` without what is
    left to the endpoint. All but the messages is made once: an agent asks with the same form all through a run.

    Args:
        sampling: The agent's.
        identity: What its model says of itself, such as its name at the endpoint and the endpoint's profile.
        tools: What the model is told of tools; without any, nothing stands in the body.
    """

    __slots__ = ("_head", "_tail")

    def __init__(self, sampling: Sampling, identity: Mapping[str, Any], tools: Sequence[Tool] = ()) -> None:
        settings = sampling.model_dump(mode="json", exclude_defaults=True)
        if settings.get("seed") == "derived":
            del settings["seed"]
        self._head = f'{{"identity":{canonical(dict(identity)).decode()},"messages":['
        told = [tool.model_dump(mode="json", exclude={"version"}) for tool in tools]
        offered = f',"tools":{canonical(told).decode()}' if told else ""
        self._tail = f'],"sampling":{canonical(settings).decode()}{offered}}}'

    def digest(self, messages: Sequence[Message]) -> str:
        """The digest of the body with these messages."""
        said = ",".join([f"[{quoted(message.role)},{quoted(message.content)}]" for message in messages])
        return digest_of(f"{self._head}{said}{self._tail}")


@dataclass(frozen=True, slots=True)
class TrialId:
    """The part of a call's identity that all calls of a trial share."""

    seed: int
    task: str
    """Digest of the task."""
    sample_id: str
    replicate: int
    salt: str = ""

    def call(self, call: Call, round_index: int, body: str) -> CallId:
        """The identity of one call of this trial."""
        # By position, in the order of the fields: twelve names cost as much as the call itself.
        trial = (self.seed, self.task, self.sample_id, self.replicate)
        return CallId(*trial, call.slot, call.role, round_index, call.turn, call.step, call.attempt, body, self.salt)
