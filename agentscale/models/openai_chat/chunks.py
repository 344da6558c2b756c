"""The pieces of a streamed answer put together into the object that an unstreamed one would have been. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agentscale.models.openai_chat.functions import joined

_TEXTS = ("reasoning_content", "reasoning", "refusal")


def merged(events: Sequence[Mapping[str, Any]]) -> dict[str, Any] | str:
    """One chat completion out of the objects of a stream, or what is wrong with them in one clause.

    The first choice is read. Usage comes last, or grows from piece to piece: the last one holds. A server that did not
    stream sent a whole completion as its only object.
    """
    if len(events) == 1 and any("message" in choice for choice in _choices(events[0])):
        return dict(events[0])
    choices = [choice for event in events for choice in _choices(event) if choice.get("index", 0) == 0]
    if not choices:
        return "a stream without a choice"
    deltas = [delta for choice in choices if isinstance(delta := choice.get("delta"), dict)]
    message: dict[str, Any] = {"content": _content([delta.get("content") for delta in deltas])}
    for field in _TEXTS:
        pieces = [piece for delta in deltas if (piece := delta.get(field)) is not None]
        if not all(isinstance(piece, str) for piece in pieces):
            return f"a piece of {field!r} that is no text"
        message[field] = "".join(pieces) if pieces else None
    if (calls := joined(deltas)) is not None:
        message["tool_calls"] = calls
    return {
        "choices": [{"message": message, "finish_reason": _last(choice.get("finish_reason") for choice in choices)}],
        "usage": _last(event.get("usage") for event in events),
    }


def _choices(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    choices = event.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


def _last(values: Iterable[Any]) -> Any:
    return next((value for value in reversed(list(values)) if value is not None), None)


def _content(pieces: Iterable[Any]) -> str | list[Any] | None:
    """The content: a text, unless a piece is a list of parts; what is neither is left for the reader to refuse."""
    known = [piece for piece in pieces if piece is not None]
    if all(isinstance(piece, str) for piece in known):
        return "".join(known) if known else None
    return [part for piece in known for part in (piece if isinstance(piece, list) else [_part(piece)])]


def _part(piece: Any) -> Any:
    return {"type": "text", "text": piece} if isinstance(piece, str) else piece
