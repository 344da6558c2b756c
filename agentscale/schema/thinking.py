"""What a model thinks aloud before it answers, told apart from the answer."""

from __future__ import annotations

import re
from typing import NamedTuple

_TAG = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)


class Spoken(NamedTuple):
    """A model's text in two parts."""

    thinking: str | None
    """The blocks of thinking at its head, without their tags; ``None`` where there are none."""
    text: str
    """What follows them."""


def split_thinking(text: str) -> Spoken:
    """Splits ``<think>…</think>`` or ``<thinking>…</thinking>`` off the head of a text.

    A block that never ends takes the whole text. Its opening tag may be absent: some chat templates put it into the
    prompt. A tag that opens after the answer has begun is part of the answer. Linear in the length of the text.
    """
    if "<" not in text:
        return Spoken(None, text)
    blocks: list[str] = []
    start, inside = 0, False
    for tag in _TAG.finditer(text):
        closes = bool(tag[1])
        if closes:
            blocks.append(text[start : tag.start()].strip())
        elif inside:
            continue  # a tag that the thinking mentions
        elif text[start : tag.start()].strip():
            break
        start, inside = tag.end(), not closes
    if start == 0:
        return Spoken(None, text)
    if inside:
        blocks.append(text[start:].strip())
    return Spoken("\n\n".join(filter(None, blocks)), "" if inside else text[start:].lstrip())
