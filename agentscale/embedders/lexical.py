"""A lexical embedder: hashed pieces of words. It sees wording, not meaning."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from agentscale.embedders.base import TextByText

_WORD = re.compile(r"\w+")
_PIECES = (3, 4)  # lengths of the character pieces


class Lexical(TextByText):
    """Words, pairs of neighbouring words, and pieces of 3 and 4 characters, each hashed with a sign into 512 numbers.

    A feature that occurs c times weighs 1 + ln c. Two texts are near if they share words and word parts: a paraphrase
    in other words is far, a contradiction in the same words is near. For tests, for other languages than an encoder
    knows, and to see how much of K* is mere wording. It needs no model and is the same on every machine.

    Reference: Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009.
    """

    name: ClassVar[str] = "lexical"
    dimension = 512

    @property
    def version(self) -> str:
        """The version of the features and of their hash."""
        return "1"

    def _vector(self, text: str) -> NDArray[np.float64]:
        out = np.zeros(self.dimension)
        for feature, count in Counter(_features(text)).items():
            code = zlib.crc32(feature.encode("utf-8"))
            out[code % self.dimension] += (1.0 + np.log(count)) * (1.0 if code & 0x80000000 else -1.0)
        return out


def _features(text: str) -> Iterator[str]:
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    yield from (f"w {word}" for word in words)
    yield from (f"b {first} {second}" for first, second in pairwise(words))
    for word in words:
        whole = f"<{word}>"
        yield from (f"c {whole[at : at + n]}" for n in _PIECES for at in range(len(whole) - n + 1))
