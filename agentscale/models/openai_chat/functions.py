"""Tools on the wire: as functions that an answer may call, or in words for servers and models that know none. Pure.

The ids that tie results to calls are made of their places in the conversation: nine letters and digits, as the
strictest of servers want them, and the same in every run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from agentscale.schema.calls import Message
from agentscale.schema.tools import Tool, ToolCall, split_calls

_WORDS = """You have tools. To use one, end your reply with a block such as this one, and wait for its result:
<tool_call>{"name": "NAME", "arguments": {"PARAMETER": "VALUE"}}</tool_call>
These are your tools, with the JSON Schema of their arguments:"""


def offered(tools: Sequence[Tool]) -> list[dict[str, Any]] | None:
    """The field ``tools`` of a request; ``None`` where there are none."""
    return [{"type": "function", "function": _told(tool)} for tool in tools] or None


def _told(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "parameters": tool.parameters}


def as_functions(messages: Iterable[Message]) -> Iterator[dict[str, Any]]:
    """The messages as they are sent to models that call functions."""
    made, answered = 0, 0
    for message in messages:
        said = split_calls(message.content) if message.role == "assistant" else None
        if message.role == "tool":
            yield {"role": "tool", "tool_call_id": _id(answered), "content": message.content}
            answered += 1
        elif said is not None and said.calls:
            calls = [_function(_id(made + index), call) for index, call in enumerate(said.calls)]
            yield {"role": "assistant", "content": said.text or None, "tool_calls": calls}
            made += len(calls)
        else:
            yield {"role": message.role, "content": message.content}


def _id(number: int) -> str:
    return f"call{number:05d}"


def _function(call_id: str, call: ToolCall) -> dict[str, Any]:
    arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments)
    return {"id": call_id, "type": "function", "function": {"name": call.name or "unknown", "arguments": arguments}}


def in_words(messages: Sequence[Message], tools: Sequence[Tool]) -> list[dict[str, Any]]:
    """The messages as they are sent to models that know no functions: tools and results stand in texts."""
    told = "\n".join([_WORDS, *(json.dumps(_told(tool)) for tool in tools)])
    system = [message.content for message in messages if message.role == "system"]
    said: list[dict[str, Any]] = [{"role": "system", "content": "\n\n".join([*system, told])}]
    for message in messages:
        if message.role == "tool":
            result = f"<tool_response>\n{message.content}\n</tool_response>"
            if said[-1].get("role") == "user":  # results of one answer, in one message: turns alternate
                said[-1]["content"] += f"\n{result}"
            else:
                said.append({"role": "user", "content": result})
        elif message.role != "system":
            said.append({"role": message.role, "content": message.content})
    return said


def called(raw: Sequence[Any]) -> tuple[ToolCall, ...] | None:
    """The calls of an answer's ``tool_calls``; ``None`` where they are none."""
    calls = []
    for each in raw:
        function = each.get("function") if isinstance(each, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            return None
        calls.append(ToolCall(function["name"], _arguments(function.get("arguments"))))
    return tuple(calls)


def _arguments(raw: Any) -> Any:
    """What a function is called with: JSON within JSON, as a rule, and whatever a model made of it."""
    if not isinstance(raw, str):
        return {} if raw is None else raw
    try:
        return json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError):
        return raw


def joined(deltas: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]] | None:
    """The calls of a stream, each put together from its pieces; ``None`` where there are none.

    A piece belongs to the call of its index; one without an index begins a call where it brings a name.
    """
    calls: dict[int, dict[str, str]] = {}
    for piece in (piece for delta in deltas for piece in delta.get("tool_calls") or () if isinstance(piece, dict)):
        function = piece.get("function")
        if not isinstance(function, dict):
            continue
        latest = max(calls, default=-1)
        index = piece.get("index")
        place = index if isinstance(index, int) else latest + 1 if function.get("name") else max(latest, 0)
        call = calls.setdefault(place, {"name": "", "arguments": ""})
        for field in call:
            if isinstance(value := function.get(field), str):
                call[field] += value
    return [{"type": "function", "function": calls[place]} for place in sorted(calls)] or None
