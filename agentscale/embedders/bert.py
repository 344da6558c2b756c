"""A BERT encoder's forward pass in numpy, from a file of weights, for one text at a time. It trains nothing.

Reference: Devlin et al., "BERT", NAACL 2019; layout of the file: the safetensors format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Weights = Mapping[str, Floats]


def read_weights(data: bytes) -> dict[str, Floats]:
    """The float32 arrays of a safetensors file, by name, as views of ``data``."""
    start = 8 + int.from_bytes(data[:8], "little")
    head = json.loads(data[8:start])
    return {
        name: np.frombuffer(data[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]], "<f4").reshape(
            entry["shape"]
        )
        for name, entry in head.items()
        if entry.get("dtype") == "F32"
    }


class Bert:
    """An encoder.

    Args:
        weights: By the names of BERT's reference implementation.
        layers: How many.
        heads: Attention heads of each.
    """

    def __init__(self, weights: Weights, *, layers: int, heads: int) -> None:
        self._weights = weights
        self._layers = layers
        self._heads = heads

    def __call__(self, ids: Sequence[int]) -> Floats:
        """The last layer's vectors of the tokens ``ids``, shape (n, d)."""
        table = self._weights
        x = table["embeddings.word_embeddings.weight"][list(ids)]
        x = x + table["embeddings.position_embeddings.weight"][: len(ids)]
        x = self._norm(x + table["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for at in range(self._layers):
            x = self._layer(x, f"encoder.layer.{at}")
        return x

    def _layer(self, x: Floats, at: str) -> Floats:
        attended = self._linear(self._attention(x, f"{at}.attention.self"), f"{at}.attention.output.dense")
        x = self._norm(x + attended, f"{at}.attention.output.LayerNorm")
        widened = _gelu(self._linear(x, f"{at}.intermediate.dense"))
        return self._norm(x + self._linear(widened, f"{at}.output.dense"), f"{at}.output.LayerNorm")

    def _attention(self, x: Floats, at: str) -> Floats:
        query, key, value = (self._by_head(self._linear(x, f"{at}.{part}")) for part in ("query", "key", "value"))
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(query.shape[-1]))
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = weights / weights.sum(axis=-1, keepdims=True) @ value
        return np.asarray(mixed.transpose(1, 0, 2).reshape(x.shape))

    def _by_head(self, x: Floats) -> Floats:
        """Shape (n, d) as (heads, n, d / heads)."""
        return np.asarray(x.reshape(len(x), self._heads, -1).transpose(1, 0, 2))

    def _linear(self, x: Floats, at: str) -> Floats:
        return np.asarray(x @ self._weights[f"{at}.weight"].T + self._weights[f"{at}.bias"])

    def _norm(self, x: Floats, at: str) -> Floats:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        return np.asarray(centred / spread * self._weights[f"{at}.weight"] + self._weights[f"{at}.bias"])


def _gelu(x: Floats) -> Floats:
    from scipy.special import erf

    return np.asarray(x * np.float32(0.5) * (1 + erf(x / np.float32(np.sqrt(2)))), dtype=np.float32)
