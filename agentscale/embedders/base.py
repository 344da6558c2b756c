"""What an embedder is: texts in, unit rows out. It knows nothing of runs and keeps nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from agentscale.errors import SpecError

Vectors = NDArray[np.float32]
LONGEST = 20_000
"""Characters of a text that count, where an embedder has no limit of its own: some 5,000 tokens."""


class Embedder(ABC):
    """Turns texts into vectors of length 1. A member says what it is by name, version and dimension."""

    name: ClassVar[str]
    """The name in experiment files."""

    @property
    @abstractmethod
    def version(self) -> str:
        """Changes whenever a text may get another vector. It is known without a model."""

    @property
    @abstractmethod
    def dimension(self) -> int:
        """Numbers of a vector. It may take a model to know them."""

    @property
    def identity(self) -> str:
        """``name@version``, known without a model."""
        return f"{self.name}@{self.version}"

    @property
    def signature(self) -> str:
        """``name@version:dimension``: vectors with equal signatures may be mixed."""
        return f"{self.identity}:{self.dimension}"

    # Not abstract: most members need nothing that is not installed with agentscale.
    def check(self) -> None:  # noqa: B027
        """Makes sure that it can be used, without using it.

        Raises:
            SpecError: What it needs is not installed.
        """

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Vectors of ``texts``.

        Args:
            texts: Any texts; characters that no encoding knows (lone surrogates) are read as U+FFFD.

        Returns:
            Shape (n, dimension), float32, rows of length 1. The row of a text without a visible character, or of one
            in which the embedder finds nothing, is zero, which analysis counts as missing.

        Raises:
            SpecError: What it needs is not installed.
            EndpointError: An endpoint that it asks failed.
        """
        said = {at: readable for at, text in enumerate(texts) if _is_visible(readable := _encodable(text))}
        if not said:
            return np.zeros((len(texts), self.dimension), dtype=np.float32)
        rows = self._vectors(list(said.values()))
        out = np.zeros((len(texts), rows.shape[1]), dtype=np.float32)
        out[list(said)] = _unit(rows)
        return out

    @abstractmethod
    def _vectors(self, texts: list[str]) -> NDArray[np.floating]:
        """Vectors of texts that can be seen, at least one, shape (n, dimension), of any length."""


class TextByText(Embedder):
    """An embedder on this machine: the same bytes for the same text, whatever stands beside it.

    A matrix product rounds a row by what stands beside it, and then the tables of a run that was analysed halfway
    would differ in their last digits from those of the same run analysed once. So it sees one text at a time.
    """

    def _vectors(self, texts: list[str]) -> NDArray[np.floating]:
        return np.stack([self._vector(text) for text in texts])

    @abstractmethod
    def _vector(self, text: str) -> NDArray[np.floating]:
        """The vector of a text that can be seen, shape (dimension,), of any length."""


def not_installed(name: str, install: str) -> SpecError:
    """The error for an embedder whose package is missing, with the one command that mends it."""
    return SpecError(
        f"embedder {name!r} needs a package that is not installed", key="embedder", remedy=f"install it: {install}"
    )


def _encodable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _is_visible(text: str) -> bool:
    """Whether a reader sees anything: encoders give a vector to control characters and zero-width spaces as well."""
    return any(char.isprintable() and not char.isspace() for char in text)


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    x = rows.astype(np.float64)
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    return np.asarray(x / np.where(norms > 0, norms, 1.0))
