"""Whether two sets of answers may be compared at all: decoding, and how many answers could be read.

Pure checks, for whoever has the records: a difference in temperature passes for a difference in diversity, and a vote
repairs unreadable answers, which passes for a gain of the team.

Formulas and their sources: theory, section 8.
"""

from __future__ import annotations

from collections.abc import Iterable

from agentscale.errors import SpecError


def check_decoding(first: Iterable[str], second: Iterable[str], *, across_decoding: bool = False) -> tuple[str, ...]:
    """Refuses a comparison of teams that were decoded differently, unless it is wanted.

    Args:
        first: Decoding settings of the one side's agents, in words, such as ``"temperature 0.7, top_p 0.9"``; order and
            repetition do not count.
        second: Of the other side.
        across_decoding: Whether the comparison is meant to cross settings.

    Returns:
        A warning where it does.

    Raises:
        SpecError: the settings differ and ``across_decoding`` is not given.
    """
    one, other = ("; ".join(sorted(set(side))) for side in (first, second))
    if one == other:
        return ()
    if not across_decoding:
        raise SpecError(
            f"decoding differs: {one} against {other}",
            key="across_decoding",
            allowed="the same decoding settings on both sides",
            remedy="Say across_decoding=True if the difference in decoding is meant to be part of the comparison.",
        )
    return (f"decoding differs: {one} against {other}",)


def check_parse_failure(first: float, second: float, *, tolerance: float = 0.02) -> tuple[str, ...]:
    """A warning where one side has notably more answers that could not be read.

    Args:
        first: Share of the one side's answers that could not be read, 0 to 1.
        second: Of the other side.
        tolerance: Difference up to which nothing is said.
    """
    if abs(first - second) <= tolerance:
        return ()
    return (f"unreadable answers differ: {first:.1%} against {second:.1%}; part of the difference may be theirs",)
