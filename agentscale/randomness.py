"""Keyed randomness: every draw belongs to a seed and a purpose, never to the order of events.

A generator made here is counter-based (Philox), so that one trial run alone and the same trial run among ten
thousand others draw the same numbers. This room knows nothing of what is drawn.
"""

from __future__ import annotations

import hashlib

import numpy as np


def keyed(seed: int, *purpose: str | int) -> np.random.Generator:
    """A generator for one purpose, the same on every machine and in any order of calls.

    Args:
        seed: The seed of the run or world.
        purpose: What is drawn and for whom, such as ``("topology", "small_world", 8)``.

    Returns:
        An independent ``numpy`` generator on a Philox counter, keyed by 128 bits of SHA-256 of ``(seed, *purpose)``.
    """
    text = "\x1f".join([str(seed), *(f"{type(part).__name__}:{part}" for part in purpose)])
    key = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16], "little")
    return np.random.Generator(np.random.Philox(key=key))
