"""LiteLLM's `acompletion`, straight; it is a client, and keeps no log."""

from __future__ import annotations

import asyncio
import os
from importlib.metadata import version as installed
from typing import TYPE_CHECKING

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # or it fetches its prices when it is imported

import litellm

if TYPE_CHECKING:
    from agentscale.bench.peers.driver import Load


def ask_all(load: Load) -> None:
    """Makes the calls of the load."""

    async def ask(prompt: str) -> object:
        messages = [{"role": "user", "content": prompt}]
        return await litellm.acompletion("openai/fake", messages, api_base=load.base_url, api_key="x")

    asyncio.run(load.drive(ask)())


def version() -> str:
    """What was measured."""
    return f"litellm {installed('litellm')}, acompletion"
