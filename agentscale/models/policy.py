"""A model that plays a world by one of the world's scripted policies, with a stated chance of a random action.

What is best is not known here: worlds hand in their policies. Every draw is keyed by the call, so that equal agents
differ and a run can be made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from agentscale.errors import EndpointError, SpecError
from agentscale.models.base import Answered
from agentscale.models.simulated import completion
from agentscale.randomness import keyed
from agentscale.schema.calls import CallId, ChatRequest
from agentscale.schema.experiment import Playing
from agentscale.schema.worlds import Heard, Policy, World

if TYPE_CHECKING:
    import numpy as np

Cast: TypeAlias = tuple[World, Mapping[str, Policy]]
"""A world, and who can play it, by name."""


class PolicyModel:
    """Says what a policy says, or with chance ``slip`` what the policy ``random`` does.

    Args:
        spec: The policy and the chance; every world that is played has it.
        casts: Who can play the world of a question, by (task digest, sample id).
    """

    def __init__(self, spec: Playing, casts: Mapping[tuple[str, str], Cast]) -> None:
        self.spec = spec
        self.casts = casts
        self.identity: dict[str, Any] = {"policy": spec.model_dump(mode="json")}

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        """The answer; see `answer`."""
        return self.answer(request, call)

    def answer(self, request: ChatRequest, call: CallId) -> Answered:
        """What the policy says to all that it is sent, as the request's caps leave it.

        Raises:
            EndpointError: where the question opens no world, or is none of the run's.
        """
        cast = self.casts.get((call.task, call.sample_id))
        if cast is None:
            raise EndpointError(
                f"question {call.sample_id!r} opens no world, and a policy plays nothing else. "
                "Ask it a task of the kind `world`, such as networks.",
                kind="unknown_question",
                status=404,
                model=request.model,
            )
        world, policies = cast
        rng = keyed(call.seed, "policy", call.key)
        said = policies[self._name(rng)](Heard(world, request.messages, call.role), rng)
        return Answered(completion(request, said))

    async def aclose(self) -> None:
        """Nothing is held."""

    def _name(self, rng: np.random.Generator) -> str:
        return "random" if self.spec.slip and rng.random() < self.spec.slip else self.spec.name


def unplayable(spec: Playing, policies: Mapping[str, Policy]) -> SpecError | None:
    """What is wrong with a policy, where a world has no such one; else ``None``."""
    if spec.name not in policies:
        return SpecError.unknown("policy", spec.name, policies)
    if spec.slip and "random" not in policies:
        return SpecError(f"slip is {spec.slip:g}, and a world that is played has no random action", allowed="slip: 0")
    return None
