"""Profiles that are known by name."""

from __future__ import annotations

import pytest

from agentscale.errors import SpecError
from agentscale.models.openai_chat.presets import PRESETS, preset_of, starting
from agentscale.schema.profile import Profile

KNOWN = {
    "o1-mini": "openai-o1-early",
    "o1-preview-2024-09-12": "openai-o1-early",
    "o1": "openai-reasoning",
    "o1-2024-12-17": "openai-reasoning",
    "o3-mini": "openai-reasoning",
    "o4-mini-2025-04-16": "openai-reasoning",
    "openai/o3": "openai-reasoning",
    "gpt-5": "openai-reasoning",
    "gpt-5-mini": "openai-reasoning",
    "gpt-5-nano-2025-08-07": "openai-reasoning",
    "gpt-5-chat-latest": "openai-recent",
    "gpt-5.1": "openai-recent",
    "gpt-4o": "plain",
    "gpt-4.1-mini": "plain",
    "gpt-oss-120b": "plain",
    "olmo-2": "plain",
    "deepseek-reasoner": "deepseek-reasoner",
    "deepseek-chat": "deepseek",
    "deepseek-ai/DeepSeek-R1": "plain",
    "mistral-small-latest": "mistral",
    "magistral-medium-2509": "mistral",
    "mistralai/Mistral-7B-Instruct-v0.3": "plain",
    "google/gemma-2-9b-it": "no-system",
    "gemma-7b-it": "no-system",
    "gemma-1.1-2b-it": "no-system",
    "gemma-3-27b-it": "plain",
    "qwen2.5-7b": "plain",
    "smollm2-135m": "plain",
}


@pytest.mark.parametrize(("model", "preset"), KNOWN.items())
def test_a_models_name_decides_its_profile(model: str, preset: str) -> None:
    assert preset_of(model) == preset


def test_the_file_overrides_the_name() -> None:
    assert starting("o3", Profile(preset="plain")).profile == Profile()
    assert starting("my-deployment", Profile(preset="openai-reasoning")).profile == PRESETS["openai-reasoning"].profile


def test_keys_of_the_file_lie_over_the_named_preset_and_alone_over_the_plain_one() -> None:
    both = starting("x", Profile(preset="openai-reasoning", unsent=("seed",))).profile
    assert (both.system, both.unsent, both.renamed) == ("developer", ("seed",), {"max_tokens": "max_completion_tokens"})
    assert starting("o3", Profile(unsent=("seed",))).profile == Profile(unsent=("seed",))


def test_an_unknown_preset_is_told_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="unknown profile 'openai-reasonin'") as caught:
        starting("x", Profile(preset="openai-reasonin"))
    assert caught.value.nearest == "openai-reasoning"
