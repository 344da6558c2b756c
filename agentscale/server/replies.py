"""Completions as OpenAI's objects: a whole one, or the pieces of a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agentscale.schema.calls import Completion
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
        return None if self.odds is None else {"content": self.odds.content(said.text), "refusal": None}

    def _deltas(self, said: Completion) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
        """What is said piece by piece, with the logarithms of the answer's own pieces."""
        yield {"role": "assistant", "content": ""}, None
        yield from (({"reasoning_content": piece}, None) for piece in PIECE.findall(said.reasoning or ""))
        field = _REFUSAL if said.finish == _REFUSAL else "content"
        if self.odds is None:
            yield from (({field: piece}, None) for piece in PIECE.findall(said.text))
        else:
            for told in self.odds.content(said.text):
                yield {field: told["token"]}, {"content": [told], "refusal": None}

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


def _choice(
    index: int, delta: dict[str, Any], finish: str | None, logprobs: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {"index": index, "delta": delta, "finish_reason": finish, "logprobs": logprobs}
