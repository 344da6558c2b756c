"""Completions as OpenAI's objects: a whole one, or the pieces of a stream."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agentscale.schema.calls import Completion

_PIECE = re.compile(r"\s*\S+\s*|\s+")
_REFUSAL = "refusal"


@dataclass(frozen=True)
class Answered:
    """The choices of one answer, and what stands around them."""

    id: str
    created: int
    model: str
    choices: Sequence[Completion]

    def whole(self) -> dict[str, Any]:
        """The answer in one object."""
        choices = [
            {"index": index, "message": _message(said), "finish_reason": _finish(said), "logprobs": None}
            for index, said in enumerate(self.choices)
        ]
        return {**self._head("chat.completion"), "choices": choices, "usage": usage(self.choices)}

    def pieces(self, include_usage: bool) -> Iterator[dict[str, Any]]:
        """The answer piece by piece, choice after choice; the usage last, where it is asked for."""
        head = self._head("chat.completion.chunk") | ({"usage": None} if include_usage else {})
        for index, said in enumerate(self.choices):
            for delta in _deltas(said):
                yield {**head, "choices": [_choice(index, delta, None)]}
            yield {**head, "choices": [_choice(index, {}, _finish(said))]}
        if include_usage:
            yield {**head, "choices": [], "usage": usage(self.choices)}

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
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if refused else said.text,
        "refusal": said.text if refused else None,
    }
    return message if said.reasoning is None else {**message, "reasoning_content": said.reasoning}


def _finish(said: Completion) -> str:
    return "stop" if said.finish == _REFUSAL else said.finish


def _deltas(said: Completion) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    yield from ({"reasoning_content": piece} for piece in _PIECE.findall(said.reasoning or ""))
    field = _REFUSAL if said.finish == _REFUSAL else "content"
    yield from ({field: piece} for piece in _PIECE.findall(said.text))


def _choice(index: int, delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
    return {"index": index, "delta": delta, "finish_reason": finish, "logprobs": None}
