"""Marks, such as ``Final answer:``, behind which stands what a world reads, in whatever case and emphasis."""

from __future__ import annotations

import re


def pattern(mark: str) -> str:
    """A pattern of a mark that ends in a colon; with emphasis it may be ``**Mark:**`` or ``**Mark**:``."""
    return rf"{re.escape(mark.removesuffix(':'))}[*_ ]*:"


def behind(text: str, mark: str) -> str | None:
    """All that stands behind the last mark of a text; ``None`` where there is none."""
    found = list(re.finditer(pattern(mark), text, re.IGNORECASE))
    return text[found[-1].end() :] if found else None
