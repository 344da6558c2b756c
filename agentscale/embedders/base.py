"""What an embedder is: texts in, unit rows out, always the same for the same text."""

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
            Shape (n, dimension), float32, rows of length 1; the row of a blank text, or of one in which the embedder
            finds nothing, is zero, which analysis counts as missing.
        """
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        spoken = [at for at, text in enumerate(texts) if text.strip()]
        if spoken:
            out[spoken] = _unit(self._vectors([_encodable(texts[at]) for at in spoken]))
        return out

    @abstractmethod
    def _vectors(self, texts: Sequence[str]) -> NDArray[np.floating]:
        """Vectors of texts that are not blank, shape (n, dimension), of any length."""


def _encodable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    x = vectors.astype(np.float64)
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    return np.asarray(x / np.where(norms > 0, norms, 1.0))
