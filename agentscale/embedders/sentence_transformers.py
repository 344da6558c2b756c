"""Any model of the package ``sentence-transformers``: for whoever has torch, and models from a hub or a folder."""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agentscale.embedders.base import TextByText, not_installed

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class SentenceTransformers(TextByText):
    """A sentence transformer by its name on the hub, or by the path of its folder.

    The first use may fetch the model. The hub's newest revision is meant; whoever needs one certain revision names a
    folder. Length limits are the model's own. No code of a model's author is run.

    Args:
        model: Such as ``sentence-transformers/all-mpnet-base-v2``.
    """

    name: ClassVar[str] = "sentence-transformers"

    def __init__(self, model: str) -> None:
        self._model = model

    @property
    def version(self) -> str:
        """The model's name."""
        return self._model

    @cached_property
    def dimension(self) -> int:
        """Numbers of a vector, from the vector of a word."""
        return len(self._vector("dimension"))

    def check(self) -> None:
        """Makes sure that the package is installed."""
        if find_spec("sentence_transformers") is None:
            raise not_installed(self.name, "pip install 'agentscale[sentence-transformers]'")

    @cached_property
    def _encoder(self) -> SentenceTransformer:
        self.check()
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(self._model, trust_remote_code=False)

    def _vector(self, text: str) -> NDArray[np.float32]:
        return np.asarray(self._encoder.encode(text, show_progress_bar=False), dtype=np.float32)
