"""When a race of votes is won. Votes count in the order of their index, whatever arrived first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

Rule = Literal["ahead_by", "first_to"]
"""``ahead_by``: an answer wins with k votes more than every other; ``first_to``: with k votes."""


class Votes:
    """The votes of a race so far.

    Args:
        k: Votes, or the lead, that win; at least 1.
        rule: Which of the two.
    """

    def __init__(self, k: int, rule: Rule) -> None:
        self.k = k
        self.rule = rule
        self._counts: Counter[str] = Counter()
        self.winner: str | None = None
        """The answer that has won; later votes change nothing."""

    def count(self, votes: Iterable[str | None]) -> Votes:
        """Counts further votes; ``None`` is a sample that is none."""
        for vote in votes:
            if vote is not None and self.winner is None:
                self._counts[vote] += 1
                if self._lead() >= self.k:
                    self.winner = self.leader
        return self

    @property
    def leader(self) -> str | None:
        """The answer with the most votes, of equals the one that came first; ``None`` without a vote."""
        return max(self._counts, key=self._counts.__getitem__, default=None)

    @property
    def still_needed(self) -> int:
        """Votes without which nobody wins: as many may be asked for at once and none is wasted; 0 after a win."""
        return 0 if self.winner is not None else self.k - self._lead()

    def and_then(self, votes: Iterable[str | None]) -> Votes:
        """These votes and further ones, counted apart."""
        other = Votes(self.k, self.rule)
        other._counts, other.winner = self._counts.copy(), self.winner
        return other.count(votes)

    def _lead(self) -> int:
        ranked = [count for _, count in self._counts.most_common(2)]
        most = ranked[0] if ranked else 0
        return most - (ranked[1] if len(ranked) > 1 and self.rule == "ahead_by" else 0)
