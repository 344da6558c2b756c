"""A model that says what it is told: for tests and examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentscale.errors import EndpointError
from agentscale.models.base import Answered, estimated_usage, truth_of
from agentscale.schema.calls import CallId, ChatRequest, Completion
from agentscale.schema.experiment import Scripted
from agentscale.schema.run import QuestionRecord

_TARGET = "{target}"


class ScriptedModel:
    """Gives reply ``(copy + round + step) mod len(replies)``, with ``{target}`` replaced by the right answer.

    Args:
        spec: The script.
        truth: The questions with their targets, by (task digest, sample id).
    """

    def __init__(self, spec: Scripted, truth: Mapping[tuple[str, str], QuestionRecord]) -> None:
        self.spec = spec
        self.truth = truth
        self.identity: dict[str, Any] = {"scripted": spec.model_dump(mode="json")}

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        """The scripted reply; see `answer`."""
        return self.answer(request, call)

    def answer(self, request: ChatRequest, call: CallId) -> Answered:
        """The scripted reply.

        Raises:
            EndpointError: where the script says that every call fails, and where the right answer is wanted of a
                question whose truth is not known.
        """
        if self.spec.fails:
            raise EndpointError(
                "the script of this model says that every call fails; set `fails: false` to get its replies",
                kind="scripted",
                status=500,
                model=request.model,
            )
        copy = call.slot.rpartition("/")[2]
        place = (int(copy) if copy.isdecimal() else 0) + call.round + call.step
        text = self.spec.replies[place % len(self.spec.replies)]
        if _TARGET in text:
            text = text.replace(_TARGET, truth_of(call, self.truth).target)
        return Answered(Completion(text, self.spec.finish, estimated_usage(request, text)))

    async def aclose(self) -> None:
        """Nothing is held."""
