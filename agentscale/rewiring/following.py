"""Who follows whom, and how that grows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agentscale.errors import SpecError

Pairs = NDArray[np.int64]


def follows(n: int, each: int, rng: np.random.Generator) -> Pairs:
    """Everybody follows ``each`` others, drawn at random; the few that are drawn twice count once.

    Args:
        n: Accounts, ≥ 1.
        each: From 0 to n − 1.
        rng: The only source of chance.

    Returns:
        Shape (E, 2), by follower v and then by whom it follows u; E ≤ n · each.

    Raises:
        SpecError: If there are not so many others.
    """
    if not 0 <= each < n:
        raise SpecError(f"{each} of {n - 1} others", key="follows", allowed="0 to one less than there are")
    others = rng.integers(0, max(1, n - 1), (n, each))
    followed = others + (others >= np.arange(n)[:, None])
    return _sorted(n, followed.ravel(), np.repeat(np.arange(n), each))


def follow_more(pairs: Pairs, n: int, who: NDArray[np.integer], rng: np.random.Generator) -> Pairs:
    """The edges when each of ``who`` has tried to follow one more, by chance in proportion to 1 + its followers.

    Somebody who draws itself, or an account that it follows already, follows nobody new: so nothing is drawn twice, and
    the popular become more popular. Reference: A.-L. Barabási and R. Albert, "Emergence of scaling in random networks",
    Science 286 (1999).

    Args:
        pairs: Shape (E, 2): v follows u.
        n: Accounts.
        who: The followers.
        rng: The only source of chance.
    """
    followers = 1.0 + np.bincount(pairs[:, 0], minlength=n)
    ends = np.cumsum(followers)
    drawn = np.searchsorted(ends, rng.random(len(who)) * ends[-1], side="right")
    other = drawn != who
    return _sorted(n, np.concatenate([pairs[:, 0], drawn[other]]), np.concatenate([pairs[:, 1], who[other]]))


def refollow(pairs: Pairs, n: int, more: NDArray[np.integer], less: NDArray[np.integer]) -> Pairs:
    """The edges without ``less`` and with ``more``, which goes before where both name one; nobody follows itself.

    Args:
        pairs: Shape (E, 2): v follows u.
        n: Accounts.
        more: Shape (k, 2).
        less: Shape (l, 2).
    """
    left = pairs[~np.isin(_keys(n, pairs), _keys(n, less))]
    whole = np.concatenate([left, more[more[:, 0] != more[:, 1]]])
    return _sorted(n, whole[:, 0], whole[:, 1])


def _sorted(n: int, followed: NDArray[np.integer], followers: NDArray[np.integer]) -> Pairs:
    keys = np.sort(_keys(n, np.stack([followed, followers], axis=1)))
    keys = keys[np.diff(keys, prepend=-1) > 0]  # np.unique takes twenty times as long over millions
    return np.stack([keys % n, keys // n], axis=1)


def _keys(n: int, pairs: NDArray[np.integer]) -> NDArray[np.int64]:
    return pairs[:, 1].astype(np.int64) * n + pairs[:, 0]
