"""What wrote the samples of some sets of ``tasks/``; ``python -m tests.tasks.generators`` writes them anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from tests.tasks.generators import logic, ordering, sequences, words

GENERATED: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {
    "logic": logic.samples,
    "ordering": ordering.samples,
    "sequences": sequences.samples,
    "words": words.samples,
}
"""The sets by name."""


def lines(name: str) -> str:
    """The text of a set's file of samples."""
    return "".join(json.dumps(sample, ensure_ascii=False) + "\n" for sample in GENERATED[name]())
