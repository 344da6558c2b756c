"""What every model is, and what the models that know the truth share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

from agentscale.errors import EndpointError
from agentscale.schema.calls import CallId, ChatRequest, Completion, Usage
from agentscale.schema.run import QuestionRecord

TOKENS_PER_WORD = 1.3
"""What models that have no tokenizer count for a word of English."""


class Answered(NamedTuple):
    """A completion, and how many transport retries it took."""

    completion: Completion
    retries: int = 0


class Model(Protocol):
    """What turns a request into a completion."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What the model is, for the digest of the request body: plain values, no address, no key."""
        ...

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        """The answer to one request.

        Raises:
            EndpointError: where there is none.
        """
        ...

    async def aclose(self) -> None:
        """Gives back what the model holds."""
        ...


@runtime_checkable
class InstantModel(Model, Protocol):
    """A model that knows its answers at once: nothing leaves the process, and nobody waits."""

    def answer(self, request: ChatRequest, call: CallId) -> Answered:
        """What ``complete`` gives, without a loop.

        Raises:
            EndpointError: where there is no answer.
        """
        ...


@runtime_checkable
class QueuedModel(Model, Protocol):
    """A model whose calls may have to wait before they leave the process, and that says when they do."""

    async def complete_in_turn(self, request: ChatRequest, call: CallId, leaving: Callable[[], None]) -> Answered:
        """What ``complete`` gives.

        Args:
            request: The request.
            call: The call.
            leaving: Called just before the request is sent, and again before every further try. What it raises ends
                the call.

        Raises:
            EndpointError: where there is no answer.
        """
        ...


def truth_of(call: CallId, truth: Mapping[tuple[str, str], QuestionRecord]) -> QuestionRecord:
    """The question of a call with its target.

    Raises:
        EndpointError: kind ``unknown_question``, where the truth has no such question.
    """
    try:
        return truth[call.task, call.sample_id]
    except KeyError:
        raise EndpointError(
            f"no truth is known for question {call.sample_id!r} of task {call.task[:12]}…; {len(truth)} questions are. "
            "Simulated and scripted models answer the questions of their own run only.",
            kind="unknown_question",
            status=404,
        ) from None


def estimated_tokens(*texts: str) -> int:
    """Tokens of texts by their words (1.3 a word, rounded up), the same on every machine."""
    words = sum(text.count(" ") + text.count("\n") + 1 for text in texts if text)
    return math.ceil(TOKENS_PER_WORD * words)


def estimated_usage(request: ChatRequest, text: str) -> Usage:
    """Usage of one call by `estimated_tokens`."""
    return Usage(estimated_tokens(*(message.content for message in request.messages)), estimated_tokens(text))
