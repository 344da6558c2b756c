"""The profiles that are known by the names of models, as the page on models lists them."""

from __future__ import annotations

import textwrap

from agentscale.models.openai_chat.presets import PRESETS, Preset
from agentscale.schema.profile import Profile


def presets() -> str:
    """Every preset with what it is for, the names that it fits, and what it changes, at 80 columns."""
    return "\n".join(line for name, preset in PRESETS.items() for line in _told(name, preset))


def _told(name: str, preset: Preset) -> list[str]:
    fits = f"names that match {preset.pattern}" if preset.pattern else ""
    about = textwrap.wrap(preset.about, 78, initial_indent=" " * 8, subsequent_indent=" " * 8)
    changes = textwrap.wrap(_changes(preset.profile), 78, initial_indent=" " * 8, subsequent_indent=" " * 8)
    return [f"    {name}", *about, *([f"        {fits}"] if fits else []), *changes]


def _changes(profile: Profile) -> str:
    """What a profile changes, as the file would say it."""
    said = profile.model_dump(mode="json", exclude_defaults=True)
    renamed = [f"{ours} is sent as {theirs}" for ours, theirs in said.get("renamed", {}).items()]
    unsent = [f"not sent: {', '.join(said['unsent'])}"] if "unsent" in said else []
    others = [f"{key}: {said[key]}" for key in ("system", "structured") if key in said]
    return "; ".join([*renamed, *unsent, *others])
