"""How a reply is shown to others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from agentscale.schema.calls import ANSWER_MARK, Reply

See = Literal["answer", "rationale"]
"""What an agent sees of its peers: the answer that was read from the last reply, or that reply whole."""

_SILENT = "no readable answer"


def quoted(reply: Reply, see: See) -> str:
    """A reply as its readers are shown it; of one that gives nothing to show, that it has no readable answer."""
    said = shown(reply, see)
    if said is None or see == "answer":
        return f"- {said or _SILENT}"
    return set_off(said)


def set_off(text: str) -> str:
    """A text line by line behind a sign that no line of a prompt begins with."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def shown(reply: Reply, see: See) -> str | None:
    """What a reply has to show, if anything."""
    if see == "rationale":
        return reply.text.strip() or None
    if reply.answer is None:
        return None
    return f"{ANSWER_MARK} {reply.given or reply.answer}"


def told(quotes: Sequence[str]) -> str:
    """The quotes in line, each under its number."""
    parts = [""] * (2 * len(quotes))
    parts[::2] = _numbers(len(quotes))
    parts[1::2] = quotes
    return "".join(parts)


@lru_cache(maxsize=256)
def _numbers(n: int) -> list[str]:
    return [f"\n\nAgent {number}:\n" for number in range(1, n + 1)]
