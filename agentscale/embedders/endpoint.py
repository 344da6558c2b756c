"""A model behind an OpenAI-compatible ``/embeddings`` endpoint. How often and how fast it is asked: see transport."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from agentscale.embedders.base import LONGEST, Embedder
from agentscale.errors import EndpointError
from agentscale.transport import EndpointClient

TOGETHER = 32
"""Texts of one request: what every known server takes at once."""
TOGETHER_CHARS = 100_000
"""Characters of one request, far below the sum of tokens that vendors take at once."""

Floats = NDArray[np.float64]


class AtEndpoint(Embedder):
    """An embedding model by its name, wherever it is asked: neither address nor key is part of its signature.

    A server may round a vector by what stands beside it in a request; what is kept of it is what is analysed. Of a text
    beyond 20,000 characters only the beginning is sent; a model that takes less refuses, and says so.

    Args:
        model: The model's name at its endpoint.
        ask: Texts to their vectors, shape (n, d).
    """

    name: ClassVar[str] = "endpoint"

    def __init__(self, model: str, ask: Callable[[Sequence[str]], NDArray[np.floating]]) -> None:
        self._model = model
        self._ask = ask

    @property
    def version(self) -> str:
        """The model's name."""
        return self._model

    @cached_property
    def dimension(self) -> int:
        """Numbers of a vector, which only the endpoint knows: it is asked for the vector of a word."""
        return int(self._vectors(["dimension"]).shape[1])

    def _vectors(self, texts: list[str]) -> NDArray[np.floating]:
        return np.asarray(self._ask([text[:LONGEST] for text in texts]))


async def embed_texts(client: EndpointClient, model: str, texts: Sequence[str]) -> Floats:
    """The vectors of ``texts`` at an endpoint, as the server gives them, shape (n, d).

    Args:
        client: Of the endpoint; it says how many requests are under way at once, and tries again.
        model: The model's name there.
        texts: At least one, none of them empty.

    Raises:
        EndpointError: A request failed for good, or an answer has not one vector of finite numbers for every text, all
            of one length (``kind="malformed"``). Nothing is returned then.
    """
    batches = list(_batches(texts))
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_embed(client, model, batch)) for batch in batches]
    except* EndpointError as failed:
        raise _first(failed) from None
    found = [task.result() for task in tasks]
    lengths = sorted({part.shape[1] for part in found})
    if len(lengths) > 1:
        raise client.malformed(f"vectors of {lengths[0]} and of {lengths[1]} numbers", {"model": model}, model=model)
    return np.concatenate(found)


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    chars = 0
    for text in texts:
        if batch and (len(batch) == TOGETHER or chars + len(text) > TOGETHER_CHARS):
            yield batch
            batch, chars = [], 0
        batch.append(text)
        chars += len(text)
    if batch:
        yield batch


async def _embed(client: EndpointClient, model: str, batch: list[str]) -> Floats:
    body = {"model": model, "input": batch, "encoding_format": "float"}
    posted = await client.post_json(client.address.embeddings_path(model), body, model=model)
    read = read_vectors(posted.data, len(batch))
    if isinstance(read, str):
        raise client.malformed(read, posted.data, model=model)
    return read


def read_vectors(data: dict[str, Any], n: int) -> Floats | str:
    """The vectors of an answer in the order of the texts that were asked, shape (n, d), or what is wrong with it."""
    entries = data.get("data")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return "no list of vectors under 'data'"
    by_index = {entry["index"]: entry.get("embedding") for entry in entries if type(entry.get("index")) is int}
    if len(entries) != n or by_index.keys() != set(range(n)):
        return f"{len(entries)} vectors whose indices are not 0 to {n - 1}"
    rows = [by_index[at] for at in range(n)]
    if not all(_is_vector(row) for row in rows):
        return "a vector that is not a list of finite numbers"
    lengths = sorted({len(row) for row in rows})
    if len(lengths) > 1:
        return f"vectors of {lengths[0]} and {lengths[1]} numbers"
    return np.array(rows, dtype=np.float64)


def _is_vector(row: object) -> bool:
    return isinstance(row, list) and len(row) > 0 and all(type(x) in (int, float) and math.isfinite(x) for x in row)


def _first(failed: BaseExceptionGroup[EndpointError]) -> EndpointError:
    """The first failure of a group, which may hold groups."""
    inner = failed.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
