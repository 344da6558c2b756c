"""Tools as the recorder sees them: models of a kind, which answer a use with its result and are recorded like any."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from agentscale.errors import SpecError
from agentscale.experiment import Sweep
from agentscale.models.base import Answered, Model
from agentscale.schema.calls import CallId, ChatRequest, Completion, Usage
from agentscale.schema.record import digest
from agentscale.schema.tools import Tool, split_calls
from agentscale.tools.base import Usable

WENT_WRONG = "error"
"""How the answer of a tool ends that went wrong."""


def backend_name(tool: str) -> str:
    """The name under which a tool stands among the models of a run; no model's name has a slash."""
    return f"tool/{tool}"


def use_digest(tool: Tool, arguments: Any) -> str:
    """The body of a use: equal uses of one step are one."""
    return digest({"tool": [tool.name, tool.version], "arguments": arguments})


class InstantTool:
    """A tool that answers at once; an `InstantModel`.

    Args:
        usable: The tool.
    """

    def __init__(self, usable: Usable) -> None:
        self._usable = usable
        self.identity: dict[str, Any] = {"tool": usable.tool.name, "version": usable.tool.version}

    def answer(self, request: ChatRequest, call: CallId) -> Answered:
        """What comes of the use that the request's only message spells."""
        return _answered(self._usable, request)

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        """See `answer`."""
        return self.answer(request, call)

    async def aclose(self) -> None:
        """Nothing is held."""


class SlowTool:
    """A tool that may take its time: it works in a thread, and nobody else waits.

    Args:
        usable: The tool.
    """

    def __init__(self, usable: Usable) -> None:
        self._usable = usable
        self.identity: dict[str, Any] = {"tool": usable.tool.name, "version": usable.tool.version}

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        """What comes of the use that the request's only message spells."""
        return await asyncio.to_thread(_answered, self._usable, request)

    async def aclose(self) -> None:
        """Nothing is held."""


def _answered(usable: Usable, request: ChatRequest) -> Answered:
    ((_, arguments),) = split_calls(request.messages[0].content).calls
    used = usable.use(arguments)
    return Answered(Completion(used.text, "stop" if used.ok else WENT_WRONG, Usage(0, 0)))


def backends(sweep: Sweep) -> dict[str, Model]:
    """The tools that the agents of a sweep have, ready to be used, under `backend_name`.

    Raises:
        SpecError: A program would have to be run, and cannot be isolated here. Nothing has been sent by then.
    """
    had = {tool.name for cell in sweep.header.cells for agent in cell.team.everyone for tool in agent.tools}
    _check_isolation(sweep, had)
    built: Mapping[str, Usable] = sweep.tools
    return {
        backend_name(name): InstantTool(built[name]) if built[name].is_instant else SlowTool(built[name])
        for name in sorted(had)
    }


def _check_isolation(sweep: Sweep, had: set[str]) -> None:
    from agentscale.tools.sandbox import refusal  # tried out once, where a run needs it

    for name, spec in sweep.experiment.tools.items():
        if name in had and spec.python is not None and (reason := refusal()) is not None:
            error = SpecError("programs of agents cannot be isolated on this machine, so none would run", remedy=reason)
            raise sweep.placed(("tools", name), error)
