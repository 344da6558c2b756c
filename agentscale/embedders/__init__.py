"""Embedders: texts to unit rows, for K*.

To add one: a file with a class that has a ``name``, a ``version``, a ``dimension`` and ``_vector``, and its line in
``EMBEDDERS``, or in ``WITH_MODEL`` if it is one program for many models. An embedder knows nothing of runs; analysis is
handed one and keeps its vectors under its signature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from agentscale.embedders.base import Embedder
from agentscale.embedders.endpoint import AtEndpoint, embed_texts
from agentscale.embedders.lexical import Lexical
from agentscale.embedders.minilm import MiniLM
from agentscale.embedders.model2vec import Model2Vec
from agentscale.embedders.sentence_transformers import SentenceTransformers
from agentscale.embedders.use import SentenceEncoder
from agentscale.errors import SpecError
from agentscale.schema.embedding import ENDPOINT, EmbedderSpec

EMBEDDERS: dict[str, type[Embedder]] = {
    "lexical": Lexical,
    "minilm": MiniLM,
    "use": SentenceEncoder,
}
"""The embedders that are one model, by name."""

WITH_MODEL: dict[str, Callable[[str], Embedder]] = {
    "model2vec": Model2Vec,
    "sentence-transformers": SentenceTransformers,
}
"""The embedders that run any of many models, by name."""


def _nobody(texts: Sequence[str]) -> NDArray[np.floating]:
    raise SpecError("no endpoint may be asked for vectors here", key="embedder", allowed="vectors that are kept")


def resolve(spec: EmbedderSpec, ask: Callable[[Sequence[str]], NDArray[np.floating]] = _nobody) -> Embedder:
    """The embedder of that name. Nothing is loaded and nobody asked before it is used.

    Args:
        spec: Which embedder.
        ask: Texts to their vectors at the endpoint that ``spec`` names, shape (n, d); used by that embedder alone.

    Raises:
        SpecError: There is none of that name, or a model is missing or too many.
    """
    if spec.name not in (*EMBEDDERS, *WITH_MODEL, ENDPOINT):
        raise SpecError.unknown("embedder", spec.name, (*EMBEDDERS, *WITH_MODEL, ENDPOINT), key="embedder")
    if spec.endpoint is not None and spec.name != ENDPOINT:
        raise SpecError(f"{spec.name!r} asks no endpoint", key="embedder", allowed=f"name {ENDPOINT!r}, or no endpoint")
    if spec.name in EMBEDDERS:
        if spec.model is not None:
            raise SpecError(f"{spec.name!r} is one model", key="embedder", allowed=f"{spec.name!r} alone")
        return EMBEDDERS[spec.name]()
    if spec.model is None:
        form = "endpoint:NAME:MODEL, or endpoint::MODEL" if spec.name == ENDPOINT else f"{spec.name}:MODEL"
        raise SpecError(f"{spec.label!r} names no model", key="embedder", allowed=form)
    return AtEndpoint(spec.model, ask) if spec.name == ENDPOINT else WITH_MODEL[spec.name](spec.model)


__all__ = ["EMBEDDERS", "ENDPOINT", "WITH_MODEL", "Embedder", "embed_texts", "resolve"]
