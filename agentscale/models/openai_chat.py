"""A model behind an OpenAI-compatible chat endpoint. How often and how fast it is asked is the transport's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentscale.models.base import Answered
from agentscale.schema.calls import CallId, ChatRequest, Completion, Usage
from agentscale.schema.thinking import split_thinking

if TYPE_CHECKING:
    from agentscale.transport import EndpointClient

CALL_HEADER = "X-Agentscale-Call"
"""Carries the key of the call, towards this machine only: `agentscale serve` then knows equal bodies apart."""


class OpenAIChat:
    """Answers chat requests by asking an endpoint; a `Model`.

    Args:
        model: The model's name at its endpoint.
        client: Of the endpoint. It may serve several models, and is closed by `aclose` of any of them.
    """

    def __init__(self, model: str, client: EndpointClient) -> None:
        self._model = model
        self._client = client
        self._path = client.address.chat_path(model)
        self.identity: dict[str, Any] = {"model": model, "profile": "openai-chat"}

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        """Ask once (the transport may try again) and read the first choice.

        Raises:
            EndpointError: The endpoint failed, or answered with something else than a chat completion
                (``kind="malformed"``).
        """
        headers = {CALL_HEADER: call.key} if self._client.address.is_loopback else {}
        body = chat_body(self._model, request, call)
        posted = await self._client.post_json(self._path, body, headers=headers, model=self._model)
        completion = read_completion(posted.data)
        if isinstance(completion, str):
            raise self._client.malformed(completion, posted.data, model=self._model)
        return Answered(completion, posted.retries)

    async def aclose(self) -> None:
        """Close the endpoint's connections."""
        await self._client.aclose()


def chat_body(model: str, request: ChatRequest, call: CallId) -> dict[str, Any]:
    """The request's body; what the sampling leaves open is left out. A derived seed is 31 bits of the call's key."""
    sampling = request.sampling
    seed = int(call.key[:8], 16) >> 1 if sampling.seed == "derived" else sampling.seed
    optional = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "stop": list(sampling.stop) or None,
        "seed": seed,
    }
    return {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        **{name: value for name, value in optional.items() if value is not None},
    }


def read_completion(data: dict[str, Any]) -> Completion | str:
    """The completion of an answer, or what is wrong with it in one clause. Nothing is coerced.

    Thinking at the head of the text joins the reasoning: neither peers nor the agent itself are to read it.
    """
    try:
        choices = _typed(data, "choices", list, required=True)
        if not choices or not isinstance(choices[0], dict):
            return "no choice"
        message = _typed(choices[0], "message", dict, required=True)
        thinking, text = split_thinking(_typed(message, "content", str) or "")
        return Completion(
            text=text,
            finish=_typed(choices[0], "finish_reason", str) or "unknown",
            usage=_usage(_typed(data, "usage", dict) or {}),
            reasoning=_joined(_reasoning(message), thinking),
        )
    except _WrongType as wrong:
        return str(wrong)


def _reasoning(message: dict[str, Any]) -> str | None:
    """The reasoning that the endpoint itself told apart, under either of its names."""
    reasoning: str | None = _typed(message, "reasoning_content", str)
    return _typed(message, "reasoning", str) if reasoning is None else reasoning


def _joined(reasoning: str | None, thinking: str | None) -> str | None:
    """The endpoint's reasoning, then the text's own thinking."""
    if thinking is None:
        return reasoning
    return f"{reasoning}\n\n{thinking}" if reasoning else thinking


class _WrongType(Exception):
    """A field of the answer has another type than the API gives it."""


def _usage(usage: dict[str, Any]) -> Usage:
    return Usage(_count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))


def _count(usage: dict[str, Any], field: str) -> int | None:
    value: int | None = _typed(usage, field, int)
    if isinstance(value, bool) or (value is not None and value < 0):
        raise _WrongType(f"{field!r} that is no count")
    return value


def _typed(data: dict[str, Any], field: str, kind: type, *, required: bool = False) -> Any:
    value = data.get(field)
    if value is None and not required:
        return None
    if not isinstance(value, kind):
        got = "nothing" if value is None else f"a {type(value).__name__}"
        raise _WrongType(f"{got} where {field!r} should be a {kind.__name__}")
    return value
