"""What a member of a population is told, and what of its words is a post."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agentscale.environments.population.state import Flags, Ints, PopulationState

NEWS_MARK = "News that only you and few others know:"
SEEN_MARK = "posted:"


class Feed(NamedTuple):
    """The posts that some individuals read, the newest first; equal ones stand there once."""

    lines: tuple[str, ...]
    members: tuple[int, ...]
    """Who said them."""


class Readers:
    """Whom every individual reads, ready to be looked up."""

    def __init__(self, state: PopulationState) -> None:
        pairs, n = state.ties.pairs, state.individuals
        self._state = state
        self._followed = pairs[:, 0]
        self._starts = np.searchsorted(pairs[:, 1], np.arange(n + 1))  # edges stand by reader

    def feed(self, who: Ints, most: int) -> Feed:
        """What ``who`` read: at most so many posts, of equal age first those that more have posted."""
        edges = [np.arange(self._starts[each], self._starts[each + 1]) for each in who.tolist()]
        read = np.unique(self._followed[np.concatenate(edges)]) if edges else np.empty(0, np.int64)
        last = self._state.last[read]
        of, counts = np.unique(last[last >= 0], return_counts=True)
        first = {int(post): int(read[last == post][0]) for post in of}
        by_text: dict[str, list[int]] = {}
        for post in sorted(
            of.tolist(), key=lambda post: (-self._state.posts[post].step, -int(counts[of == post][0]), post)
        ):
            by_text.setdefault(self._state.posts[post].text, []).append(post)
        shown = list(by_text.items())[:most]
        number = dict(zip(of.tolist(), counts.tolist(), strict=True))
        lines = tuple(_line(text, first[posts[0]], sum(number[post] for post in posts)) for text, posts in shown)
        members = dict.fromkeys(self._state.posts[post].member for _, posts in shown for post in posts)
        return Feed(lines, tuple(members))

    def own(self, who: Ints, most: int) -> list[str]:
        """What ``who`` posted last, without what is there twice; the newest first."""
        last = np.unique(self._state.last[who])[::-1]
        texts = dict.fromkeys(self._state.posts[post].text for post in last.tolist() if post >= 0)
        return list(texts)[:most]


def _line(text: str, first: int, count: int) -> str:
    others = "" if count == 1 else f" and {count - 1} other{'s' if count > 2 else ''}"
    return f"User {first}{others} {SEEN_MARK} {json.dumps(text, ensure_ascii=False)}"


def told(state: PopulationState, n_steps: int, who: Ints, place: str, feed: Feed, own: Sequence[str]) -> str:
    """The view of individuals who act as one, most often of a single one."""
    knows = bool(state.news) and not set(state.seeds).isdisjoint(who.tolist())
    lines = [
        f"Step {state.step + 1} of {n_steps}.{f' {place}' if place else ''}",
        *([f"{NEWS_MARK} {state.news}."] if knows else []),
        *(f"You posted last: {json.dumps(text, ensure_ascii=False)}" for text in own),
        *feed.lines,
        "What do you post now?",
    ]
    return "\n".join(lines)


def post_of(text: str, marks: Sequence[str]) -> str:
    """The words of a text without the lines that do something; white space as single blanks."""
    lines = [line for line in text.splitlines() if not line.strip(" \t*_").lower().startswith(tuple(marks))]
    return " ".join(" ".join(lines).split())


def tells(text: str, news: str) -> bool:
    """Whether a post tells the news."""
    return bool(news) and news.lower() in text.lower()


def chosen(flags: Flags) -> Ints:
    """Which are set."""
    return np.flatnonzero(flags).astype(np.int64)
