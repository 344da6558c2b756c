"""Options and their letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from agentscale.scoring.cleaning import plain


@lru_cache(maxsize=256)
def letters(n: int) -> tuple[str, ...]:
    """The letters of ``n`` options: A to Z, then AA, AB, …, as the columns of a sheet are named."""
    return tuple(_letter(index) for index in range(n))


def _letter(index: int) -> str:
    head, last = divmod(index, 26)
    return (_letter(head - 1) if head else "") + chr(ord("A") + last)


def label_pattern(choices: Sequence[str]) -> str:
    """A regular expression for what looks like the upper-case letter of an option, whether there is one or not."""
    return "[A-Z]" if len(choices) <= 26 else "[A-Z]{1,2}"


def folded(text: str) -> str:
    """A text as it is compared with options: no case, single blanks, no punctuation around it."""
    return " ".join(text.split()).strip(" .,;:!?\"'*_()[]$").casefold()


@lru_cache(maxsize=1024)
def _folded_options(choices: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(folded(plain(choice)) for choice in choices)


@lru_cache(maxsize=1024)
def _letter_of(choices: tuple[str, ...]) -> dict[str, str]:
    """From the folded text of an option to its letter, where no other option reads the same."""
    options = _folded_options(choices)
    counts = Counter(options)
    pairs = zip(options, letters(len(options)), strict=True)
    return {option: letter for option, letter in pairs if option and counts[option] == 1}


def option_named(text: str, choices: Sequence[str]) -> str | None:
    """The letter of the one option that reads exactly like a plain ``text``, if there is just one."""
    return _letter_of(tuple(choices)).get(folded(text))


def begins_with_option(text: str, letter: str, choices: Sequence[str]) -> bool:
    """Whether a plain text begins with what the option of a letter says."""
    known = letters(len(choices))
    return letter in known and folded(text).startswith(_folded_options(tuple(choices))[known.index(letter)])


def contradicts(text: str, letter: str, choices: Sequence[str]) -> bool:
    """Whether the line behind a letter is the text of another option."""
    return option_named(text, choices) not in (None, letter)
