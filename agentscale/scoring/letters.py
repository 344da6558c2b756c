"""Options and their letters."""

from __future__ import annotations

import re
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
    return re.sub(r"\s+", " ", text).strip(" .,;:!?\"'*_()[]$").casefold()


@lru_cache(maxsize=4096)
def _folded_option(choice: str) -> str:
    return folded(plain(choice))


def option_named(text: str, choices: Sequence[str]) -> str | None:
    """The letter of the one option that reads exactly like a plain ``text``, if there is just one."""
    wanted = folded(text)
    matching = [index for index, choice in enumerate(choices) if wanted and _folded_option(choice) == wanted]
    return letters(len(choices))[matching[0]] if len(matching) == 1 else None


def begins_with_option(text: str, letter: str, choices: Sequence[str]) -> bool:
    """Whether a plain text begins with what the option of a letter says."""
    known = letters(len(choices))
    return letter in known and folded(text).startswith(_folded_option(choices[known.index(letter)]))


def contradicts(text: str, letter: str, choices: Sequence[str]) -> bool:
    """Whether the line behind a letter is the text of another option."""
    return option_named(text, choices) not in (None, letter)
