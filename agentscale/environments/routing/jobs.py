"""Jobs that only who holds the right code book can do, so that what an agent is good at is known, and can be learnt."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

BOOKS = ("amber", "birch", "cobalt", "damson", "ebony", "flint", "garnet", "hazel")
WORDS = ("anchor", "basket", "candle", "dragon", "engine", "feather", "goblet", "harbour")
_FIRST_CODE, _END_OF_CODES = 1_000, 10_000


class Part(NamedTuple):
    """A word that is to be translated by a book."""

    book: int
    word: int

    @property
    def told(self) -> str:
        """``amber: anchor``."""
        return f"{BOOKS[self.book]}: {WORDS[self.word]}"


Job: TypeAlias = tuple[Part, ...]
"""One part, or two of different books."""
Codes: TypeAlias = tuple[tuple[int, ...], ...]
"""The number that each book has for each word; no number stands twice."""


def drawn_codes(n_books: int, rng: np.random.Generator) -> Codes:
    """The books."""
    numbers = rng.choice(_END_OF_CODES - _FIRST_CODE, n_books * len(WORDS), replace=False) + _FIRST_CODE
    return tuple(map(tuple, numbers.reshape(n_books, len(WORDS)).tolist()))


def drawn_jobs(n: int, n_books: int, split_every: int, rng: np.random.Generator) -> tuple[Job, ...]:
    """Jobs over all books in turn, in a drawn order; every ``split_every``-th of them has two parts (0: none)."""
    first = rng.permutation(np.arange(n) % n_books)
    second = (first + rng.integers(1, n_books, n)) % n_books if n_books > 1 else first
    words = rng.integers(0, len(WORDS), (n, 2))
    return tuple(
        tuple(
            Part(int(book), int(word))
            for book, word in zip((first[at], second[at])[: parts_of(at, split_every)], words[at], strict=False)
        )
        for at in range(n)
    )


def parts_of(job: int, split_every: int) -> int:
    """How many parts the job of a number has."""
    return 2 if split_every and job % split_every == split_every - 1 else 1
