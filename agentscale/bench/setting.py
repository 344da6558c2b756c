"""How large a measurement is to be, and next to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Setting:
    """What the user chose."""

    quick: bool = False
    peers: Mapping[str, str] = field(default_factory=dict)
    """Other libraries by name, each with the Python interpreter that has it."""

    def size(self, full: T, quick: T) -> T:
        """``full`` or, in a quick run, ``quick``."""
        return quick if self.quick else full
