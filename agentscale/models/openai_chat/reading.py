"""From the object that a chat endpoint answers to a completion, or to what is wrong with it. Nothing is coerced."""

from __future__ import annotations

from typing import Any, NamedTuple

from agentscale.models.openai_chat.functions import called
from agentscale.schema.calls import Completion, Usage
from agentscale.schema.thinking import split_thinking
from agentscale.schema.tools import CALLING, ToolCall, with_calls

REFUSAL = "refusal"
"""How an answer ends that stands where the API puts refusals."""


def read_completion(data: dict[str, Any]) -> Completion | str:
    """The completion of an answer, or what is wrong with it in one clause.

    Thinking at the head of the text joins the reasoning: neither peers nor the agent itself are to read it. A refusal
    that stands apart is the text of an answer that ends in ``refusal``.
    """
    try:
        choices = _typed(data, "choices", list, required=True)
        if not choices or not isinstance(choices[0], dict):
            return "no choice"
        message = _typed(choices[0], "message", dict, required=True)
        content = _content(message)
        refusal = _typed(message, "refusal", str)
        thinking, text = split_thinking(content.text)
        wanted = _calls(message)
        if wanted:
            text = with_calls(text, wanted)
        refused = bool(refusal) and not text
        return Completion(
            text=refusal if refused else text,
            finish=_finish(choices[0], refused=refused, calls=bool(wanted)),
            usage=_usage(_typed(data, "usage", dict) or {}),
            reasoning=_joined(_reasoning(message), content.thinking, thinking),
        )
    except _WrongType as wrong:
        return str(wrong)


def _finish(choice: dict[str, Any], *, refused: bool, calls: bool) -> str:
    """How an answer ended. One that calls functions does so whatever its server says: some say that it just stopped."""
    if refused:
        return REFUSAL
    finish: str = _typed(choice, "finish_reason", str) or "unknown"
    return CALLING if calls and finish != "length" else finish


def _calls(message: dict[str, Any]) -> tuple[ToolCall, ...]:
    """What the answer wants used."""
    calls = called(_typed(message, "tool_calls", list) or [])
    if calls is None:
        raise _WrongType("'tool_calls' that are no calls of functions")
    return calls


class _Content(NamedTuple):
    """A message's content in two parts."""

    text: str
    thinking: str | None


def _content(message: dict[str, Any]) -> _Content:
    """The content of a message: a text, or parts of which some are thinking, as Mistral's reasoning models answer."""
    if not isinstance(message.get("content"), list):
        return _Content(_typed(message, "content", str) or "", None)
    texts: list[str] = []
    thoughts: list[str] = []
    for part in message["content"]:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text":
            texts.append(_typed(part, "text", str, required=True))
        elif kind == "thinking":
            thoughts.extend(_thoughts(part))
        else:
            raise _WrongType("content with a part that is neither text nor thinking")
    return _Content("".join(texts), "".join(thoughts) if thoughts else None)


def _thoughts(part: dict[str, Any]) -> list[str]:
    if isinstance(part.get("thinking"), str):
        return [part["thinking"]]
    inner = _typed(part, "thinking", list, required=True)
    return [_typed(each, "text", str, required=True) for each in inner if isinstance(each, dict)]


def _reasoning(message: dict[str, Any]) -> str | None:
    """The reasoning that the endpoint itself told apart, under either of its names."""
    reasoning: str | None = _typed(message, "reasoning_content", str)
    return _typed(message, "reasoning", str) if reasoning is None else reasoning


def _joined(*thoughts: str | None) -> str | None:
    """The endpoint's reasoning, then the text's own thinking; ``None`` where there was neither."""
    known = [thought for thought in thoughts if thought is not None]
    return "\n\n".join(filter(None, known)) if known else None


class _WrongType(Exception):
    """A field of the answer has another type than the API gives it."""


def _usage(usage: dict[str, Any]) -> Usage:
    return Usage(
        _count(usage, "prompt_tokens"),
        _count(usage, "completion_tokens"),
        _detail(usage, "prompt_tokens_details", "cached_tokens"),
        _detail(usage, "completion_tokens_details", "reasoning_tokens"),
    )


def _detail(usage: dict[str, Any], details: str, field: str) -> int | None:
    """A count that not every server gives: one that is no count is unknown, and costs no answer."""
    inner = usage.get(details)
    value = inner.get(field) if isinstance(inner, dict) else None
    return value if type(value) is int and value >= 0 else None


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
