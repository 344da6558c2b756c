"""Any model of the package ``sentence-transformers``: for whoever has torch, and models from a hub or a folder."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agentscale.embedders.packaged import Packaged

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class SentenceTransformers(Packaged):
    """A sentence transformer by its name on the hub, or by the path of its folder.

    The first use may fetch the model. The hub's newest revision is meant; whoever needs one certain revision names a
    folder. Length limits are the model's own. No code of a model's author is run.

    Args:
        model: Such as ``sentence-transformers/all-mpnet-base-v2``.
    """

    name: ClassVar[str] = "sentence-transformers"
    package: ClassVar[str] = "sentence_transformers"

    @cached_property
    def _encoder(self) -> SentenceTransformer:
        self.check()
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(self._model, trust_remote_code=False)

    def _vector(self, text: str) -> NDArray[np.float32]:
        return np.asarray(self._encoder.encode(text, show_progress_bar=False), dtype=np.float32)
