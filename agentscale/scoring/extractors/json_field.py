"""The answer in a field of the last JSON object that has one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.base import NO_ANSWER, Extractor, Found
from agentscale.scoring.extractors.stated import stated
from agentscale.scoring.marks import LONGEST

FIELDS = ("final_answer", "finalanswer", "answer", "result", "choice", "option")
"""Names of the field, in any case, with a space or a dash for the underscore; the first that is there counts."""
_MOST_OBJECTS = 64
"""Objects at the end of a text that are looked at."""
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)  # numbers stay as they were written


def _find(text: str, kind: AnswerKind, choices: Sequence[str]) -> Found | None:
    """What the field holds decides, even if it is no text and no number."""
    held = [value for found in _objects(text[-LONGEST:]) for value in _answers(found)]
    if not held:
        return None
    value = held[-1]
    if kind == "code":
        return Found(value) if isinstance(value, str) and value.strip() else NO_ANSWER
    return stated(value, kind, choices) if isinstance(value, str) else NO_ANSWER


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The outermost JSON objects of a text, in order."""
    places = [at for at, sign in enumerate(text) if sign == "{"][-_MOST_OBJECTS:]
    end = 0
    for at in places:
        if at >= end:
            try:
                found, end = _DECODER.raw_decode(text, at)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                yield found


def _answers(found: dict[str, Any]) -> Iterator[Any]:
    named = {key.strip().lower().replace(" ", "_").replace("-", "_"): value for key, value in found.items()}
    field = next((name for name in FIELDS if name in named), None)
    if field is not None:
        yield named[field]


JSON_FIELD = Extractor("json_field", 1, dict.fromkeys(("choice", "number", "math", "text", "code"), "raw"), _find)
