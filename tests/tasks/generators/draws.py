"""Draws that stay the same for ever: by a hash, so that no version of a library moves a question."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """A row of draws that a text names."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._made = 0

    def below(self, n: int) -> int:
        """A whole number from 0 to n − 1."""
        self._made += 1
        return int.from_bytes(hashlib.sha256(f"{self._name}/{self._made}".encode()).digest()[:8]) % n

    def one(self, values: Sequence[T]) -> T:
        """One of the values."""
        return values[self.below(len(values))]

    def some(self, values: Sequence[T], n: int) -> list[T]:
        """``n`` different ones of the values, in a drawn order."""
        left = list(values)
        return [left.pop(self.below(len(left))) for _ in range(n)]
