"""K* of very many vectors, without ever holding them: the d × d matrix is summed block by block.

Formulas and their sources: theory, section 2.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.spectrum import ORDERS, Gram, Spectrum, hill_spectrum, spectrum_of_gram, unit_rows
from agentscale.errors import SpecError

_ROWS = 65_536  # made unit length at once


def hill_spectrum_streamed(blocks: Iterable[ArrayLike], q: Sequence[float] = ORDERS) -> Spectrum:
    """:func:`hill_spectrum` of one set that comes in blocks of rows, as for n up to 10⁶.

    Σ ẑ ẑᵀ over the rows has the spectrum of their Gram matrix, so that time is O(n d² + d³) and memory O(d²) beside a
    block. Order and cut of the blocks change nothing but rounding.

    Args:
        blocks: Vectors, each block of shape (rows, d). An array of shape (blocks, rows, d) will do.
        q: Orders, as in :func:`hill_spectrum`.

    Returns:
        The Spectrum of all rows together, without leading axes; ``nan`` without a present row.

    Raises:
        SpecError: a block has not two axes, or another d than the first.
    """
    outer = total = np.zeros(0)
    seen = present = 0
    for block in blocks:
        rows = np.asarray(block)
        _check(rows, outer.shape[-1] if seen else None)
        for at in range(0, len(rows), _ROWS):
            unit, here = unit_rows(rows[at : at + _ROWS].astype(np.float64))
            if not seen:
                outer, total = np.zeros((rows.shape[1],) * 2), np.zeros(rows.shape[1])
            outer += unit.T @ unit
            total += unit.sum(axis=0)
            seen, present = seen + len(unit), present + int(here.sum())
    return _spectrum(outer, float(total @ total), seen, present, q)


def _check(rows: NDArray[np.generic], d: int | None) -> None:
    if rows.ndim != 2 or (d is not None and rows.shape[1] != d):
        raise SpecError(
            f"a block of shape {rows.shape}",
            allowed=f"(rows, {'d' if d is None else d})",
            remedy="One array of vectors is one block: give [z].",
        )


def _spectrum(outer: NDArray[np.float64], pair_sum: float, seen: int, present: int, q: Sequence[float]) -> Spectrum:
    if not present:
        return hill_spectrum(np.zeros((seen, 1)), q)
    d = len(outer)
    found = spectrum_of_gram(Gram(outer, np.ones(d, dtype=np.bool_), max(present, d)), q)
    pairs = present * (present - 1)
    missing = seen - present
    return replace(
        found,
        mean_cosine=np.asarray((pair_sum - present) / pairs if pairs else np.nan),
        count=np.asarray(present),
        missing=np.asarray(missing),
        warnings=(f"{missing} rows are zero or not finite and were left out",) if missing else (),
    )
