"""From what an agent was asked on the side to its attitude: a number from 0 to 10, or the reason why there is none."""

from __future__ import annotations

import re
from fractions import Fraction

from agentscale.schema.calls import Completion
from agentscale.scoring.base import Reading
from agentscale.scoring.cleaning import plain, spoken
from agentscale.scoring.marks import own_part
from agentscale.scoring.numbers import canonical, numbers
from agentscale.scoring.reading import unfinished

LEAST, MOST = 0, 10
"""The ends of the scale."""
_VERSION = "attitude@1"
_SCALE = re.compile(r"\(?\b0 ?(?:-|to|and|through) ?10\b\)?")
_OF_TEN = re.compile(r" ?(?:/ ?10\b|\bout of (?:10|ten)\b)", re.IGNORECASE)


def read_attitude(completion: Completion) -> Reading:
    """The one number of a text, or of its last line that has any; the scale itself, as in 7/10 or 0 to 10, is none.

    Returns:
        The number in canonical form. Two different numbers, or one outside 0 to 10, are none: nothing is
        guessed.
    """
    cut = unfinished(completion)
    if cut is not None:
        return cut
    text = _OF_TEN.sub("", _SCALE.sub("", own_part(plain(spoken(completion.text)))))
    said = {number.value for number in numbers(text)}
    if len(said) > 1:
        last = next(line for line in reversed(text.splitlines()) if any(numbers(line)))
        said = {number.value for number in numbers(last)}
    return _on_the_scale(said.pop() if len(said) == 1 else None)


def _on_the_scale(value: Fraction | None) -> Reading:
    if value is None or not LEAST <= value <= MOST:
        return Reading(None, "no_answer", _VERSION)
    return Reading(canonical(value), None, _VERSION)
