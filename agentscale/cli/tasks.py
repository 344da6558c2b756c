"""How tasks are shown: a table of all, one in full, and how hard a pilot found them. Within 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agentscale.cli.amounts import columns

if TYPE_CHECKING:
    from agentscale.analysis.headroom import AtLevel, Picked

WIDTH = 80
_LONGEST_QUESTION = 18
"""Lines of a question that are shown."""


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """All tasks: those that can be used at once, then those whose questions have to be had first."""
    ordered = sorted(rows, key=lambda row: bool(row["needs"]))
    needs = [row["needs"] for row in rows]
    lines = [columns(["task", "kind", "levels", "samples", "licence", "needs"], [*map(_row, ordered)])]
    if any(need.startswith("agentscale pull") for need in needs):
        lines.append("pull: fetch its questions once, agentscale pull task:NAME")
    if any(need.startswith("pip") for need in needs):
        lines.append("gym: pip install 'agentscale[gym]'")
    lines.append("agentscale catalog tasks --show NAME tells more; agentscale help tasks how to bring your own")
    return "\n".join([lines[0], "", *(textwrap.fill(line, WIDTH) for line in lines[1:])])


def _row(row: Mapping[str, Any]) -> list[str]:
    need = "pull" if row["needs"].startswith("agentscale pull") else "gym" if row["needs"] else ""
    licence = textwrap.shorten(row["licence"], 14, placeholder="…")
    return [row["name"], row["kind"], _span(row["levels"]), f"{row['samples']:,}", licence, need]


def _span(levels: Sequence[int]) -> str:
    return f"{min(levels)}–{max(levels)}" if len(levels) > 1 else str(levels[0])


def card(told: Mapping[str, Any]) -> str:
    """One task in full, with a question as agents are asked it."""
    spec = told["spec"]
    lines = [
        textwrap.fill(f"{spec['name']}: {spec['description']}", WIDTH),
        "",
        *(_field(name, value) for name, value in _fields(told) if value),
        *_question(told["question"]),
    ]
    return "\n".join(lines)


def _fields(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    spec = told["spec"]
    yield "needs", told["needs"]
    yield "kind", spec["kind"]
    yield "read by", ", ".join(spec["extract"])
    yield "samples", _counted(told["levels"])
    yield "personas", spec["personas"] or "general"
    yield "licence", spec["licence"]
    yield "source", spec["source"]
    yield "version", spec["version"]
    yield "digest", told["digest"] or ""


def _counted(levels: Mapping[int, int]) -> str:
    if len(levels) > 1 and len(set(levels.values())) == 1:
        return f"{next(iter(levels.values())):,} of each level, {_span([*map(int, levels)])}"
    return ", ".join(f"{count:,} of level {level}" for level, count in levels.items())


def _field(name: str, value: str) -> str:
    return textwrap.fill(value, WIDTH, initial_indent=f"{name:10}", subsequent_indent=" " * 10, break_on_hyphens=False)


def _question(question: str | None) -> Iterator[str]:
    if question is None:
        return
    lines = [part for line in question.splitlines() for part in textwrap.wrap(line, WIDTH - 4) or [""]]
    cut = [*lines[:_LONGEST_QUESTION], "…"] if len(lines) > _LONGEST_QUESTION + 1 else lines
    yield from ("", "a question:", "", *(f"    {line}".rstrip() for line in cut))


def piloted(found: Sequence[AtLevel], picked: Sequence[Picked]) -> str:
    """What a pilot found: accuracy by level and model, and the level that is worth a run."""
    several = len(picked) > 1
    head = [*(["task"] if several else []), "level", "model", "accuracy", "headroom", "unread"]
    rows = [
        [
            *([textwrap.shorten(each.task, 20, placeholder="…")] if several else []),
            str(each.level),
            textwrap.shorten(each.model, 24, placeholder="…"),
            f"{each.accuracy:.2f} [{each.low:.2f}, {each.high:.2f}]",
            f"{each.headroom:.2f}",
            str(each.n_missing),
        ]
        for each in found
    ]
    return "\n".join([columns(head, rows), "", *(line for each in picked for line in _choice(each, several))])


def _choice(picked: Picked, several: bool) -> Iterator[str]:
    use = f"levels: [{picked.level}]" if several else f"task.levels={picked.level}"
    told = f"{picked.task}: level {picked.level} has the most headroom, {picked.headroom:.2f}; use {use}"
    yield textwrap.fill(told, WIDTH)
    yield from (textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ") for text in picked.warnings)
