"""Profiles that are known beforehand, by the names of models. What stands nowhere here is learnt from refusals.

A preset leaves out only what its models refuse or ignore: what it leaves out, the experiment cannot vary.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from agentscale.errors import SpecError
from agentscale.schema.profile import Profile


class Preset(NamedTuple):
    """A profile under a name."""

    about: str
    pattern: str | None
    """Regular expression of the whole of a model's name at its endpoint; ``None`` where no name is enough."""
    profile: Profile


_COMPLETION = Profile(renamed={"max_tokens": "max_completion_tokens"})

PRESETS: dict[str, Preset] = {
    "plain": Preset("every parameter under its usual name; for all models that match nothing below", None, Profile()),
    "openai-o1-early": Preset(
        "the first reasoning models of OpenAI, which take no system message",
        r"(openai/)?o1-(mini|preview)(-.+)?",
        Profile(system="user", unsent=("temperature", "top_p")).over(_COMPLETION),
    ),
    "openai-reasoning": Preset(
        "reasoning models of OpenAI, which draw at their own temperature",
        r"(openai/)?(o\d+(-.+)?|gpt-5(-mini|-nano|-pro)?(-\d{4}-.+)?)",
        Profile(system="developer", unsent=("temperature", "top_p")).over(_COMPLETION),
    ),
    "openai-recent": Preset(
        "later models of OpenAI, which may or may not reason",
        r"(openai/)?gpt-[5-9].*",
        Profile(system="developer").over(_COMPLETION),
    ),
    "deepseek-reasoner": Preset(
        "ignores temperature and top_p without saying so; knows JSON and no schema",
        r"deepseek-reasoner",
        Profile(unsent=("temperature", "top_p"), structured="json_object"),
    ),
    "deepseek": Preset("knows JSON and no schema", r"deepseek-chat", Profile(structured="json_object")),
    "mistral": Preset(
        "Mistral's own API, which calls the seed random_seed",
        r"(open-)?(mistral|mixtral|ministral|magistral|codestral|devstral|pixtral)-.*(latest|\d{4})",
        Profile(renamed={"seed": "random_seed"}),
    ),
    "no-system": Preset(
        "chat templates without a system role, such as those of Gemma 1 and 2",
        r"(.*/)?gemma-((1\.1-)?[27]b|2-\d+b)(-.+)?",
        Profile(system="user"),
    ),
}
"""The presets, in the order in which names are tried."""


class Start(NamedTuple):
    """The profile with which a model is asked first."""

    name: str
    """As messages call it."""
    profile: Profile


def preset_of(model: str) -> str:
    """The name of the preset that fits a model's name at its endpoint; ``plain`` where none does."""
    fits = (name for name, preset in PRESETS.items() if preset.pattern and re.fullmatch(preset.pattern, model))
    return next(fits, "plain")


def starting(model: str, given: Profile | None) -> Start:
    """The profile of a model: by its name, unless the experiment file gives one.

    Raises:
        SpecError: The file names a preset that does not exist.
    """
    name = preset_of(model) if given is None else given.preset or "plain"
    if name not in PRESETS:
        raise SpecError.unknown("profile", name, PRESETS)
    base = PRESETS[name].profile
    return Start(f"profile {name}", base) if given is None else Start("the profile of the file", given.over(base))
