"""What a check says."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check."""

    vote: str
    """The form under which the answer votes: equal for answers that are alike. A function of the answer alone."""
    right: bool | None
    """``None`` where that could not be told within the limits."""
    note: str = ""
    """What more there is to say: the limit that was met, or the case that failed."""
    by: str = ""
    """What told it, with its version."""

    @property
    def spelt(self) -> str:
        """As it is recorded: JSON, on one line."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> Checked:
        """The check that ``text`` spells.

        Raises:
            ValueError: It spells none.
        """
        try:
            return cls(**json.loads(text))
        except TypeError:
            raise ValueError(f"{text[:80]!r} is no check") from None
