"""Worlds that are played by their own policies, without an engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest

from agentscale.environments.base import Environment, Score
from agentscale.randomness import keyed
from agentscale.schema.calls import Message
from agentscale.schema.worlds import Heard, Observation


class Played(NamedTuple):
    """A play from its start to its end."""

    states: list[Any]
    seen: list[tuple[Observation, ...]]
    score: Score


Play = Callable[..., Played]


@pytest.fixture(scope="session")
def play() -> Play:
    """Plays a world with a policy by name for each agent; ``words``, where given, say something else."""

    def played(
        world: Environment,
        names: Sequence[str],
        seed: int = 1,
        words: Callable[[Observation], str | None] | None = None,
    ) -> Played:
        draws, players = keyed(seed, "world"), keyed(seed, "players")
        assert world.unfit(len(names), ()) is None
        states, seen = [world.start(len(names), (), draws)], []
        while asked := world.observe(states[-1]):
            seen.append(asked)
            said = []
            for one in asked:
                assert isinstance(one.who, int)
                chat = (Message("user", f"{one.rules}\n\n{one.text}"),)
                policy = world.policies[names[one.who]]
                said.append((policy(Heard(world, chat, one.role), players) if words is None else words(one)) or None)
            states.append(world.after(states[-1], said, draws))
        return Played(states, seen, world.score(states[-1]))

    return played
