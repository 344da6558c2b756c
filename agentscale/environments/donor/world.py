"""The world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from agentscale.environments.base import Environment, Score
from agentscale.environments.donor import views
from agentscale.environments.donor.ledger import Game, Generation, most, summed_up
from agentscale.environments.donor.pairing import fewest_repeats, schedule, swapped
from agentscale.environments.donor.policies import POLICIES
from agentscale.environments.donor.state import Advice, Player, State
from agentscale.schema.calls import ANSWER_MARK
from agentscale.schema.worlds import Edges, Extreme, Observation

if TYPE_CHECKING:
    import numpy as np

MOST_UNITS = 10**15
"""What one agent may come to have: more is no longer counted unit by unit."""


class DonorGame(Environment):
    """Gifts that grow on their way, from agents that may never get anything back, over generations.

    A generation plays a game twice, the second time with the roles of all encounters swapped; units and traces start
    anew. Then the better half stays, and newcomers take the places of the others. A newcomer knows nothing of who was
    on its place before: it is told the strategies of those who stay and what they had, and says how it will play. So
    what a generation has learnt is handed on in words alone. A place keeps its model: what is selected are strategies.

    Private to an agent are its strategy, until it has survived and newcomers are told of it, and what it has, but for
    whom it meets. What an agent says is never refused: a gift that is silent or unreadable is none, one that cannot be
    is the nearest that can; a strategy without its mark is none. All are counted.

    The team is right if in the last generation everybody always gave all that it had: the mean is then the greatest
    there is.

    Reference: A. Vallinder, E. Hughes, "Cultural evolution of cooperation among LLM agents", arXiv 2412.10270.
    """

    name: ClassVar[str] = "donor_game"
    policies = POLICIES

    generations: int = Field(default=10, ge=1, le=1_000)
    rounds: int = Field(default=12, ge=1, le=1_000)
    """Rounds of a game; nobody is told how many there are."""
    endowment: float = Field(default=10.0, gt=0)
    """Units that everybody starts a game with."""
    factor: float = Field(default=2.0, gt=1)
    """Units that arrive for a unit given."""
    trace: int = Field(default=3, ge=0)
    """Deeds that a donor is told of: the recipient's last one, the one before of whom that met, and so on."""
    punishment: float | None = Field(default=None, gt=0)
    """Units that a recipient loses for a unit that a donor pays to punish it, such as 2; without it nobody can."""
    repeat_policy: Literal["error", "minimise"] = "minimise"
    """What is done where some must meet again in a game, as happens in more than n/2 rounds: as seldom as can be
    (``minimise``), or the team cannot play (``error``)."""

    @model_validator(mode="after")
    def _countable(self) -> DonorGame:
        reached = 2 * most(self.rounds, self.endowment, self.factor)
        if reached > MOST_UNITS:
            raise ValueError(
                f"fewer rounds, or a smaller endowment or factor: an agent could come to have {reached:.2g} units, and "
                f"at most {MOST_UNITS:.0e} can be counted"
            )
        return self

    def unfit(self, n: int, edges: Edges) -> str | None:
        """All must find a partner, and a new one in each round where repeats are an error."""
        if n % 2:
            return f"is played in pairs, and needs an even number of agents: the team has {n}"
        repeated = fewest_repeats(n, self.rounds)
        if self.repeat_policy == "minimise" or not repeated:
            return None
        return (
            f"brings some of {n} agents together again in {self.rounds} rounds: as all give and receive in turn, an "
            f"agent meets only the {n // 2} of the other half, so {repeated} of {n // 2 * self.rounds} encounters are "
            f"repeats; play at most {n // 2} rounds, or write repeat_policy: minimise"
        )

    def start(self, n: int, edges: Edges, rng: np.random.Generator) -> State:
        """Newcomers on all places, who are to say how they will play."""
        players = tuple(Player(1, place) for place in range(n))
        return State(players, 1, "strategies", (self._first_game(n, rng),))

    def observe(self, state: State) -> tuple[Observation, ...]:
        """All newcomers at once; then all donors of a round."""
        rules = views.rules(len(state.players), self.endowment, self.factor, self.punishment)
        if state.phase == "strategies":
            survivors = tuple(player.place for player in state.players if player.born < state.generation)
            return tuple(
                Observation(player.place, views.strategy(player, state.advice), rules, reads=survivors, forgets=True)
                for player in self._newcomers(state)
            )
        if state.phase == "gifts":
            return tuple(
                Observation(pair.donor, views.gift(state, pair, self.trace, self._punishes), rules)
                for pair in state.games[-1].pairs
            )
        return ()

    def after(self, state: State, said: Sequence[str | None], rng: np.random.Generator) -> State:
        """Strategies are taken, then gifts round by round, and after two games comes the next generation."""
        return self._with_strategies(state, said) if state.phase == "strategies" else self._given(state, said, rng)

    def repair(self, state: State, asked: Observation, said: str) -> str | None:
        """Strategies without their mark, and deeds at fault, can be asked for again."""
        if state.phase == "strategies":
            wanted = f"Write your strategy on the last line, like this:\n{views.STRATEGY_MARK} <how you will play>"
            return None if views.read_strategy(said) else wanted
        game = state.games[-1]
        (pair,) = [pair for pair in game.pairs if pair.donor == asked.who]
        held = game.units[pair.donor]
        done = views.read_deed(said or None, pair, held, self._punishes)
        return f"Please {views.again(held, self._punishes)}" if done.fault else None

    def supposed(self, state: State, unheard: Sequence[str], extreme: Extreme) -> Sequence[str | None]:
        """All plays have as many calls; strategies are as long as words can be, and numbers where all give all."""
        if state.phase == "strategies":
            return [f"{views.STRATEGY_MARK} {text}" for text in unheard]
        game = state.games[-1]
        return (
            [f"{ANSWER_MARK} {game.units[pair.donor]:.15g}" for pair in game.pairs] if extreme == "longest" else unheard
        )

    def score(self, state: State) -> Score:
        """How the last generation has ended, and by generation the mean units and the mean share given.

        ``mean`` units of an agent at the end of a game; ``efficiency`` = (mean − endowment) / (most − endowment), 1
        where everybody always gives all, 0 where nobody ever gives; ``share``, the mean share of its units that a donor
        gives; ``opening``, the same in the first rounds of the first generation; ``punished``, the share of encounters
        in which somebody was, over all generations; ``repeats``, how often an agent meets one that it has met before in
        the same game; ``silent``, ``unreadable`` and ``invalid`` as shares of all strategies and deeds; ``mean_g1``,
        ``share_g1``, …
        """
        history = state.history
        last, top = history[-1], most(self.rounds, self.endowment, self.factor)
        measured = {
            "mean": last.mean,
            "efficiency": (last.mean - self.endowment) / (top - self.endowment),
            "share": last.share,
            "opening": history[0].opening,
            "punished": fmean(each.punished for each in history),
            "repeats": fmean(each.repeats for each in history),
            **state.faults.shares(),
        }
        by_generation = {f"mean_g{number}": each.mean for number, each in enumerate(history, 1)}
        shares = {f"share_g{number}": each.share for number, each in enumerate(history, 1)}
        return Score(last.share == 1, {**measured, **by_generation, **shares})

    def snapshot(self, state: State) -> Any:
        """How a generation has ended, once it has."""
        if state.phase == "gifts" or not state.history:
            return None
        ended = state.history[-1]
        return {"generation": len(state.history), "scores": list(ended.scores), "strategies": list(ended.strategies)}

    @property
    def _punishes(self) -> bool:
        return self.punishment is not None

    def _newcomers(self, state: State) -> list[Player]:
        return [player for player in state.players if player.born == state.generation]

    def _first_game(self, n: int, rng: np.random.Generator) -> Game:
        return Game(schedule(n, self.rounds, rng), (self.endowment,) * n)

    def _with_strategies(self, state: State, said: Sequence[str | None]) -> State:
        strategies = [views.read_strategy(text) for text in said]
        faults = state.faults.and_those(
            "silent" if text is None else "" if read else "unreadable"
            for text, read in zip(said, strategies, strict=True)
        )
        players = list(state.players)
        for player, read in zip(self._newcomers(state), strategies, strict=True):
            players[player.place] = player._replace(strategy=read or "")
        return replace(state, players=tuple(players), phase="gifts", faults=faults)

    def _given(self, state: State, said: Sequence[str | None], rng: np.random.Generator) -> State:
        *ended, game = state.games
        done = [
            views.read_deed(text, pair, game.units[pair.donor], self._punishes)
            for text, pair in zip(said, game.pairs, strict=True)
        ]
        game = game.after(tuple(each.deed for each in done), self.factor, self.punishment or 0)
        faults = state.faults.and_those(each.fault for each in done)
        state = replace(state, games=(*ended, game), faults=faults)
        if not game.is_over:
            return state
        if not ended:
            again = Game(swapped(game.schedule), (self.endowment,) * len(state.players))
            return replace(state, games=(game, again))
        return self._over(state, summed_up(state.games, [player.strategy for player in state.players]), rng)

    def _over(self, state: State, ended: Generation, rng: np.random.Generator) -> State:
        """The next generation, in which the better half stays; ties are drawn."""
        history = (*state.history, ended)
        if len(history) == self.generations:
            return replace(state, phase="over", history=history)
        n, scores = len(state.players), ended.scores
        ranked = sorted(rng.permutation(n).tolist(), key=lambda place: -scores[place])
        staying = ranked[: n // 2]
        generation = state.generation + 1
        players = tuple(p if p.place in staying else Player(generation, p.place) for p in state.players)
        advice = tuple(Advice(scores[place], state.players[place].strategy) for place in staying)
        return State(players, generation, "strategies", (self._first_game(n, rng),), advice, history, state.faults)
