"""Any static model of the package ``model2vec``: a mean of word vectors, very fast, without torch."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agentscale.embedders.packaged import Packaged

if TYPE_CHECKING:
    from model2vec import StaticModel


class Model2Vec(Packaged):
    """A static embedding model by its name on the hub, or by the path of its folder.

    It knows words and not their order: "dog bites man" and "man bites dog" are one to it. The first use may fetch the
    model; whoever needs one certain revision names a folder. All of a text counts.

    Args:
        model: Such as ``minishlab/potion-base-8M``.
    """

    name: ClassVar[str] = "model2vec"
    package: ClassVar[str] = "model2vec"

    @cached_property
    def _encoder(self) -> StaticModel:
        self.check()
        from model2vec import StaticModel

        return StaticModel.from_pretrained(self._model, force_download=False)

    def _vector(self, text: str) -> NDArray[np.float32]:
        # Without its cap of 512 tokens, and in this process: it forks for many texts.
        return np.asarray(self._encoder.encode([text], max_length=None, use_multiprocessing=False)[0], dtype=np.float32)
