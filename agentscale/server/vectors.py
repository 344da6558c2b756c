"""Embeddings as OpenAI's objects."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from agentscale.embedders import EMBEDDERS, Embedder, resolve
from agentscale.errors import SpecError
from agentscale.models.base import estimated_tokens
from agentscale.schema.embedding import EmbedderSpec
from agentscale.server.bodies import EmbeddingBody
from agentscale.server.refused import Refused

MODELS = tuple(EMBEDDERS)
"""The names under which embedders are served."""


class Vectors:
    """The embedders, each made when it is first asked for. One thread at a time may use it."""

    def __init__(self) -> None:
        self._made: dict[str, Embedder] = {}

    def answer(self, body: EmbeddingBody) -> dict[str, Any]:
        """The vectors of the body's texts: of length 1, and zero for a blank text.

        Raises:
            Refused: There is no such embedder, or not in that dimension, or what it needs is not installed.
        """
        embedder = self._embedder(body.model)
        if body.dimensions not in (None, embedder.dimension):
            message = f"dimensions is {body.dimensions}; allowed of {body.model}: {embedder.dimension}"
            raise Refused(message, param="dimensions")
        rows = embedder(body.texts)
        said = [_base64(row) if body.encoding_format == "base64" else [float(x) for x in row] for row in rows]
        tokens = estimated_tokens(*body.texts)
        return {
            "object": "list",
            "model": body.model,
            "data": [{"object": "embedding", "index": at, "embedding": each} for at, each in enumerate(said)],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }

    def _embedder(self, name: str) -> Embedder:
        if name not in MODELS:
            raise Refused.unknown_model(name, list(MODELS))
        if name not in self._made:
            made = resolve(EmbedderSpec(name=name))
            try:
                made.check()
            except SpecError as error:
                raise Refused(str(error), status=404, param="model", code="model_not_found") from None
            self._made[name] = made
        return self._made[name]


def _base64(row: np.ndarray[Any, np.dtype[np.float32]]) -> str:
    return base64.b64encode(row.astype("<f4").tobytes()).decode("ascii")
