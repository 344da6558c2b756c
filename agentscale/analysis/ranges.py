"""Arguments of laws against their ranges: an error names the argument, what was got and what is allowed.

``nan`` passes: what is undefined on the way in is undefined on the way out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.errors import SpecError

_MOST = 2.0**53  # up to which float64 holds every whole number


def within(name: str, value: ArrayLike, low: float, high: float, *, ends: str = "[]") -> NDArray[np.float64]:
    """``value`` as float64 if all of it lies between ``low`` and ``high``.

    Args:
        name: The argument, as the caller's signature spells it.
        value: Any shape.
        low: Lower end.
        high: Upper end.
        ends: ``[`` or ``]`` where the end belongs to the range, ``(`` or ``)`` where it does not.

    Raises:
        SpecError: a number lies outside.
    """
    x = np.asarray(value, dtype=np.float64)
    below = x < low if ends[0] == "[" else x <= low
    above = x > high if ends[1] == "]" else x >= high
    if (below | above).any():
        signs = ["≤" if end in "[]" else "<" for end in ends]
        worst = x[below | above].flat[0]
        raise SpecError(f"{name} = {worst:g}", key=name, allowed=f"{low:g} {signs[0]} {name} {signs[1]} {high:g}")
    return x


def whole(name: str, value: ArrayLike, low: int = 0) -> NDArray[np.int64]:
    """``value`` as int64 if it is whole numbers from ``low`` upwards.

    Raises:
        SpecError: a number is broken, below ``low``, or too large to be told from the next one.
    """
    x = np.asarray(value, dtype=np.float64)
    wrong = ~((x >= low) & (x == np.floor(x)) & (x <= _MOST))
    if wrong.any():
        allowed = f"whole numbers {name} ≥ {low}"
        worst = x[wrong].flat[0]
        raise SpecError(f"{name} = {worst:g}", key=name, allowed=f"{allowed}, up to 2^53" if worst > _MOST else allowed)
    return x.astype(np.int64)


def together(**parts: ArrayLike) -> tuple[NDArray[Any], ...]:
    """The arguments broadcast against each other, in the order given.

    Args:
        parts: Arrays by the names of their arguments.

    Raises:
        SpecError: their shapes do not fit together.
    """
    arrays = {name: np.asarray(part) for name, part in parts.items()}
    try:
        return tuple(np.broadcast_arrays(*arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise SpecError(shapes, key=next(iter(arrays)), allowed="one shape, or shapes that broadcast") from None


def known(name: str, value: NDArray[np.float64]) -> NDArray[np.float64]:
    """``value`` if none of it is ``nan``: whole numbers that come of it could not say that they are not known.

    Raises:
        SpecError: something is ``nan``.
    """
    if np.isnan(value).any():
        raise SpecError(f"{name} is nan", allowed="numbers: what comes of them is whole")
    return value


def shares(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """``value`` as float64 if it is shares along the last axis: each ≥ 0, together at most 1.

    Raises:
        SpecError: a share is negative, or they add up to more than 1.
    """
    x = within(name, np.atleast_1d(np.asarray(value, dtype=np.float64)), 0.0, np.inf)
    if (x.sum(axis=-1) > 1 + 1e-9).any():
        raise SpecError(f"{name} adds up to {x.sum(axis=-1).max():g}", key=name, allowed=f"Σ {name} ≤ 1")
    return x
