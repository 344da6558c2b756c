"""The language model of DSPy, called straight, without its cache: what it costs to ask and not to remember."""

from __future__ import annotations

import asyncio
import os
import tempfile
from importlib.metadata import version as installed
from typing import TYPE_CHECKING

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # or it fetches prices when it is imported
_CACHE = tempfile.TemporaryDirectory()
os.environ["DSPY_CACHEDIR"] = _CACHE.name

import dspy  # noqa: E402 - it reads the variables when it is imported

if TYPE_CHECKING:
    from agentscale.bench.peers.driver import Load


def ask_all(load: Load) -> None:
    """Makes the calls of the load."""
    model = dspy.LM("openai/fake", api_base=load.base_url, api_key="x", cache=False)
    asyncio.run(load.drive(model.acall)())


def version() -> str:
    """What was measured."""
    return f"dspy {installed('dspy')}, LM.acall without cache"
