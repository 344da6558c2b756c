"""A shared world: who is asked now acts on it, each from its own view, and the world goes on from what all have said.

What is right, and who has won, is not known here: the engine scores the state in which nobody is asked any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts.worlds import Turn, again, told
from agentscale.protocols.rehearsal import is_unheard
from agentscale.schema.agents import Agent, Member, Team
from agentscale.schema.calls import Batch, Call, Outcome, Play, Reply
from agentscale.schema.tasks import Question
from agentscale.schema.worlds import Extreme, Observation, State, World

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np

Memory = Literal["all", "last", "none"]


class PlayWorld(InteractionProtocol):
    """Plays the world of a question to its end.

    Whoever the world asks is asked at once, which is one round. A member is told its own view, and before it the rules
    and what it remembers of its own turns. What it says on the side (as a probe, a grader) enters no memory. Words that
    the world cannot read may be said once more, as a further attempt of the same turn.
    """

    name: ClassVar[str] = "world"
    uses_topology: ClassVar[bool] = True
    asks_everybody: ClassVar[bool] = False

    memory: Memory = "all"
    """What a member sees of its own earlier turns, as a chat: ``all``, the ``last`` one, or ``none``."""
    retries: int = Field(default=1, ge=0, le=10)
    """How often somebody is asked again whose words the world cannot read."""
    grader: Member | None = None
    """Who plays the part of the grader, in worlds that have one; the first member where nobody is named."""

    def unfit_for(self, questions: Sequence[Question]) -> str | None:
        """Every question must open a world."""
        if all(question.world is not None for question in questions):
            return None
        return "plays worlds, and the task has questions: take one of the kind world, such as networks"

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Round after round, until the world asks nobody."""
        return _Game(self, team, graph, question, rng).play()

    def shortest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """What nobody has heard yet is what ends the play soonest, and can be read."""
        return _Game(self, team, graph, question, rng, "shortest").play()

    def longest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """What nobody has heard yet is what makes the play longest, and everybody is asked as often as it may be."""
        return _Game(self, team, graph, question, rng, "longest").play()


class _Game:
    """One play on its way."""

    def __init__(
        self,
        rules: PlayWorld,
        team: Team,
        graph: nx.DiGraph,
        question: Question,
        rng: np.random.Generator,
        extreme: Extreme | None = None,
    ) -> None:
        assert question.world is not None  # `unfit_for` has seen to it
        self._rules = rules
        self._team = team
        self._edges = tuple(graph.edges)
        self._question = question
        self._world: World = question.world
        self._rng = rng
        self._extreme = extreme
        self._turns: dict[str, tuple[Turn, ...]] = {}
        self._counts = Counter(dict.fromkeys(("rounds", "asked_again", "missing"), 0))

    def play(self) -> Play:
        state = self._world.start(len(self._team.agents), self._edges, self._rng)
        states = [state]
        while seen := self._world.observe(state):
            replies = yield from self._round(state, seen)
            self._remember(seen, replies)
            state = self._world.after(state, self._said(state, replies), self._rng)
            states.append(state)
        return Outcome((), counts=dict(self._counts), states=tuple(states))

    def _round(self, state: State, seen: Sequence[Observation]) -> Generator[Batch, list[Reply], list[Reply]]:
        """One round: everybody once, and those who could not be read again."""
        calls, number = self._calls(seen), self._counts["rounds"]
        replies = yield Batch(calls)
        for attempt in range(1, self._rules.retries + 1):
            repairs = self._repairs(state, seen, replies)
            if not repairs:
                break
            more = [again(calls[at], replies[at], repair, attempt) for at, repair in repairs.items()]
            came = yield Batch(tuple(more), round=number)
            mended = dict(zip(repairs, came, strict=True))
            replies = [mended.get(at, reply) for at, reply in enumerate(replies)]
            self._counts["asked_again"] += len(more)
        self._counts["rounds"] += 1
        self._counts["missing"] += sum(reply.answer is None for reply in replies)
        return replies

    def _calls(self, seen: Sequence[Observation]) -> tuple[Call, ...]:
        slots, times = self._team.slots, Counter[tuple[str, str]]()
        calls = []
        for one in seen:
            agent = self._agent(one)
            if one.forgets:
                self._turns.pop(agent.slot, None)
            messages = told(agent, self._question, one, self._turns.get(agent.slot, ()) if _is_member(one) else ())
            turn = times[agent.slot, one.role]
            times[agent.slot, one.role] += 1
            calls.append(Call(agent.slot, messages, tuple(slots[who] for who in one.reads), one.role, turn))
        return tuple(calls)

    def _agent(self, seen: Observation) -> Agent:
        return self._team.agents[seen.who] if isinstance(seen.who, int) else self._team.playing(seen.who)

    def _repairs(self, state: State, seen: Sequence[Observation], replies: Sequence[Reply]) -> dict[int, str]:
        """What is to be said to those who cannot be read, by their place in the round."""
        found = (self._repair(state, one, reply) for one, reply in zip(seen, replies, strict=True))
        return {at: repair for at, repair in enumerate(found) if repair is not None}

    def _repair(self, state: State, seen: Observation, reply: Reply) -> str | None:
        """The same of one of them. A call that failed is not made again here."""
        if reply.completion is None or (is_unheard(reply) and self._extreme == "shortest"):
            return None
        return self._world.repair(state, seen, "" if is_unheard(reply) else reply.answer or "")

    def _said(self, state: State, replies: Sequence[Reply]) -> list[str | None]:
        """What the world is told; of what nobody has heard yet, what is supposed."""
        answers = [reply.answer for reply in replies]
        if self._extreme is None:
            return answers
        supposed = self._world.supposed(state, [answer or "" for answer in answers], self._extreme)
        return [
            guess if is_unheard(reply) else answer
            for guess, answer, reply in zip(supposed, answers, replies, strict=True)
        ]

    def _remember(self, seen: Sequence[Observation], replies: Sequence[Reply]) -> None:
        if self._rules.memory == "none":
            return
        for one, reply in zip(seen, replies, strict=True):
            if _is_member(one) and one.role == "agent":
                before = self._turns.get(reply.call.slot, ()) if self._rules.memory == "all" else ()
                self._turns[reply.call.slot] = (*before, Turn(one.text, reply.answer))


def _is_member(seen: Observation) -> bool:
    return isinstance(seen.who, int)
