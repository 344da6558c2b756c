"""A task of lm-eval with one question a call: built, asked, filtered, scored and logged, as ``lm_eval run`` does it."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Callable
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING

os.environ |= {"OPENAI_API_KEY": "x", "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}

import datasets
from lm_eval import simple_evaluate
from lm_eval.api.task import ConfigurableTask
from lm_eval.filters.extraction import RegexFilter
from lm_eval.tasks import TaskManager

if TYPE_CHECKING:
    from agentscale.bench.peers.driver import Load

logging.disable(logging.WARNING)
datasets.disable_progress_bars()


def ask_all(load: Load) -> None:
    """Makes the calls of the load in one evaluation."""
    with tempfile.TemporaryDirectory() as folder:
        model = f"model=fake,base_url={load.base_url}/chat/completions,num_concurrent={load.workers}"
        results = simple_evaluate(
            model="local-chat-completions",
            model_args=f"{model},max_retries=1,tokenized_requests=False",
            tasks=[_task(load, Path(folder))],
            task_manager=TaskManager(include_defaults=False),  # its index of 14,000 files is no cost of a call
            apply_chat_template=True,
        )
    assert results is not None
    assert len(results["samples"]["questions"]) == load.calls


def _task(load: Load, folder: Path) -> ConfigurableTask:
    rows = [{"question": load.prompt(number), "answer": "B"} for number in range(load.calls)]
    data = folder / "questions.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return ConfigurableTask(
        config={
            "task": "questions",
            "dataset_path": "json",
            "dataset_kwargs": {"data_files": {"test": str(data)}, "cache_dir": str(folder)},
            "test_split": "test",
            "output_type": "generate_until",
            "doc_to_text": "{{question}}",
            "doc_to_target": "{{answer}}",
            "generation_kwargs": {"until": [], "max_gen_toks": 64, "do_sample": False},
            "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
        }
    )


PATTERNS = {"letters": r"(?i)final answer:\s*\(?([A-D])", "numbers": r"(-?[$0-9.,]{2,})|(-?[0-9]+)"}
"""The second one is that of its task gsm8k."""


def reading(texts: list[str], kind: str) -> Callable[[], object]:
    """What reads the answers of all texts, by the filter that most tasks use."""
    regex = RegexFilter(regex_pattern=PATTERNS[kind], group_select=-1)
    docs: list[dict[str, object]] = [{} for _ in texts]
    responses = [[text] for text in texts]
    return lambda: list(regex.apply(responses, docs))


def version() -> str:
    """What was measured."""
    return f"lm_eval {installed('lm_eval')} (evaluation with local-chat-completions; regex filter)"
