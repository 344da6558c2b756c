"""Keyed randomness: every draw belongs to a seed and a purpose, never to the order of events.

A generator made here is counter-based (Philox), so that one trial run alone and the same trial run among ten
thousand others draw the same numbers. This room knows nothing of what is drawn.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence


class _Key(ISeedSequence):
    """Hands 128 bits to Philox as its key. ``Philox(key=…)`` would do the same and ask the system for entropy first."""

    def __init__(self, bits: bytes) -> None:
        self._bits = bits

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> np.ndarray[Any, np.dtype[Any]]:
        return np.frombuffer(self._bits, dtype=dtype)[:n_words]


def keyed(seed: int, *purpose: str | int) -> np.random.Generator:
    """A generator for one purpose, the same on every machine and in any order of calls.

    Args:
        seed: The seed of the run or world.
        purpose: What is drawn and for whom, such as ``("topology", "small_world", 8)``.

    Returns:
        An independent ``numpy`` generator on a Philox counter, keyed by 128 bits of SHA-256 of ``(seed, *purpose)``.
    """
    text = "\x1f".join([str(seed), *(f"{type(part).__name__}:{part}" for part in purpose)])
    bits = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]
    seed_sequence: Any = _Key(bits)  # numpy's stubs know only SeedSequence; its interface is ISeedSequence
    return np.random.Generator(np.random.Philox(seed_sequence))
