"""Log-probabilities as OpenAI spells them: of a drawn answer only its last word is uncertain.

A simulated answer is drawn whole. Its sentences count as certain, with logarithm 0; the answer after its mark bears the
logarithm of the probability with which one more agent of the same configuration gives it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from agentscale.schema.calls import ANSWER_MARK

PIECE = re.compile(r"\s*\S+\s*|\s+")
"""What a stream sends at a time: a word with the space around it."""

_NEVER = -9999.0  # what the original says of what has next to no probability


class Odds(NamedTuple):
    """How likely answers are, and how many of them are told."""

    law: Mapping[str, float]
    """The probability of every possible answer, by its text."""
    top: int
    """How many of the likeliest are told beside the one that was given, 0 to 20."""

    def content(self, text: str) -> list[dict[str, Any]]:
        """The pieces of a text, each with its logarithm; together they are the text."""
        return [self._piece(piece, is_answer) for piece, is_answer in pieces(text)]

    def _piece(self, piece: str, is_answer: bool) -> dict[str, Any]:
        law = self.law if is_answer else {piece: 1.0}
        likeliest = sorted(law, key=lambda each: -law[each])[: self.top]
        return {
            **_told(piece, law.get(piece, 0.0)),
            "top_logprobs": [_told(each, law[each]) for each in likeliest],
        }


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The words of a text, and of each whether it is the answer, which is one piece however long it is."""
    _, _, last = text.rpartition("\n")
    is_answered = last.startswith(f"{ANSWER_MARK} ") and len(last) > len(ANSWER_MARK) + 1
    at = len(text) - len(last) + len(ANSWER_MARK) + 1 if is_answered else len(text)
    yield from ((piece, False) for piece in PIECE.findall(text[:at]))
    if is_answered:
        yield text[at:], True


def _told(token: str, probability: float) -> dict[str, Any]:
    logarithm = math.log(probability) if probability > 0 else _NEVER
    return {"token": token, "logprob": logarithm, "bytes": list(token.encode("utf-8", "surrogatepass"))}
