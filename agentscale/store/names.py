"""Names of cells, tables and figures as files: nothing outside the folder is ever touched."""

from __future__ import annotations

import re
from pathlib import Path

from agentscale.errors import StoreError

_SAFE = re.compile(r"[A-Za-z0-9._=,()-]+")


def member(folder: Path, name: str, suffix: str = "") -> Path:
    """The path of a named member of a folder.

    Raises:
        StoreError: The name is none for a file, or points elsewhere.
    """
    if not _SAFE.fullmatch(name) or not name.strip("."):
        raise StoreError(
            f"{name!r} cannot name a file in {folder}\n  allowed: letters, digits and . _ = , ( ) -, and more than dots"
        )
    return folder / f"{name}{suffix}"
