"""What an embedder is: texts in, unit rows out, the same bytes for the same text whatever stands beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(ABC):
    """Turns texts into vectors of length 1. A member says what it is by name, version and dimension."""

    name: ClassVar[str]
    """The name in experiment files."""
    dimension: ClassVar[int]

    @property
    @abstractmethod
    def version(self) -> str:
        """Changes whenever a text may get another vector."""

    @property
    def signature(self) -> str:
        """``name@version:dimension``: vectors with equal signatures may be mixed."""
        return f"{self.name}@{self.version}:{self.dimension}"

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Vectors of ``texts``.

        Args:
            texts: Any texts; characters that no encoding knows (lone surrogates) are read as U+FFFD.

        Returns:
            Shape (n, dimension), float32, rows of length 1; a row depends on its own text alone. The row of a blank
            text, or of one in which the embedder finds nothing, is zero, which analysis counts as missing.
        """
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(out, texts, strict=True):
            if text.strip():
                row[:] = _unit(self._vector(_encodable(text)))
        return out

    # One text at a time: a matrix product rounds a row by what stands beside it, and then the tables of a run that was
    # analysed halfway would differ in their last digits from those of the same run analysed once.
    @abstractmethod
    def _vector(self, text: str) -> NDArray[np.floating]:
        """The vector of a text that is not blank, shape (dimension,), of any length."""


def _encodable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unit(vector: NDArray[np.floating]) -> NDArray[np.float64]:
    x = vector.astype(np.float64)
    return np.asarray(x / (np.linalg.norm(x) or 1.0))
