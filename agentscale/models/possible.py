"""The possible answers of a question, seen from its truth: the right one first.

The simulator's options are numbers with 0 right; a question's are letters, or numbers among which the wrong ones must
look plausible. This file maps one to the other, in both directions.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import count

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.calls import ANSWER_MARK
from agentscale.schema.run import QuestionRecord

_LONGEST = 64  # characters of a numeric target
_ENDLESS = 128  # characters beyond which a text is no number that anyone meant
_LETTER = re.compile(rf"{re.escape(ANSWER_MARK)}[ \t*_]*[(\[]?([A-Za-z])\b", re.IGNORECASE)
_NUMBER = re.compile(rf"{re.escape(ANSWER_MARK)}[ \t*_$€£]*([-+−]?(?:\d[\d,]*\.?\d*|\.\d+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Possible:
    """What may be answered to one question."""

    labels: tuple[str, ...]
    """The answers as they are written, the right one first, the others in an order drawn for the question."""
    lettered: bool
    """Whether they are letters of listed choices; else numbers."""

    def read(self, text: str) -> list[str]:
        """The answers that stand behind the answer's mark in a text, in order and in canonical form.

        Letters that name no choice, such as those of a placeholder, and endless numbers are left out.
        """
        if self.lettered:
            return [found for match in _LETTER.finditer(text) if (found := match[1].upper()) in self.labels]
        return [plain_number(match[1]) for match in _NUMBER.finditer(text) if len(match[1]) <= _ENDLESS]


def possible_answers(record: QuestionRecord, *, n_open: int, seed: int) -> Possible:
    """The possible answers of a question.

    Args:
        record: The question; with choices its target is a letter, without them a number.
        n_open: How many a question without choices has, the right one included.
        seed: The world's seed; the order of the wrong ones is drawn by it and the question alone.

    Raises:
        SpecError: where the target is not one of the letters, or not a number.
    """
    right = checked_target(record)
    wrong = _other_letters(record, right) if record.choices else _plausible(right, n_open - 1)
    order = keyed(seed, "options", record.task, record.sample_id).permutation(len(wrong))
    return Possible((right, *(wrong[i] for i in order)), bool(record.choices))


def _other_letters(record: QuestionRecord, right: str) -> list[str]:
    """The letters of the wrong options, in the order in which these stand in the task: the world knows contents."""
    letters = string.ascii_uppercase[: len(record.choices)]
    placed = zip(record.order or range(len(letters)), letters, strict=True)
    return [letter for _, letter in sorted(placed) if letter != right]


def checked_target(record: QuestionRecord) -> str:
    """The target in canonical form: an upper-case letter, or a plain number.

    Raises:
        SpecError: where it is neither.
    """
    place = f"{record.task}/{record.sample_id}"
    if record.world is not None and not record.target:
        raise SpecError(
            f"question {place} opens the world {record.world.name}, and a simulated model only answers questions",
            key="models",
            allowed="a model at an endpoint, or one that plays a policy of the world",
            remedy="models: {player: {policy: optimal}}",
        )
    if record.choices:
        letters = string.ascii_uppercase[: len(record.choices)]
        target = record.target.strip().upper()
        if len(target) == 1 and target in letters and 2 <= len(record.choices) <= len(string.ascii_uppercase):
            return target
        raise SpecError(
            f"question {place} has {len(record.choices)} choices and the target {record.target!r}",
            allowed="2 to 26 choices, and the letter of one of them",
        )
    try:
        if len(number := plain_number(record.target)) <= _LONGEST:
            return number
    except ValueError:
        pass
    raise SpecError(
        f"question {place} has no choices and the target {record.target[:_LONGEST]!r}",
        allowed=f"a number of at most {_LONGEST} characters: the simulator makes up wrong numbers beside it",
    )


def plain_number(text: str) -> str:
    """A number without thousands separators, exponent, or zeros that say nothing: ``1,050.0`` gives ``1050``.

    Raises:
        ValueError: where the text is not a finite number.
    """
    written = text.strip().replace(",", "").replace("−", "-")
    try:
        number = Decimal(written)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number") from None
    if not number.is_finite() or len(written) > _ENDLESS or abs(number.adjusted()) > _ENDLESS:
        raise ValueError(f"{text!r} is not a finite number of at most {_ENDLESS} characters")
    plain = f"{number:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain == "-0" else plain


def _plausible(right: str, how_many: int) -> list[str]:
    """So many numbers that someone might reach who slips on the way to the right one, without that one."""
    found: dict[str, None] = {}
    for slip in _slips(right):
        if slip != right:
            found[slip] = None
        if len(found) == how_many:
            break
    return list(found)


def _slips(right: str) -> Iterator[str]:
    """Wrong numbers without end: off by one or ten in the last place, digits swapped, and then ever farther off."""
    places = len(right.partition(".")[2])
    whole = int(right.replace(".", ""))
    digits = str(abs(whole))
    swapped = [
        int(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :]) * (1 if whole >= 0 else -1)
        for i in range(len(digits) - 1)
    ]
    near = [whole + 1, whole - 1, whole + 10, whole - 10, *swapped, whole + 2, whole - 2, 10 * whole, 2 * whole]
    sign = 1 if whole >= 0 else -1
    for number in near:
        if number * sign >= 0:  # a slip seldom turns a count negative
            yield _placed(number, places)
    for step in count(3):
        yield _placed(whole + sign * step, places)


def _placed(number: int, places: int) -> str:
    sign, digits = int(number < 0), tuple(map(int, str(abs(number))))
    return plain_number(f"{Decimal((sign, digits, -places)):f}")
