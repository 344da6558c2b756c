"""Vectors of texts, each distinct text embedded once and kept beside the run, so that a re-analysis needs no model.

Under ``<run>/embeddings/<signature>/`` lie arrays of (digest, vector), each written once under the digest of what it
holds; several analyses at a time cannot harm one another, and embedders lie side by side. Vectors are kept as float16
(at most 3·10⁻⁴ of K*), and what is analysed is always what is kept, so the first analysis and the next give the same
numbers.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agentscale.errors import SpecError, StoreError

Embed = Callable[[Sequence[str]], NDArray[np.floating]]
_TOGETHER = 2048  # texts that wait for the embedder: a few MB, whatever the length of the run


class TextVectors:
    """A table of text vectors that grows.

    Args:
        folder: The folder ``embeddings`` of a run; made when something is written.
        signature: Name, version and dimension of the embedder.
        embed: Texts to vectors, shape (n, d); a zero row is a text that it cannot place.
    """

    def __init__(self, folder: Path, signature: str, embed: Embed) -> None:
        self._folder = folder / _folder_name(signature)
        self._embed = embed
        self._blocks: list[NDArray[np.void]] = []
        self._rows: dict[bytes, int] = {}
        self._waiting: list[str] = []
        self._size = 0
        self.warnings: tuple[str, ...] = ()
        for path in sorted(self._folder.glob("*.npy")):
            block = _load(path)
            self._blocks.append(block)
            names = block["digest"].tobytes()
            for at in range(len(block)):  # a text that two analyses embedded at once keeps its first row
                self._rows.setdefault(names[at * 16 : at * 16 + 16], self._size + at)
            self._size += len(block)

    def row(self, text: str) -> int:
        """The row of a text, −1 if it is blank. A new text is embedded with the next ones, at the latest on demand."""
        if not text.strip():
            return -1
        name = _digest(text)
        row = self._rows.get(name)
        if row is None:
            row = self._rows[name] = self._size
            self._size += 1
            self._waiting.append(text)
            if len(self._waiting) >= _TOGETHER:
                self.flush()
        return row

    def flush(self) -> None:
        """Embeds and keeps what waits.

        Raises:
            SpecError: The embedder returns another shape than one row a text, or changes its dimension.
        """
        if not self._waiting:
            return
        vectors = np.asarray(self._embed(self._waiting))  # nothing is kept of a block in which it fails
        known = {block["vector"].shape[1] for block in self._blocks}
        if vectors.ndim != 2 or len(vectors) != len(self._waiting) or (known and vectors.shape[1] not in known):
            raise SpecError(
                f"the embedder gave shape {vectors.shape} for {len(self._waiting)} texts",
                allowed=f"({len(self._waiting)}, {known.pop() if known else 'd'})",
                remedy=f"an embedder that has changed needs another signature; or remove {self._folder}",
            )
        block = np.empty(len(vectors), dtype=[("digest", "V16"), ("vector", "<f2", (vectors.shape[1],))])
        block["digest"] = np.frombuffer(b"".join(map(_digest, self._waiting)), dtype="V16")
        block["vector"] = _unit(vectors)
        self._blocks.append(block)
        self._waiting = []
        self._keep(block)

    def at(self, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Vectors at ``rows`` of any shape (…), shape (…, d); zero where the row is −1."""
        self.flush()
        dimension = self._blocks[0]["vector"].shape[1] if self._blocks else 1
        out = np.zeros((*rows.shape, dimension), dtype=np.float32)
        start = 0
        for block in self._blocks:
            here = (rows >= start) & (rows < start + len(block))
            if here.any():  # looking into a mapped file costs more than to see that nothing is wanted of it
                out[here] = block["vector"][rows[here] - start]
            start += len(block)
        return out

    def _keep(self, block: NDArray[np.void]) -> None:
        name = hashlib.sha256(block["digest"].tobytes()).hexdigest()[:16]
        unfinished = self._folder / f".{name}.{os.getpid()}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as out:
                np.save(out, block)
            unfinished.replace(self._folder / f"{name}.npy")
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            self.warnings = (f"the vectors could not be kept ({error.strerror}): the next analysis embeds again",)


def kept_dimension(folder: Path, identity: str) -> int | None:
    """The dimension of the vectors that are kept of an embedder, so that no model is needed to know it.

    Args:
        folder: The folder ``embeddings`` of a run.
        identity: Name and version of the embedder: its signature without the dimension.

    Returns:
        ``None`` where no vectors of it are kept.

    Raises:
        SpecError: Vectors of several dimensions are kept.
    """
    ends = {int(found[1]) for path in folder.glob("*") if (found := re.search(r"_(\d+)(?:-[0-9a-f]{8})?$", path.name))}
    kept = [end for end in sorted(ends) if (folder / _folder_name(f"{identity}:{end}")).is_dir()]
    if len(kept) > 1:
        raise SpecError(
            f"vectors of {identity!r} are kept with {' and of '.join(map(str, kept))} numbers",
            allowed="one embedder under one name and version",
            remedy=f"remove those of the other model from {folder}",
        )
    return kept[0] if kept else None


def _folder_name(signature: str) -> str:
    """The signature as far as a folder may be called so; a digest tells apart what that would confuse."""
    name = re.sub(r"[^A-Za-z0-9._@=-]", "_", signature)
    if re.fullmatch(r"[A-Za-z0-9.@=-]+(:\d+)?", signature):
        return name
    return f"{name}-{hashlib.sha256(signature.encode()).hexdigest()[:8]}"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rows of length 1; zero where a row is zero or not finite."""
    x = vectors.astype(np.float64)
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    sound = np.isfinite(norms) & (norms > 0)
    return np.asarray(np.where(sound, x, 0.0) / np.where(sound, norms, 1.0))


def _load(path: Path) -> NDArray[np.void]:
    try:
        block = np.load(path, mmap_mode="r", allow_pickle=False)
        sound = (
            block.dtype.names == ("digest", "vector") and block.dtype["digest"] == np.dtype("V16") and block.ndim == 1
        )
    except (ValueError, EOFError, OSError) as error:
        raise StoreError(
            f"{path} is not an array of vectors: {error}\n  delete it: the texts are embedded again"
        ) from error
    if not sound:
        raise StoreError(f"{path} holds {block.dtype}, not vectors\n  delete it: the texts are embedded again")
    return np.asarray(block) if block.size == 0 else block
