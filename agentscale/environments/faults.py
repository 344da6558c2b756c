"""What was not said as it should be: counted, and with its effect, but never dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, NamedTuple

Fault = Literal["", "silent", "unreadable", "invalid"]
"""``silent``: nothing came, or it was cut off; ``unreadable``: no action is found in it; ``invalid``: one that cannot
be done; empty for none of them."""


class Faults(NamedTuple):
    """Actions by fault, and all that were asked for."""

    asked: int = 0
    silent: int = 0
    unreadable: int = 0
    invalid: int = 0

    def and_those(self, faults: Iterable[Fault]) -> Faults:
        """With one more action for each of these."""
        more = Counter(faults)
        return Faults(
            self.asked + more.total(),
            self.silent + more["silent"],
            self.unreadable + more["unreadable"],
            self.invalid + more["invalid"],
        )

    def shares(self) -> dict[str, float | None]:
        """The shares of all that were asked for, by name; ``None`` where nothing was."""
        counts = {"silent": self.silent, "unreadable": self.unreadable, "invalid": self.invalid}
        return {name: count / self.asked if self.asked else None for name, count in counts.items()}


NONE_AT_FAULT = Faults()
"""Before anybody has been asked."""
