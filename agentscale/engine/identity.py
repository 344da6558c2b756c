"""What makes two calls the same call: the canonical body and the identity around it.

The body holds the model as its endpoint knows it and the endpoint's profile, and neither address nor key nor derived
seed: a server that moves to another port, or a key that is renewed, changes no identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentscale.schema.calls import Call, CallId, ChatRequest
from agentscale.schema.record import digest


def body_digest(request: ChatRequest, identity: Mapping[str, Any]) -> str:
    """Digest of the canonical request body.

    Args:
        request: Messages and sampling.
        identity: What the model says of itself, such as its name at the endpoint and the endpoint's profile.
    """
    sampling = request.sampling.model_dump(mode="json", exclude_defaults=True)
    if sampling.get("seed") == "derived":
        del sampling["seed"]
    return digest(
        {
            "identity": dict(identity),
            "messages": [[message.role, message.content] for message in request.messages],
            "sampling": sampling,
        }
    )


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
        return CallId(
            seed=self.seed,
            task=self.task,
            sample_id=self.sample_id,
            replicate=self.replicate,
            slot=call.slot,
            role=call.role,
            round=round_index,
            turn=call.turn,
            step=call.step,
            attempt=call.attempt,
            body=body,
            salt=self.salt,
        )
