"""Repeated games: two players choose one of two options at the same time, round after round, and are told what came.

Options have letters that mean nothing, and neither letter nor place tells which option is which: for each play it is
drawn which option has the first letter, and for each player which letter is named first. What was chosen is kept, and
scored, by the option.

A player may be asked first what the other one will do (``predict``), and then to choose.

Private is what was predicted. A round is told only when both have chosen.

Reference: "Playing repeated games with large language models", Nature Human Behaviour 2025, arXiv 2305.16867.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from agentscale.environments.base import Environment, Score
from agentscale.environments.matrix_games.scripted import POLICIES
from agentscale.environments.matrix_games.tables import (
    CELLS,
    N_ORDINAL,
    NAMED,
    Option,
    Table,
    equilibria,
    ordinal,
    payoffs,
    won,
)
from agentscale.environments.matrix_games.wording import CHOICE, PREDICTION, Names, case, points
from agentscale.errors import SpecError
from agentscale.schema.worlds import Edges, Observation, Policy

if TYPE_CHECKING:
    import numpy as np

Letter = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,7}$")]
Turning = Literal["seeded", "straight", "swapped"]


@dataclass(frozen=True, slots=True)
class Rounds:
    """A game on its way."""

    is_swapped: bool
    """Whether the first option has the second letter."""
    is_second_first: tuple[bool, bool]
    """For each player, whether the second letter is named first."""
    chosen: tuple[tuple[Option, Option], ...] = ()
    """What both chose, round by round."""
    predicted: tuple[tuple[Option, Option], ...] = ()
    """What each said that the other will choose, round by round; none where nobody is asked."""
    silent: int = 0
    """Times that a player said nothing."""
    unreadable: int = 0
    """Times that a player said something that names no option."""


class MatrixGame(Environment):
    """One game of two players with two options each.

    Who names no option forfeits the round: it wins the least that the table holds for it, and the other one, if it
    chose, the lesser of what its option can bring. So nobody gains by silence, one's own or the other's.
    """

    name: ClassVar[str] = "matrix_game"

    game: str | int | Table = "prisoners_dilemma"
    """A game by name, the number of one of the 144 games of strict ranks, or a payoff table: rows are the first
    player's options, columns the second's, and a cell is what both win, ``[[[8, 8], [0, 10]], [[10, 0], [5, 5]]]``."""
    rounds: int = Field(default=10, ge=1, le=1000)
    horizon: Literal["known", "hidden"] = "known"
    """Whether players know how many rounds there are."""
    letters: tuple[Letter, Letter] = ("J", "F")
    """What options are called."""
    naming: Turning = "seeded"
    """Which option has the first letter: drawn for each play, the first, or the second."""
    order: Turning = "seeded"
    """Which letter is named first: drawn for each player, the first, or the second."""
    predict: bool = False
    """Whether a player is asked what the other one will choose before it chooses."""

    policies: ClassVar[Mapping[str, Policy]] = POLICIES

    @model_validator(mode="after")
    def _game_is_one(self) -> MatrixGame:
        if isinstance(self.game, str) and self.game not in NAMED:
            raise SpecError.unknown("game", self.game, NAMED, key="matrix_game.game")
        if isinstance(self.game, int) and not 1 <= self.game <= N_ORDINAL:
            raise ValueError(f"a number from 1 to {N_ORDINAL}; got {self.game}")
        if self.letters[0].lower() == self.letters[1].lower():
            raise ValueError(f"two letters that differ; got {list(self.letters)}")
        if self._most <= self._least:
            raise ValueError("a table in which something can be won or lost: this one pays the same whatever is done")
        return self

    @cached_property
    def table(self) -> Table:
        """The payoffs."""
        if isinstance(self.game, str):
            return NAMED[self.game]
        return ordinal(self.game) if isinstance(self.game, int) else self.game

    def unfit(self, n: int, edges: Edges) -> str | None:
        """Two players, who need no graph."""
        return None if n == 2 else f"takes 2 players; the team has {n}"

    def start(self, n: int, edges: Edges, rng: np.random.Generator) -> Rounds:
        """Nothing is chosen; letters and their order are drawn, or as they are wanted."""
        drawn = [bool(toss) for toss in rng.integers(2, size=3)]
        first, second = (self._turned(self.order, toss) for toss in drawn[1:])
        return Rounds(self._turned(self.naming, drawn[0]), (first, second))

    def observe(self, state: Rounds) -> tuple[Observation, ...]:
        """Both players at once: for a prediction, where one is wanted, and then for a choice."""
        if len(state.chosen) == self.rounds:
            return ()
        return tuple(
            Observation(
                player, self._told(state, player), self._rules(state, player), reads=self._quoted(state, player)
            )
            for player in (0, 1)
        )

    def after(self, state: Rounds, said: Sequence[str | None], rng: np.random.Generator) -> Rounds:
        """Predictions are kept aside; choices end the round."""
        first, second = (self._read(state, text or "") for text in said)
        silent = sum(not (text or "").strip() for text in said)
        counted = replace(
            state,
            silent=state.silent + silent,
            unreadable=state.unreadable + [first, second].count(None) - silent,
        )
        if self._is_predicting(state):
            return replace(counted, predicted=(*state.predicted, (first, second)))
        return replace(counted, chosen=(*state.chosen, (first, second)))

    def _read(self, state: Rounds, text: str) -> Option:
        return self._names(state).read(text, self._mark(state))

    def repair(self, state: Rounds, asked: Observation, said: str) -> str | None:
        """A letter behind the mark is wanted."""
        if self._read(state, said) is not None:
            return None
        assert isinstance(asked.who, int)
        return f"Your words name no option. {self._form(state, asked.who)}"

    def score(self, state: Rounds) -> Score:
        """What both won, and how they came to it; right is a play that wins all that both together can win.

        Measures, with 1 for the first player and 2 for the second: ``points_1`` a round; ``normalised_1`` points from
        the least (0) to the most (1) that the table holds for the player; ``efficiency`` the points of both together,
        from the least of each (0) to the best outcome (1); ``cooperation_1`` share of choices that are the first
        option; ``coordination`` share of rounds in which both chose the same option; ``equilibrium`` share of rounds
        that are a Nash equilibrium of the table (undefined where it has none); ``prediction_1`` share of the other's
        choices that were foreseen; ``silent`` and ``unreadable`` shares of all that was asked.
        """
        brought = [won(self.table, cell) for cell in state.chosen]
        both = [cell for cell in state.chosen if None not in cell]
        stable = equilibria(self.table)
        asked = 2 * (len(state.chosen) + len(state.predicted))
        return Score(
            correct=all(sum(pay) == self._most for pay in brought),
            measures={
                **dict(self._by_player(state, brought)),
                "efficiency": _between(_mean([sum(pay) for pay in brought]), self._least, self._most),
                "coordination": _share([one == other for one, other in both]),
                "equilibrium": _share([cell in stable for cell in state.chosen]) if stable else None,
                "silent": state.silent / max(asked, 1),
                "unreadable": state.unreadable / max(asked, 1),
            },
        )

    def _by_player(self, state: Rounds, brought: Sequence[tuple[float, float]]) -> Iterator[tuple[str, float | None]]:
        for player in (0, 1):
            points = [pay[player] for pay in brought]
            held = payoffs(self.table, player)
            chosen = [cell[player] for cell in state.chosen if cell[player] is not None]
            foreseen = [
                said[player] == cell[1 - player]
                for said, cell in zip(state.predicted, state.chosen, strict=False)
                if said[player] is not None and cell[1 - player] is not None
            ]
            yield f"points_{player + 1}", _mean(points)
            yield f"normalised_{player + 1}", _between(_mean(points), min(held), max(held))
            yield f"cooperation_{player + 1}", _share([option == 0 for option in chosen])
            yield f"prediction_{player + 1}", _share(foreseen)

    @property
    def _most(self) -> float:
        """What both together win in the best outcome."""
        return max(sum(self.table[i][j]) for i, j in CELLS)

    @property
    def _least(self) -> float:
        """What both together win where each wins the least that the table holds for it, as where both forfeit."""
        return sum(min(payoffs(self.table, player)) for player in (0, 1))

    # -- what is told ---------------------------------------------------------------------------------------------

    def _rules(self, state: Rounds, player: int) -> str:
        """Who one is, how many rounds there are, and what each pair of choices brings."""
        order = self._in_order(state, player)
        rounds = f"{self.rounds} round{'s' * (self.rounds > 1)}" if self.horizon == "known" else "some rounds"
        cases = (case(self.table, player, self._names(state), own, theirs) for own in order for theirs in order)
        return "\n".join(
            [
                f"You are player {player + 1} of two. You play {rounds} of a game with the other player. In each round "
                f"both of you choose {order[0]} or {order[1]} at the same time.",
                *cases,
                "Win as many points as you can.",
            ]
        )

    def _told(self, state: Rounds, player: int) -> str:
        at = len(state.chosen) + 1
        number = f"Round {at} of {self.rounds}" if self.horizon == "known" else f"Round {at}"
        before = self._last(state, player)
        if not self.predict:
            return f"{before}{number}: choose. {self._form(state, player)}"
        if self._is_predicting(state):
            return f"{before}{number}: first say what the other player will choose. {self._form(state, player)}"
        said = self._names(state).of(state.predicted[-1][player])
        return f"{number}: you foresaw {said}. Now choose. {self._form(state, player)}"

    def _last(self, state: Rounds, player: int) -> str:
        if not state.chosen:
            return ""
        cell = state.chosen[-1]
        own, theirs = (self._names(state).of(cell[at]) for at in (player, 1 - player))
        brought = points(won(self.table, cell), player)
        return f"In round {len(state.chosen)} you chose {own} and the other player chose {theirs}: {brought}.\n"

    def _quoted(self, state: Rounds, player: int) -> tuple[int, ...]:
        """Whose words are told: the other player's, after a round, and once."""
        return (1 - player,) if state.chosen and (not self.predict or self._is_predicting(state)) else ()

    def _form(self, state: Rounds, player: int) -> str:
        one, other = self._in_order(state, player)
        return f"Write on the last line: {self._mark(state)} {one} or {self._mark(state)} {other}"

    def _in_order(self, state: Rounds, player: int) -> tuple[str, str]:
        one, other = self.letters
        return (other, one) if state.is_second_first[player] else (one, other)

    def _names(self, state: Rounds) -> Names:
        return Names(self.letters, state.is_swapped)

    def _mark(self, state: Rounds) -> str:
        return PREDICTION if self._is_predicting(state) else CHOICE

    def _is_predicting(self, state: Rounds) -> bool:
        return self.predict and len(state.predicted) == len(state.chosen)

    @staticmethod
    def _turned(wanted: Turning, drawn: bool) -> bool:
        return drawn if wanted == "seeded" else wanted == "swapped"


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _share(values: Sequence[bool]) -> float | None:
    return _mean([float(value) for value in values])


def _between(value: float | None, least: float, most: float) -> float | None:
    """Where a value stands from the least, 0, to the most, 1; undefined where they are the same."""
    return None if value is None or most <= least else (value - least) / (most - least)
