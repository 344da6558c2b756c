"""Reads what nodes say: messages by name, and a final answer. Long names are tried before short ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from agentscale.environments.marks import pattern
from agentscale.schema.calls import ANSWER_MARK

_MARK = re.compile(rf"{pattern(ANSWER_MARK)}[ \t*_`\"'(\[]*(.*)", re.IGNORECASE)
_DECODER = json.JSONDecoder()
_MOST_IN_VAIN = 1_000_000
"""Characters that are read without an object coming of it: beyond, a text only wastes time."""


def messages_of(text: str) -> dict[str, str] | None:
    """The messages in the last JSON object of a text, by the name to which each goes; ``None`` where there is none.

    An empty message, or ``null``, is none. What is no text is taken as it is written.
    """
    found = list(_objects(text))
    if not found:
        return None
    sent = {name.strip(): value if isinstance(value, str) else _written(value) for name, value in found[-1].items()}
    return {name: said for name, said in sent.items() if said.strip()}


def _written(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _objects(text: str) -> Iterator[dict[str, object]]:
    """The JSON objects of a text that do not stand within another, in order, while they are looked for."""
    at, in_vain = text.find("{"), 0
    while at >= 0 and in_vain < _MOST_IN_VAIN:
        try:
            value, end = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            in_vain, end = in_vain + error.pos - at, at + 1
        except RecursionError:
            return
        else:
            yield value
        at = text.find("{", end)


def final_answer(text: str, options: Sequence[str]) -> str | None:
    """The option that stands behind the last answer's mark, whatever its case; ``None`` where none does.

    It must be the whole word, and the longest that fits: ``Group 10`` is not ``Group 1``.
    """
    marked = _MARK.findall(text)
    tail = marked[-1].casefold() if marked else ""
    for option in sorted(options, key=len, reverse=True):
        if re.match(rf"{re.escape(option.casefold())}(?!\w)", tail):
            return option
    return None
