"""One agent of pydantic-ai, run once a call, as its documentation shows; it keeps no log."""

from __future__ import annotations

import asyncio
from importlib.metadata import version as installed
from typing import TYPE_CHECKING

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

if TYPE_CHECKING:
    from agentscale.bench.peers.driver import Load


def ask_all(load: Load) -> None:
    """Makes the calls of the load."""
    asyncio.run(_ask_all(load))


async def _ask_all(load: Load) -> None:
    provider = OpenAIProvider(base_url=load.base_url, api_key="x")
    agent = Agent(OpenAIChatModel("fake", provider=provider), instructions="You are an agent.")
    await load.drive(agent.run)()


def version() -> str:
    """What was measured."""
    return f"pydantic-ai {installed('pydantic-ai-slim')}, Agent.run"
