"""The manual: one Markdown page a topic, beside this file, with the tables that the code itself gives."""

from __future__ import annotations

from importlib.resources import files

from agentscale.errors import SpecError


def topics() -> dict[str, str]:
    """Every topic with its title, which is the page's first line."""
    pages = sorted((entry for entry in files(__name__).iterdir() if entry.name.endswith(".md")), key=lambda e: e.name)
    return {entry.name[:-3]: entry.read_text("utf-8").splitlines()[0].lstrip("# ") for entry in pages}


def page(topic: str) -> str:
    """The text of a page.

    The page ``experiment`` closes with the table of all keys and their defaults, ``models`` with that of all profiles,
    ``protocols`` with that of all parameters, ``export`` with those of all columns.

    Raises:
        SpecError: If there is no page on ``topic``.
    """
    known = topics()
    if topic not in known:
        raise SpecError.unknown("topic", topic, known)
    text = (files(__name__) / f"{topic}.md").read_text("utf-8")
    if topic == "experiment":
        from agentscale.cli.pages.keys import table

        text += f"\n## All keys\n\n{table()}\n"
    if topic == "protocols":
        from agentscale.cli.pages.keys import parameters

        text += f"\n## All parameters\n\n{parameters()}\n"
    if topic == "export":
        from agentscale.cli.pages.keys import columns

        text += f"\n{columns()}\n"
    if topic == "models":
        from agentscale.cli.pages.profiles import presets

        text += f"\n## All profiles\n\n{presets()}\n"
    return text
