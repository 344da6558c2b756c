"""Numbers in texts: one canonical text for each value, exact, without floating point."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from agentscale.scoring.cleaning import plain

MAX_DIGITS = 200
"""Longest number that is read, in characters, and largest power of ten."""

_RUN = r"(?:[0-9]|\.[0-9])[0-9.,:]*"
_TOKEN = re.compile(
    rf"(?P<whole>[0-9]{{1,15}}[ ](?=[0-9]{{1,15}}/[0-9]))?(?P<run>{_RUN})(?P<exponent>[eE][-+]?[0-9]{{1,4}}\b)?"
    rf"(?P<over>(?:[ ]?/[ ]?{_RUN})*)(?P<scale>(?:[ ]?\b(?:hundred|thousand|million|billion|trillion)s?\b)*)"
)
_LITERAL = re.compile(r"(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)?(?:\.[0-9]+)?")
_SIGN = re.compile(r"(-|\b(?:minus|negative) )?(?:[$€£¥] ?)?(-)?$", re.IGNORECASE)
_AFTER = re.compile(r"([A-Za-z]+)|(-[A-Za-z])|(\^|[²³π√]|\\[A-Za-z]| (?:dozen|and an? (?:half|third|quarter))\b)")
_INSIDE = re.compile(r"(?:[<≤≥±/^√]|[A-Za-z\-]\()$")
_JOINT = re.compile(r"[ )%]*(?:[A-Za-z]{1,15} )?(?:[-+*/^x×]|to|or|and|plus|minus|times|divided by|by)[ ($€£]*$")
_POWERS = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_ORDINALS = frozenset({"st", "nd", "rd", "th"})
_UNITS = frozenset("mghsLlCFVWJNA")


class Number(NamedTuple):
    """A number that stands in a text."""

    start: int
    end: int
    value: Fraction | None
    """``None`` where it is no one number that can be relied on, such as ``3,5`` or ``12:30`` or ``5k`` or ``2^10``."""


def numbers(text: str) -> Iterator[Number]:
    """All numbers of a plain text, from left to right.

    Signs, thousands separators, decimals, exponents, fractions, mixed fractions, currencies and words such as
    ``million`` belong to the number; percent and units do not change it. What only has a digit in its name, such as
    ``x2``, ``2nd``, ``GPT-4`` or ``3-digit``, is no number.
    """
    for match in _TOKEN.finditer(text):
        tail = len(match["over"]) + len(match["scale"])
        # A run ends with its sentence: "72." is 72. What follows such a stop does not belong to the number.
        end = match.end() if tail or match["exponent"] else match.start("run") + len(match["run"].rstrip(".,:"))
        before, after = text[max(0, match.start() - 12) : match.start()], text[end : end + 20]
        sign = _SIGN.search(before)
        assert sign is not None  # every part of it may be absent
        lead, joins = before[: sign.start()], before[: sign.start()].rstrip(" ")
        if _is_name(lead, bool(sign[0]), after):
            continue
        minus = (sign[1] or sign[2]) and not _is_joint(joins[-1:])
        value = None if _is_doubtful(joins, after) else _value(match)
        start = match.start() - len(sign[0]) + (0 if minus else len(sign[1] or ""))
        yield Number(start, end, -value if value is not None and minus else value)


def _is_name(lead: str, signed: bool, after: str) -> bool:
    """Whether the digits are part of a word, or the power of a unit."""
    follows = _AFTER.match(after)
    word, hyphened = (follows[1] or "", bool(follows[2])) if follows else ("", False)
    inside = lead[-1:].isalpha() or lead[-1:] == "_" or (lead[-1:] == "^" and lead[-2:-1].isalpha())
    return inside or (signed and lead[-1:] == "-") or word.lower() in _ORDINALS or hyphened


def _is_joint(lead: str) -> bool:
    """Whether a minus after ``lead`` joins two numbers instead of being a sign."""
    return lead.isdigit() or lead in (")", "%")


def _is_doubtful(joins: str, after: str) -> bool:
    follows = _AFTER.match(after)
    word = follows[1] or "" if follows else ""
    odd_unit = len(word) == 1 and word not in _UNITS
    return bool(_INSIDE.search(joins)) or odd_unit or bool(follows and follows[3])


def _value(match: re.Match[str]) -> Fraction | None:
    parts = [match["run"], *re.split(r"/", match["over"])[1:]]
    values = [_literal(part.strip().rstrip(".,:")) for part in parts]
    if len(values) > 2 or None in values or len(match["exponent"] or "") > 5:
        return None
    value, *over = (value for value in values if value is not None)
    if over and not over[0]:
        return None
    value = (value / over[0] if over else value) + int(match["whole"] or 0)
    power = int((match["exponent"] or "e0")[1:])
    power += sum(_POWERS[word.rstrip("s").lower()] for word in match["scale"].split())
    return value * Fraction(10) ** power if abs(power) <= MAX_DIGITS else None


def _literal(text: str) -> Fraction | None:
    if not text or len(text) > MAX_DIGITS or not _LITERAL.fullmatch(text):
        return None
    return Fraction(text.replace(",", ""))


def only_number(text: str) -> Fraction | None:
    """The value of the only number of a plain text; ``None`` where there is none, or more than one."""
    found = list(numbers(text))
    return found[0].value if len(found) == 1 else None


def whole_number(text: str) -> Fraction | None:
    """The value of a plain text that is one number and nothing else but a stop; no unit, no percent."""
    bare = text.strip().rstrip(".")
    found = list(numbers(bare))
    return found[0].value if len(found) == 1 and (found[0].start, found[0].end) == (0, len(bare)) else None


def is_operand(text: str, found: Sequence[Number], index: int) -> bool:
    """Whether a number is one end of a sum, a range or a list that nobody has worked out."""
    left = index > 0 and _joined(text, found[index - 1], found[index])
    return left or (index + 1 < len(found) and _joined(text, found[index], found[index + 1]))


def _joined(text: str, first: Number, second: Number) -> bool:
    return second.start - first.end <= 30 and _JOINT.match(text[first.end : second.start]) is not None


def canonical(value: Fraction) -> str:
    """The one text of a value: ``72``, ``-0.5``, or ``1/3`` where no decimal ends."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    if rest != 1 or places == 0:
        return str(value)
    digits = str(abs(value) * 10**places).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def canonical_number(text: str) -> str | None:
    """The canonical text of the only number in ``text``, such as ``1234`` for ``$1,234.0``; ``None`` without one."""
    value = only_number(plain(text))
    return None if value is None else canonical(value)
