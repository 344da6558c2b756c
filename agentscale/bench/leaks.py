"""Whether a secret stands in any byte of a folder, compressed files included."""

from __future__ import annotations

from pathlib import Path

from agentscale.recording import zstd


def files_with(secret: str, folder: Path) -> list[Path]:
    """The files below ``folder`` that hold ``secret``, in plain or inside zstd."""
    every = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in every if secret.encode() in _read(path)]


def _read(path: Path) -> bytes:
    plain = path.read_bytes()
    if path.suffix != ".zst":
        return plain
    with zstd.open(path) as unpacked:
        return plain + bytes(unpacked.read())
