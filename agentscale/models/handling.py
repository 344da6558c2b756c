"""How simulated agents use tools: at a stated rate, once a turn, with arguments that fit. It changes no answer.

So all that happens around tools can be played without a key, and the answers stay those of the world.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile
from typing import Any

from agentscale.randomness import keyed
from agentscale.schema.calls import CallId, ChatRequest
from agentscale.schema.tools import ToolCall, with_calls

_FILLED: Mapping[str, Any] = {
    "string": "2 + 3",
    "integer": 2,
    "number": 2.5,
    "boolean": True,
    "array": [],
    "object": {},
}
"""An argument of every type of JSON Schema."""


def tool_use(request: ChatRequest, call: CallId, rate: float) -> str | None:
    """The text with which an agent has a tool used in its first step; ``None`` where it answers at once."""
    if call.step > 0 or not request.tools:
        return None
    place = (call.task, call.sample_id, call.replicate, call.slot, call.role, call.round, call.turn, call.attempt)
    rng = keyed(call.seed, "tool", *place, call.salt)
    if rng.random() >= rate:
        return None
    tool = request.tools[int(rng.integers(len(request.tools)))]
    fields = tool.parameters.get("properties", {})
    needed = {name: _filled(fields[name]) for name in tool.parameters.get("required", []) if name in fields}
    return with_calls("", [ToolCall(tool.name, needed)])


def _filled(field: Mapping[str, Any]) -> Any:
    if field.get("enum"):
        return field["enum"][0]
    return _FILLED.get(field.get("type", "string"))


def before_tools(request: ChatRequest) -> ChatRequest:
    """The request as it was before any tool was used in this turn: a simulated answer hangs on that alone."""
    used = [*takewhile(lambda index: _is_use(request, index), range(len(request.messages) - 1, -1, -1))]
    return replace(request, messages=request.messages[: len(request.messages) - len(used)])


def _is_use(request: ChatRequest, index: int) -> bool:
    """Whether a message is a result, or the answer that wanted the result behind it."""
    role = request.messages[index].role
    after = request.messages[index + 1].role if index + 1 < len(request.messages) else ""
    return role == "tool" or (role == "assistant" and after == "tool")
