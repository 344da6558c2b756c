"""What turns texts into vectors, as it is written down: ``use``, ``model2vec:MODEL``, ``endpoint:NAME:MODEL``."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from agentscale.schema.record import Record

ENDPOINT = "endpoint"
"""The name of the embedder that asks an endpoint."""


class EmbedderSpec(Record):
    """An embedder by its name, or a model at an endpoint. ``name`` or ``name:model`` says the same in one word."""

    name: str = ENDPOINT
    """Such as ``use`` or ``lexical``; where only a model is given, ``endpoint``."""
    model: str | None = None
    """The model, for embedders that have several."""
    endpoint: str | None = None
    """Name of an endpoint of the file; with ``model`` and no endpoint, the one that the environment describes."""

    @property
    def label(self) -> str:
        """The short form, which :func:`read` reads again."""
        where = [self.endpoint or ""] if self.name == ENDPOINT else []
        return ":".join([self.name, *where, *filter(None, [self.model])])


def read(text: str) -> EmbedderSpec:
    """The embedder of a short form: ``use``, ``model2vec:MODEL``, ``endpoint:NAME:MODEL``, ``endpoint::MODEL``."""
    name, _, rest = text.partition(":")
    if name != ENDPOINT:
        return EmbedderSpec(name=name, model=rest or None)
    endpoint, _, model = rest.partition(":")  # the rest is the model's: names such as bge-m3:latest have a colon
    return EmbedderSpec(name=name, endpoint=endpoint or None, model=model or None)


def _spelt(value: object) -> object:
    return read(value) if isinstance(value, str) else value


Embedding = Annotated[EmbedderSpec, BeforeValidator(_spelt)]
"""An embedder of an experiment file, in its short form or as a mapping."""
