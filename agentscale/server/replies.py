"""Completions as OpenAI's objects: a whole one, or the pieces of a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agentscale.schema.calls import Completion
from agentscale.schema.tools import CALLING, ToolCall, split_calls
from agentscale.server.odds import PIECE, Odds

_REFUSAL = "refusal"


@dataclass(frozen=True)
class Answered:
    """The choices of one answer, and what stands around them."""

    id: str
    created: int
    model: str
    choices: Sequence[Completion]
    odds: Odds | None = None
    """How likely answers are, where that was asked for."""

    def whole(self) -> dict[str, Any]:
        """The answer in one object."""
        choices = [
            {"index": index, "message": _message(said), "finish_reason": _finish(said), "logprobs": self._odds_of(said)}
            for index, said in enumerate(self.choices)
        ]
        return {**self._head("chat.completion"), "choices": choices, "usage": usage(self.choices)}

    def pieces(self, include_usage: bool) -> Iterator[dict[str, Any]]:
        """The answer piece by piece, choice after choice; the usage last, where it is asked for."""
        head = self._head("chat.completion.chunk") | ({"usage": None} if include_usage else {})
        for index, said in enumerate(self.choices):
            for delta, logprobs in self._deltas(said):
                yield {**head, "choices": [_choice(index, delta, None, logprobs)]}
            yield {**head, "choices": [_choice(index, {}, _finish(said))]}
        if include_usage:
            yield {**head, "choices": [], "usage": usage(self.choices)}

    def _odds_of(self, said: Completion) -> dict[str, Any] | None:
        return None if self.odds is None else {"content": self.odds.content(_parted(said)[0]), "refusal": None}

    def _deltas(self, said: Completion) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
        """What is said piece by piece, with the logarithms of the answer's own pieces."""
        yield {"role": "assistant", "content": ""}, None
        yield from (({"reasoning_content": piece}, None) for piece in PIECE.findall(said.reasoning or ""))
        field = _REFUSAL if said.finish == _REFUSAL else "content"
        text, calls = _parted(said)
        if self.odds is None:
            yield from (({field: piece}, None) for piece in PIECE.findall(text))
        else:
            for told in self.odds.content(text):
                yield {field: told["token"]}, {"content": [told], "refusal": None}
        yield from ((delta, None) for index, call in enumerate(calls) for delta in _call_deltas(index, call))

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def usage(choices: Sequence[Completion]) -> dict[str, int] | None:
    """The tokens of all choices, the prompt counted once; ``None`` where they are not known."""
    read = choices[0].usage.tokens_in
    written = [each.usage.tokens_out for each in choices]
    known = [each for each in written if each is not None]
    if read is None or len(known) < len(written):
        return None
    return {"prompt_tokens": read, "completion_tokens": sum(known), "total_tokens": read + sum(known)}


def _message(said: Completion) -> dict[str, Any]:
    refused = said.finish == _REFUSAL
    text, calls = _parted(said)
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if refused or (calls and not text) else text,
        "refusal": said.text if refused else None,
    }
    if calls:
        message["tool_calls"] = calls
    return message if said.reasoning is None else {**message, "reasoning_content": said.reasoning}


def _parted(said: Completion) -> tuple[str, list[dict[str, Any]]]:
    """The text of an answer, and the functions that it calls, as OpenAI's objects."""
    if said.finish != CALLING:
        return said.text, []
    text, calls = split_calls(said.text)
    return text, [_call(index, call) for index, call in enumerate(calls)]


def _call(index: int, call: ToolCall) -> dict[str, Any]:
    arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments)
    return {"id": f"call{index:05d}", "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _call_deltas(index: int, call: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A call of a function piece by piece: its name first, then its arguments."""
    yield {"tool_calls": [{**call, "index": index, "function": {**call["function"], "arguments": ""}}]}
    pieces = PIECE.findall(call["function"]["arguments"])
    yield from ({"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in pieces)


def _finish(said: Completion) -> str:
    return "stop" if said.finish == _REFUSAL else said.finish


def _choice(
    index: int, delta: dict[str, Any], finish: str | None, logprobs: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {"index": index, "delta": delta, "finish_reason": finish, "logprobs": logprobs}
