"""The words in which players are told a game, and from which scripted players read it."""

from __future__ import annotations

import re
from typing import NamedTuple

from agentscale.environments.marks import behind
from agentscale.environments.matrix_games.tables import Option, Table

CHOICE, PREDICTION = "Choice:", "Prediction:"
"""The marks behind which a letter is read."""

PLAYER = re.compile(r"^You are player ([12]) of two", re.MULTILINE)
"""Finds which player somebody is, in the rules."""

LAST = re.compile(r"^In round \d+ you chose (\w+) and the other player chose (\w+):", re.MULTILINE)
"""Finds what both chose, in what is told after a round."""


class Names(NamedTuple):
    """What the options of a game are called, for both players."""

    letters: tuple[str, str]
    is_swapped: bool
    """Whether the first option has the second letter."""

    def of(self, option: Option) -> str:
        """What an option is called; ``nothing`` where none was named."""
        return "nothing" if option is None else self.letters[option ^ self.is_swapped]

    def option(self, letter: str) -> Option:
        """Which option a letter means; ``None`` where it is none of the two."""
        return self.letters.index(letter) ^ self.is_swapped if letter in self.letters else None

    def read(self, text: str, mark: str) -> Option:
        """The option that a text names: behind the last mark, or the only one of the two letters that it holds."""
        rest = behind(text, mark) or ""
        named = self._in(rest.split("\n")[0])
        named = named or self._in(text)
        return self.option(named.pop()) if len(named) == 1 else None

    def _in(self, text: str) -> set[str]:
        return {letter for letter in self.letters if re.search(rf"\b{letter}\b", text)}


def case(table: Table, player: int, names: Names, own: str, theirs: str) -> str:
    """What a pair of letters brings to a player and to the other one."""
    mine, others = names.option(own), names.option(theirs)
    assert mine is not None
    assert others is not None
    i, j = (mine, others) if player == 0 else (others, mine)
    return f"If you choose {own} and the other player chooses {theirs}, {points(table[i][j], player)}."


def points(pay: tuple[float, float], player: int) -> str:
    """What a player wins, and the other one."""
    own, theirs = (f"{pay[at]:g} point{'s' * (pay[at] != 1)}" for at in (player, 1 - player))
    return f"you win {own} and the other player wins {theirs}"
