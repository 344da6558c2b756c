"""What happened in donor games, and the measures over it.

Reference: A. Vallinder, E. Hughes, "Cultural evolution of cooperation among LLM agents", arXiv 2412.10270.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from agentscale.environments.donor.pairing import Pair, Schedule, repeats


class Deed(NamedTuple):
    """What a donor did in an encounter."""

    pair: Pair
    held: float
    """Units that the donor had before it."""
    gave: float = 0.0
    """Units that it gave, of which the recipient got ``factor`` times as many; 0 where it punished."""
    paid: float = 0.0
    """Units that it paid to punish the recipient."""

    @property
    def share(self) -> float | None:
        """The share of its units that the donor gave, in [0, 1]; ``None`` where it had none."""
        return self.gave / self.held if self.held else None


class Game(NamedTuple):
    """A game between two rounds."""

    schedule: Schedule
    units: tuple[float, ...]
    """What everybody has, by place."""
    rounds: tuple[tuple[Deed, ...], ...] = ()
    """What has been done so far."""

    @property
    def is_over(self) -> bool:
        """Whether all rounds have been played."""
        return len(self.rounds) == len(self.schedule)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Who meets now."""
        return self.schedule[len(self.rounds)]

    def after(self, deeds: tuple[Deed, ...], factor: float, severity: float) -> Game:
        """The game after a round."""
        units = list(self.units)
        for deed in deeds:
            donor, recipient = deed.pair
            units[donor] -= deed.gave + deed.paid
            units[recipient] += factor * deed.gave - min(severity * deed.paid, units[recipient])
        return Game(self.schedule, tuple(units), (*self.rounds, deeds))


class Generation(NamedTuple):
    """How a generation ended."""

    scores: tuple[float, ...]
    """Units of every agent at the end of a game, on average over the two games."""
    strategies: tuple[str, ...]
    opening: float | None
    """What donors gave in the first rounds, as a mean share of what they had."""
    share: float | None
    """The same over all encounters whose donor had something."""
    punished: float
    """The share of encounters in which the donor punished."""
    repeats: float
    """How often an agent met one that it had met before in the same game, on average."""

    @property
    def mean(self) -> float:
        """Mean units of an agent at the end of a game."""
        return fmean(self.scores)


def mean_share(deeds: Sequence[Deed]) -> float | None:
    """The mean share that donors gave, over those who had something; ``None`` where nobody had."""
    shares = [share for deed in deeds if (share := deed.share) is not None]
    return fmean(shares) if shares else None


def most(rounds: int, endowment: float, factor: float) -> float:
    """The mean units of an agent at the end of a game in which everybody always gives all.

    In the first round half of the agents come to (1 + f)·e units, and all of them change hands ever after, f-fold:
    so the mean after r rounds is e·(1 + f)·f^(r − 1)/2. With f = 2, e = 10 and r = 12 it is 30,720.

    Args:
        rounds: Rounds of the game, ≥ 1.
        endowment: Units e that everybody starts with, > 0.
        factor: Units f that arrive for a unit given, > 1.
    """
    return endowment * (1 + factor) * factor ** (rounds - 1) / 2


def summed_up(games: Sequence[Game], strategies: Sequence[str]) -> Generation:
    """How a generation has ended, from its games."""
    n = len(strategies)
    deeds = [deed for game in games for deeds in game.rounds for deed in deeds]
    repeated = sum(repeats(game.schedule) for game in games)
    return Generation(
        scores=tuple(fmean(units) for units in zip(*[game.units for game in games], strict=True)),
        strategies=tuple(strategies),
        opening=mean_share([deed for game in games for deed in game.rounds[0]]),
        share=mean_share(deeds),
        punished=sum(deed.paid > 0 for deed in deeds) / len(deeds),
        repeats=2 * repeated / len(games) / n,
    )
