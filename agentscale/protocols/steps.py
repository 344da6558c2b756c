"""A long chain, one race a step: samples of a step are drawn until one is far enough ahead, and nothing else goes on.

Reference: "Solving a million-step LLM task with zero errors", arXiv 2511.09030. The laws of such races, the least k for
a chain and what it costs are in ``agentscale.analysis.races``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, model_validator

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.flags import Flags
from agentscale.protocols.prompts import opening
from agentscale.protocols.racing import Rule, Votes
from agentscale.protocols.rehearsal import is_unheard
from agentscale.schema.agents import Sampling, Team
from agentscale.schema.calls import UNHEARD, Batch, Call, Outcome, Play, Reply
from agentscale.schema.chains import StepChain
from agentscale.schema.record import digest
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np

MOST_SAMPLES = 500_000
"""Samples of one trial at most: its transcript is made in one piece."""

Extreme = Literal["shortest", "longest"]


class Steps(InteractionProtocol):
    """Walks the step chain of a question; the team is right only if every step is.

    Sample i of a step is the i-th agent's, round-robin, and the first is drawn apart from the others. A vote is the
    whole answer: the moves and the state that they lead to, letter by letter. The state that wins is all that the next
    step is told. A race that nobody has won after ``max_votes`` samples ends the chain, and the team has no answer.
    """

    name: ClassVar[str] = "steps"
    uses_topology: ClassVar[bool] = False
    asks_everybody: ClassVar[bool] = False

    k: int = Field(default=3, ge=1)
    """The lead that wins, or with ``first_to`` the votes."""
    rule: Rule = "ahead_by"
    per_call: int = Field(default=1, ge=1)
    """Steps that one sample takes."""
    max_votes: int = Field(default=50, ge=1)
    """Samples of a race at most, those with red flags included."""
    at_once: int | None = Field(default=None, ge=1)
    """Samples that are asked for at once; without it as many as are needed in any case, of which none is wasted. With
    more, races take less time, and what was asked beyond the winning vote is unused."""
    first_temperature: float | None = Field(default=0.0, ge=0, le=2)
    """Temperature of the first sample of a race; ``null`` leaves it to the agent."""
    temperature: float | None = Field(default=0.1, ge=0, le=2)
    """Temperature of all others."""
    flags: Flags = Flags()
    """Signs for which a sample is thrown away and another one drawn."""

    @model_validator(mode="after")
    def _somebody_can_win(self) -> Steps:
        if self.max_votes < self.k:
            raise ValueError(f"max_votes of at least k = {self.k}: with fewer nobody can win")
        return self

    def unfit_for(self, questions: Sequence[Question]) -> str | None:
        """Every question must open a chain, of a length that one trial can walk."""
        chains = [question.chain for question in questions if question.chain is not None]
        if len(chains) < len(questions):
            return "walks chains of steps, and the task has none: take one of the kind step, such as hanoi"
        races = max(self.races(chain.n_steps) for chain in chains)
        if races * self.max_votes <= MOST_SAMPLES:
            return None
        return (
            f"would take up to {races:,} races of up to {self.max_votes} samples in one trial, and at most "
            f"{MOST_SAMPLES:,} samples are allowed: choose shorter chains by task.levels, a lower max_votes, a higher "
            "per_call, or draw the chain in arrays (agentscale.simulation.draw_races)"
        )

    def races(self, n_steps: int) -> int:
        """Races that so many steps take."""
        return -(-n_steps // self.per_call)

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Races one after another, to the end of the chain."""
        return _Walk(self, team, question).play()

    def shortest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Every race is won at once; or the next one by nobody, where that is sooner over."""
        return _Walk(self, team, question, "shortest").play()

    def longest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Every race is won by its last sample."""
        return _Walk(self, team, question, "longest").play()


class _Walk:
    """One chain on its way.

    In an extreme, replies that are known are read as ever. Those that nobody has heard yet all vote for who leads, or
    have no vote, whichever makes the walk extreme; the state that they lead to is not known, and stays as it was.
    """

    def __init__(self, rules: Steps, team: Team, question: Question, extreme: Extreme | None = None) -> None:
        assert question.chain is not None  # `unfit_for` has seen to it
        self._rules = rules
        self._team = team
        self._question = question
        self._chain: StepChain = question.chain
        self._extreme = extreme
        self._closing = question.prompt.removeprefix(self._chain.observe(self._chain.start(), 1, 1))
        self._state = self._chain.start()
        self._mark = ""
        self.counts = Counter(dict.fromkeys(("samples", *rules.flags.names, "undecided"), 0))

    def play(self) -> Play:
        first, winners = 1, list[Reply]()
        while first <= self._chain.n_steps:
            count = min(self._rules.per_call, self._chain.n_steps - first + 1)
            winner = yield from self._race(first, count, len(winners))
            if winner is None:
                self.counts["undecided"] += 1
                return Outcome((), is_chain=True, counts=dict(self.counts))
            winners.append(winner)
            self._go_on(self._chain.after(winner.answer or "", count))
            first += count
        return Outcome(tuple(winners), is_chain=True, counts=dict(self.counts))

    def _go_on(self, state: str | None) -> None:
        """Goes on from a state, which only an extreme does not know: in the longest walk it is then no other walk's."""
        if state is not None:
            self._state = state
        elif self._extreme == "longest":
            self._mark = f" {digest(self._rules.model_dump(mode='json'))[:8]}"

    def _race(self, first: int, count: int, race: int) -> Generator[Batch | list[Call], list[Reply], Reply | None]:
        """The first reply with the winning vote; ``None`` where nobody has won."""
        rules, votes = self._rules, Votes(self._rules.k, self._rules.rule)
        heard, ballots = list[Reply](), list[str | None]()

        def is_won(replies: Sequence[Reply]) -> bool:
            return votes.and_then(self._ballots(replies, count, votes, agree)).winner is not None

        while votes.winner is None and len(heard) < rules.max_votes:
            agree = self._is_sooner_won(first, votes.still_needed, len(heard))
            wanted = min(rules.at_once or votes.still_needed, rules.max_votes - len(heard))
            calls = tuple(self._call(first, count, len(heard) + index) for index in range(wanted))
            replies = yield Batch(calls, until=is_won, round=race)
            ballots += self._ballots(replies, count, votes, agree)
            heard += replies
            votes.count(ballots[len(heard) - len(replies) :])
        self._count(heard, count)
        if votes.winner is None:
            return heard[-1] if self._extreme == "longest" else None
        return heard[ballots.index(votes.winner)]

    def _ballots(self, replies: Sequence[Reply], count: int, votes: Votes, agree: bool) -> list[str | None]:
        """The votes of samples, ``None`` for one that has none; those that are unheard may join who leads."""
        known = [None if self._flag(reply, count) else reply.answer for reply in replies]
        if not agree:
            return known
        leader = votes.and_then(known).leader or UNHEARD
        return [leader if is_unheard(reply) else vote for reply, vote in zip(replies, known, strict=True)]

    def _flag(self, reply: Reply, count: int) -> str | None:
        legible = reply.answer is not None and self._chain.after(reply.answer, count) is not None
        return self._rules.flags.raised_on(reply, reply.answer if legible else None)

    def _is_sooner_won(self, first: int, needed: int, n_heard: int) -> bool:
        """Whether, in the shortest walk, winning this race and all that follow takes no more than losing this one."""
        if self._extreme != "shortest":
            return False
        following = self._rules.races(self._chain.n_steps - first + 1) - 1
        left = self._rules.max_votes - n_heard
        return self._asked_for(needed, left) + following * self._asked_for(self._rules.k, self._rules.max_votes) <= left

    def _asked_for(self, needed: int, left: int) -> int:
        """Samples that are asked for where so many agree at once: whole batches, and no more than are left."""
        batch = self._rules.at_once or needed
        return min(-(-needed // batch) * batch, left)

    def _call(self, first: int, count: int, index: int) -> Call:
        agent = self._team.agents[index % len(self._team.agents)]
        observed = self._chain.observe(self._state, first, count) + self._closing + self._mark
        temperature = self._rules.temperature if index else self._rules.first_temperature
        sampling = None if temperature is None else Sampling(temperature=temperature)
        asked = self._question.model_copy(update={"prompt": observed})
        return Call(agent.slot, opening(agent, asked), attempt=index, sampling=sampling)

    def _count(self, heard: Sequence[Reply], count: int) -> None:
        self.counts["samples"] += len(heard)
        self.counts.update(flag for reply in heard if (flag := self._flag(reply, count)) is not None)
