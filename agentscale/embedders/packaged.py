"""What embedders share whose models come from a package that not everybody has installed."""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from typing import ClassVar

from agentscale.embedders.base import TextByText, not_installed


class Packaged(TextByText):
    """One of a package's many models, by its name on the hub or by the path of its folder.

    Args:
        model: The model's name.
    """

    package: ClassVar[str]
    """The package as it is imported; the extra that brings it has the embedder's own name."""

    def __init__(self, model: str) -> None:
        self._model = model

    @property
    def version(self) -> str:
        """The model's name."""
        return self._model

    @cached_property
    def dimension(self) -> int:
        """Numbers of a vector, from the vector of a word."""
        return len(self._vector("dimension"))

    def check(self) -> None:
        """Makes sure that the package is installed."""
        if find_spec(self.package) is None:
            raise not_installed(self.name, f"pip install 'agentscale[{self.name}]'")
