"""A model that takes the steps of a chain, with a stated chance of error at each: the simulator of long chains.

What is right is not known here: a world that knows its rules is handed in, and is asked for an answer that slips where
this model slips. Every draw is keyed by the call, so that equal agents differ and a run can be made again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from agentscale.errors import EndpointError
from agentscale.models.base import TOKENS_PER_WORD, Answered, truth_of
from agentscale.models.simulated import completion
from agentscale.randomness import keyed
from agentscale.schema.calls import ANSWER_MARK, CallId, ChatRequest
from agentscale.schema.experiment import Stepping
from agentscale.schema.run import QuestionRecord

if TYPE_CHECKING:
    import numpy as np

Walk = Callable[[str, Callable[[int], int]], str | None]
"""From what was told, and which wrong move is made where there are so many (−1 for none), to an answer."""

_RAMBLE = " ".join(["Wait, let me go through that once more."] * math.ceil(1_000 / TOKENS_PER_WORD / 8))
"""A text of a thousand tokens that says nothing."""


class SteppingModel:
    """Takes each step rightly, or with chance ``error`` makes one of the wrong moves, each as likely as the others.

    Args:
        spec: The chances.
        truth: The questions by (task digest, sample id).
        walks: What takes the steps of a question, by (task digest, sample id).
    """

    def __init__(
        self,
        spec: Stepping,
        truth: Mapping[tuple[str, str], QuestionRecord],
        walks: Mapping[tuple[str, str], Walk],
    ) -> None:
        self.spec = spec
        self.truth = truth
        self.walks = walks
        self.identity: dict[str, Any] = {"stepping": spec.model_dump(mode="json")}

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        """The answer; see `answer`."""
        return self.answer(request, call)

    def answer(self, request: ChatRequest, call: CallId) -> Answered:
        """The steps that the last message asks for, as the request's caps leave them.

        Raises:
            EndpointError: where the question is no chain of steps, or none of the run's.
        """
        truth_of(call, self.truth)
        walk = self.walks.get((call.task, call.sample_id))
        if walk is None:
            raise EndpointError(
                f"question {call.sample_id!r} has no world of steps, and a stepping model takes nothing but steps. "
                "Ask it a task of the kind `step`, such as hanoi.",
                kind="unknown_question",
                status=404,
                model=request.model,
            )
        rng = keyed(call.seed, "stepping", call.key)
        return Answered(completion(request, self._said(request.messages[-1].content, walk, rng)))

    async def aclose(self) -> None:
        """Nothing is held."""

    def _said(self, told: str, walk: Walk, rng: np.random.Generator) -> str:
        sort = rng.random()
        rambles = sort < self.spec.long
        error = 1.0 if rambles else self.spec.error

        def slip(n_wrong: int) -> int:
            return int(rng.integers(n_wrong)) if n_wrong and rng.random() < error else -1

        found = walk(told, slip)
        if found is None or (not rambles and sort < self.spec.long + self.spec.unreadable):
            return "I am not sure which move comes next."
        lead = _RAMBLE if rambles else "The rule gives the step."
        return f"{lead}\n{ANSWER_MARK} {found}"
