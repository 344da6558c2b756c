"""Packing a closed segment: frames of zstd with an index beside them.

The index is derived: where it is missing or damaged it is made anew from the frames. Its form is one line of JSON
(version, counts, the sizes and checksum that tie it to its segment) and then, little-endian, the frames as pairs of
64-bit offsets, the keys of 32 bytes, and for each key the offset of its line with the top bit set for a success.
"""

from __future__ import annotations

import itertools
import json
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple
from zlib import crc32

from agentscale.recording import zstd
from agentscale.recording.files import explained, replaced
from agentscale.recording.segments import (
    Entry,
    Frame,
    PackedSegment,
    PlainSegment,
    Shelf,
    checked,
    damaged_frame,
    entries,
)
from agentscale.schema.run import SCHEMA_VERSION

FRAME = 64 * 1024
"""Bytes of plain lines in a frame, at least. Larger packs better, smaller is faster to read one call from."""

_LEVEL = 3
_OK = 1 << 63
_READ = 256 * 1024


class Packed(NamedTuple):
    """A packed segment and its calls."""

    segment: PackedSegment
    entries: Iterable[Entry]


def packed_path(plain: Path) -> Path:
    """Where the frames of a plain segment go."""
    return plain.with_name(plain.name + ".zst")


def _index_path(packed: Path) -> Path:
    return packed.with_suffix(".idx")


def pack(plain: Path) -> None:
    """Replaces a plain segment that nobody writes any more by its packed form.

    The packed file appears whole, before the plain one goes; while both are there only the packed one counts.

    Raises:
        StoreError: A line is damaged, or the disk is full; the plain segment stays.
    """
    target, source = packed_path(plain), PlainSegment(plain)
    try:
        with replaced(target) as file:
            index = _Index()
            frames = _write_frames(file, source, index)
            index.write(_index_path(target), frames)
    finally:
        source.close()
    with explained(f"remove {plain}, which is packed"):
        plain.unlink()


def _write_frames(file: BinaryIO, source: PlainSegment, index: _Index) -> list[Frame]:
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: _LEVEL,
        zstd.CompressionParameter.checksum_flag: 1,
    }
    frames = [Frame(0, 0)]
    for block in _blocks(source, index):
        file.write(packed := zstd.compress(block, options=options))
        frames.append(Frame(frames[-1].packed + len(packed), frames[-1].plain + len(block)))
    return frames


def _blocks(source: PlainSegment, index: _Index) -> Iterator[bytes]:
    """The lines, several together; the calls among them go into the index."""
    held: list[bytes] = []
    size = 0
    for line, entry in checked(source):
        held.append(line.data)
        size += len(line.data)
        if entry is not None:
            index.add(entry)
        if size >= FRAME:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


class _Index:
    """The index of a segment in the making."""

    def __init__(self) -> None:
        self._keys = bytearray()
        self._places = array("Q")

    def add(self, entry: Entry) -> None:
        """Takes the next call."""
        self._keys += entry.key
        self._places.append(entry.offset | entry.ok * _OK)

    def write(self, path: Path, frames: Sequence[Frame]) -> None:
        """Writes the index of these frames."""
        body = b"".join((_words(array("Q", itertools.chain.from_iterable(frames))), self._keys, _words(self._places)))
        head = {"v": SCHEMA_VERSION, "frames": len(frames), "calls": len(self._places), "crc": crc32(body)}
        with replaced(path) as file:
            file.write(json.dumps(head).encode() + b"\n" + body)


def _words(numbers: array[int]) -> bytes:
    """64-bit numbers as little-endian bytes; its own inverse but for the type."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _numbers(words: bytes) -> array[int]:
    numbers = array("Q", words)
    return array("Q", _words(numbers))


def _read_index(path: Path, size: int) -> tuple[list[Frame], Iterable[Entry]] | None:
    """Frames and calls; ``None`` where the index does not belong to frames of this size in all."""
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        told = json.loads(head)
        n_frames, n_calls = told["frames"], told["calls"]
        whole = told["v"] == SCHEMA_VERSION and len(body) == 16 * n_frames + 40 * n_calls and told["crc"] == crc32(body)
        ends = _numbers(body[: 16 * n_frames]) if whole else array("Q")
        frames = list(map(Frame, ends[::2], ends[1::2]))
        places = _numbers(body[len(body) - 8 * n_calls :]) if whole else array("Q")
    except (OSError, ValueError, LookupError, TypeError):
        return None
    keys = (body[start : start + 32] for start in range(16 * n_frames, 16 * n_frames + 32 * n_calls, 32))
    found = (Entry(key, place & ~_OK, place >= _OK) for key, place in zip(keys, places, strict=True))
    return (frames, found) if frames and frames[-1].packed == size else None


def open_packed(path: Path, shelf: Shelf[bytes], *, mend: bool) -> Packed:
    """Opens a packed segment by its index, or by reading all of it where the index is of no use.

    Args:
        path: The ``.jsonl.zst`` file.
        shelf: Where unpacked frames are held.
        mend: Whether an index that is of no use is written anew.

    Raises:
        StoreError: The frames are damaged, or a newer agentscale wrote them.
    """
    with explained(f"read {path}"):
        known = _read_index(_index_path(path), path.stat().st_size)
    if known is not None:
        return Packed(PackedSegment(path, known[0], shelf), known[1])
    frames = list(_walk(path))
    segment = PackedSegment(path, frames, shelf)
    if mend:
        index = _Index()
        for entry in entries(segment):
            index.add(entry)
        index.write(_index_path(path), frames)
    return Packed(segment, entries(segment))


def _walk(path: Path) -> Iterator[Frame]:
    """The frames as they stand in the file."""
    at = Frame(0, 0)
    rest = b""
    with explained(f"read {path}"), path.open("rb") as file:
        while rest := rest or file.read(_READ):
            yield at
            unpack = zstd.ZstdDecompressor()
            packed = plain = 0
            while not unpack.eof:
                if not (rest := rest or file.read(_READ)):
                    raise damaged_frame(path, at.packed, "the file ends within it")
                packed += len(rest)
                plain += _unpacked_size(unpack, rest, path, at)
                rest = b""
            rest = unpack.unused_data
            at = Frame(at.packed + packed - len(rest), at.plain + plain)
    yield at


def _unpacked_size(unpack: zstd.ZstdDecompressor, data: bytes, path: Path, at: Frame) -> int:
    try:
        return len(unpack.decompress(data))
    except zstd.ZstdError as error:
        raise damaged_frame(path, at.packed, error) from error
