"""One agent of the OpenAI Agents SDK, run once a call, with its tracing off."""

from __future__ import annotations

import asyncio
from importlib.metadata import version as installed
from typing import TYPE_CHECKING

from agents import Agent, OpenAIChatCompletionsModel, Runner, set_tracing_disabled
from openai import AsyncOpenAI

if TYPE_CHECKING:
    from agentscale.bench.peers.driver import Load

set_tracing_disabled(True)


def ask_all(load: Load) -> None:
    """Makes the calls of the load."""
    asyncio.run(_ask_all(load))


async def _ask_all(load: Load) -> None:
    client = AsyncOpenAI(base_url=load.base_url, api_key="x")
    agent = Agent(name="one", instructions="You are an agent.", model=OpenAIChatCompletionsModel("fake", client))
    await load.drive(lambda prompt: Runner.run(agent, prompt))()
    await client.close()


def version() -> str:
    """What was measured."""
    return f"openai-agents {installed('openai-agents')}, Runner.run"
