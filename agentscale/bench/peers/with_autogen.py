"""One assistant of AutoGen a call, as its teams hold them; it keeps no log."""

from __future__ import annotations

import asyncio
from importlib.metadata import version as installed
from typing import TYPE_CHECKING

from autogen_agentchat.agents import AssistantAgent
from autogen_ext.models.openai import OpenAIChatCompletionClient

if TYPE_CHECKING:
    from agentscale.bench.peers.driver import Load

ABLE = {
    "vision": False,
    "function_calling": False,
    "json_output": False,
    "family": "unknown",
    "structured_output": False,
}


def ask_all(load: Load) -> None:
    """Makes the calls of the load."""
    asyncio.run(_ask_all(load))


async def _ask_all(load: Load) -> None:
    client = OpenAIChatCompletionClient(model="fake", base_url=load.base_url, api_key="x", model_info=ABLE)

    async def ask(prompt: str) -> object:
        return await AssistantAgent("one", client).run(task=prompt)

    await load.drive(ask)()
    await client.close()


def version() -> str:
    """What was measured."""
    return f"autogen {installed('autogen-agentchat')}, AssistantAgent.run"
