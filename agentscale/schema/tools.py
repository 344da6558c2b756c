"""Tools as agents know them, and how their use stands in texts.

A model that wants a tool says so in its answer. However an endpoint spells it, we write it as blocks at the answer's
end, one a use, each the JSON of a name and its arguments::

    <tool_call>{"name": "calculator", "arguments": {"expression": "2 + 3"}}</tool_call>

So an answer is one text, in the recording, in a transcript and for models that know no function calling. What a tool
gives back is the text of a message of the role ``tool``: they follow the answer in the order of its blocks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from agentscale.schema.record import Record

CALLING = "tool_calls"
"""How an answer ends that wants tools used."""

MOST_CALLS = 8
"""Uses of tools in one answer; what is wanted beyond is not done, and the agent is told."""
MOST_BYTES = 4000
"""Bytes of UTF-8 of all results of one answer together, which share them evenly: so prompts have a bound."""

_CUT = " … (cut)"
_BLOCK = re.compile(r"\s*<tool_call>(.*?)</tool_call>", re.DOTALL)


ToolName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""What servers allow as the name of a function."""


class Tool(Record):
    """A tool that an agent has, as the run's header keeps it. It cannot act; the engine does on an agent's behalf."""

    name: ToolName
    """Its name in the experiment file, under which agents call it."""
    description: str = Field(min_length=1)
    """What agents are told of it."""
    parameters: dict[str, Any]
    """JSON Schema of its arguments: an object."""
    version: str
    """What does the work, such as ``calculator/1``, and whatever its results hang on, such as a table's digest."""


class ToolCall(NamedTuple):
    """One use that a model wants made of a tool."""

    name: str
    arguments: Any
    """An object, where all is well; the text as it came, where it is no JSON."""


class Said(NamedTuple):
    """An answer in its parts."""

    text: str
    """What stands outside the blocks."""
    calls: tuple[ToolCall, ...]


def with_calls(text: str, calls: Sequence[ToolCall]) -> str:
    """An answer as one text: `split_calls` gives the calls back."""
    return "\n".join([*([text] if text else []), *map(_block, calls)])


def _block(call: ToolCall) -> str:
    body = json.dumps({"name": call.name, "arguments": call.arguments}, ensure_ascii=False)
    return f"<tool_call>{body.replace('<', chr(92) + 'u003c')}</tool_call>"  # no argument can end the block


def split_calls(text: str) -> Said:
    """The parts of an answer. A block that is no JSON is a call without a name, whose arguments are its text."""
    return Said(_BLOCK.sub("", text).strip(), tuple([_call(body) for body in _BLOCK.findall(text)]))


def cut(text: str, n_bytes: int) -> str:
    """The text, or as much of it as has room in so many bytes of UTF-8, and that it was cut."""
    whole = text.encode("utf-8", "replace")
    if len(whole) <= n_bytes:
        return whole.decode("utf-8")
    return whole[: max(0, n_bytes - len(_CUT.encode()))].decode("utf-8", "ignore") + _CUT


def _call(body: str) -> ToolCall:
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        return ToolCall("", body.strip())
    if not isinstance(raw, dict) or not isinstance(raw.get("name"), str):
        return ToolCall("", body.strip())
    return ToolCall(raw["name"], raw.get("arguments", {}))
