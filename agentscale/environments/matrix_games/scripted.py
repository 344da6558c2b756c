"""Players of repeated games: strategies that are told what a model is told, and answer in its words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, cast

from agentscale.environments.matrix_games.strategies import STRATEGIES, Seat, Strategy
from agentscale.environments.matrix_games.tables import CELLS, Table
from agentscale.environments.matrix_games.wording import CHOICE, LAST, PLAYER, PREDICTION, Names, case
from agentscale.schema.worlds import Heard, Policy

if TYPE_CHECKING:
    import numpy as np

_MARK = re.compile(rf"({CHOICE}|{PREDICTION}) \w+ or ")


class _Game(Protocol):
    table: Table
    letters: tuple[str, str]


def _spoken(strategy: Strategy) -> Policy:
    """A player that foresees that the other one chooses as before, and at first as it would in the other's place."""

    def policy(heard: Heard, rng: np.random.Generator) -> str:
        seat, names = _seated(heard, rng)
        mark = _MARK.findall(heard.told)[-1]
        if mark == CHOICE:
            return f"{mark} {names.of(strategy(seat))}"
        before = [option for option in seat.others if option is not None]
        return f"{mark} {names.of(before[-1] if before else strategy(seat.across))}"

    return policy


def _seated(heard: Heard, rng: np.random.Generator) -> tuple[Seat, Names]:
    """Where a player sits and what options are called, as it was told."""
    game, told = cast(_Game, heard.world), heard.everything
    found = PLAYER.search(told)
    assert found is not None  # the rules say it
    player = int(found[1]) - 1
    # Where both namings give the same rules, the game is the same under both.
    straight, swapped = (Names(game.letters, is_swapped) for is_swapped in (False, True))
    names = straight if _are_told(told, game.table, player, straight) else swapped
    rounds = [tuple(map(names.option, pair)) for pair in LAST.findall(told)]
    own, others = tuple(one for one, _ in rounds), tuple(other for _, other in rounds)
    return Seat(game.table, player, own, others, rng), names


def _are_told(told: str, table: Table, player: int, names: Names) -> bool:
    """Whether the rules that were told are those of this naming."""
    return all(case(table, player, names, names.letters[i], names.letters[j]) in told for i, j in CELLS)


def _silent(heard: Heard, rng: np.random.Generator) -> str:
    return ""


POLICIES: Mapping[str, Policy] = {
    **{name: _spoken(strategy) for name, strategy in STRATEGIES.items()},
    "silent": _silent,
}
"""All players by name."""
