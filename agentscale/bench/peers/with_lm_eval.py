"""The API loop of lm-eval, as its tasks drive it; it records nothing of a team."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from importlib.metadata import version as installed
from typing import TYPE_CHECKING

os.environ.setdefault("OPENAI_API_KEY", "x")

from lm_eval.api.instance import Instance
from lm_eval.filters.extraction import RegexFilter
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


def reading(texts: list[str]) -> Callable[[], object]:
    """What reads the answers of all texts, by the filter that most tasks use."""
    regex = RegexFilter(regex_pattern=r"(?i)final answer:\s*\(?([A-D])", group_select=-1)
    docs: list[dict[str, object]] = [{} for _ in texts]
    responses = [[text] for text in texts]
    return lambda: list(regex.apply(responses, docs))


def version() -> str:
    """What was measured."""
    return f"lm_eval {installed('lm_eval')} (local-chat-completions; regex filter)"
