"""Embedders: texts to unit rows, for K*.

To add one: a file with a class that has a ``name``, a ``dimension``, a ``version`` and ``_vector``, and its line in
``EMBEDDERS``. An embedder knows nothing of runs; analysis is handed one and keeps its vectors under its signature.
"""

from __future__ import annotations

from agentscale.embedders.base import Embedder
from agentscale.embedders.lexical import Lexical
from agentscale.embedders.use import SentenceEncoder
from agentscale.errors import SpecError

EMBEDDERS: dict[str, type[Embedder]] = {
    "lexical": Lexical,
    "use": SentenceEncoder,
}
"""All embedders by name."""


def resolve(name: str) -> Embedder:
    """The embedder of that name.

    Raises:
        SpecError: There is none of that name.
    """
    if name not in EMBEDDERS:
        raise SpecError.unknown("embedder", name, EMBEDDERS, key="embedder")
    return EMBEDDERS[name]()


__all__ = ["EMBEDDERS", "Embedder", "resolve"]
