"""How an amount is read from what was said: the one number on the line behind the answer's mark."""

from __future__ import annotations

import re
from typing import NamedTuple

from agentscale.environments.marks import pattern
from agentscale.schema.calls import ANSWER_MARK

_MARKED = re.compile(rf"{pattern(ANSWER_MARK)}(.*)", re.IGNORECASE)
_AMOUNT = re.compile(
    r"(?P<before>[^0-9]*?)(?P<number>[-−]?(?:(?:[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,15})(?:\.[0-9]{1,15})?|\.[0-9]{1,15}))(?P<after>[^0-9]*)"
)


class Amount(NamedTuple):
    """An amount as somebody said it; whether there is so much is not known here."""

    number: float
    """Finite; it may be negative."""
    before: tuple[str, ...] = ()
    """The words before it, in small letters, such as ``give``."""
    is_share: bool = False
    """Whether it is a percentage."""


def amount(said: str) -> Amount | None:
    """The amount behind the last mark, such as ``Final answer: 10`` or ``**Final answer:** give 2.5 units.``.

    Returns:
        ``None`` where there is no mark, or on its line no number or more than one.
    """
    marked = _MARKED.findall(said)
    found = _AMOUNT.fullmatch(marked[-1]) if marked else None
    if found is None:
        return None
    number = float(found["number"].replace(",", "").replace("−", "-"))
    before = tuple(re.findall("[a-z]+", found["before"].lower()))
    return Amount(number, before, found["after"].lower().lstrip(" *_").startswith(("%", "percent")))
