"""Several made one, two at a time and level by level, so that no context holds more than two."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

from agentscale.schema.calls import Batch, Call, Reply

T = TypeVar("T")

Fuse = Callable[[int, T, T], Call]
"""The call that makes one of two, for the group with that number."""
Made = Callable[[T, T, Reply], T]
"""What has become of two."""


def merged(
    groups: Sequence[Sequence[T]], fuse: Fuse[T], made: Made[T], round_index: int
) -> Generator[Batch | list[Call], list[Reply], list[T]]:
    """One of each group, in g − 1 calls for g of a group: the groups' pairs of one level are asked for at once.

    Of an odd number the last waits for the next level.

    Args:
        groups: What is merged, each group with at least one.
        fuse: Asks for the merging of two.
        made: Takes what was replied.
        round_index: The round of all calls.
    """
    now = [list(group) for group in groups]
    while any(len(group) > 1 for group in now):
        pairs = [(at, two) for at, group in enumerate(now) for two in zip(group[::2], group[1::2], strict=False)]
        replies = yield Batch(tuple(fuse(at, *two) for at, two in pairs), round=round_index)
        following: list[list[T]] = [[] for _ in now]
        for (at, two), reply in zip(pairs, replies, strict=True):
            following[at].append(made(*two, reply))
        now = [[*new, *group[2 * len(new) :]] for new, group in zip(following, now, strict=True)]
    return [group[0] for group in now]
