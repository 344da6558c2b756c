"""The API loop of lm-eval alone: it asks and collects texts, and neither reads, scores nor keeps them."""

from __future__ import annotations

import logging
import os
from importlib.metadata import version as installed
from typing import TYPE_CHECKING

os.environ.setdefault("OPENAI_API_KEY", "x")

from lm_eval.api.instance import Instance
from lm_eval.models.api_models import JsonChatStr
from lm_eval.models.openai_completions import LocalChatCompletion

if TYPE_CHECKING:
    from agentscale.bench.peers.driver import Load

logging.disable(logging.WARNING)


def ask_all(load: Load) -> None:
    """Makes the calls of the load."""
    model = LocalChatCompletion(
        base_url=f"{load.base_url}/chat/completions",
        model="fake",
        num_concurrent=load.workers,
        max_retries=1,
        tokenized_requests=False,
    )
    options = {"until": ["\n\n\n"], "max_gen_toks": 64, "do_sample": False}
    answers = model.generate_until([_instance(load.prompt(number), options, number) for number in range(load.calls)])
    assert len(answers) == load.calls


def _instance(prompt: str, options: dict[str, object], number: int) -> Instance:
    chat = JsonChatStr(f'[{{"role": "user", "content": "{prompt}"}}]')
    return Instance("generate_until", {}, (chat, options), number)


def version() -> str:
    """What was measured."""
    return f"lm_eval {installed('lm_eval')} (local-chat-completions, its loop alone)"
