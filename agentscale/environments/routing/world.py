"""A stream of jobs that meets a team whose graph learns: who forwards what to whom follows from what came of it.

Reference: Y. Yang et al., "AgentNet: Decentralized evolutionary coordination for LLM-based multi-agent systems", arXiv
2504.00587. It is a world and no protocol, since weights follow from what was right, which no protocol may know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from agentscale.environments.base import Environment, Score
from agentscale.environments.routing.jobs import BOOKS, Job, Part, drawn_codes, drawn_jobs
from agentscale.environments.routing.learning import Learning, Paper
from agentscale.environments.routing.policies import POLICIES
from agentscale.environments.routing.scores import measures_of
from agentscale.environments.routing.state import Item, Result, RoutingState, Step, as_array, as_table
from agentscale.environments.routing.words import Action, action_of, remembered, rules, view
from agentscale.schema.worlds import Edges, Extreme, Observation, Policy

if TYPE_CHECKING:
    from numpy.typing import NDArray

_START_SKILL = 0.5


class Routing(Environment):
    """Jobs come one after another; each is a word, or two, that only the holder of a code book can translate.

    The first agent of a job is the one whose skills are most like it (cosine). Who has it executes it, forwards it, or
    splits it; after each job the edges that were used and the skills of those who executed are updated. Agents see
    their own links, how well their neighbours are thought to know the books, and what they themselves did with such
    jobs before and what came of it. Private: what stands in the books that an agent holds; nobody is told translations.

    One stream is one trial, and its order of train and test is fixed. An edge u → v lets u hand on to v.
    """

    name: ClassVar[str] = "routing"
    policies: ClassVar[Mapping[str, Policy]] = POLICIES

    books: int = Field(default=4, ge=1, le=len(BOOKS))
    holds: int = Field(default=1, ge=1)
    """Books of each agent: agent i holds the books i, i + 1, …, counted around."""
    train: int = Field(default=24, ge=0)
    test: int = Field(default=12, ge=1)
    learning: Learning = Paper()
    seconds: float = Field(default=0.0, ge=0)
    """What each decision is said to take: by the time that jobs take the rule of the code damps its weights."""
    learns_in_test: bool = False
    router: Literal["agents", "random"] = "agents"
    """``random`` is the control: each job goes to anybody, who must execute it."""
    split_every: int = Field(default=3, ge=0)
    """Every so-many-th job has two parts; 0: none."""
    max_hops: int = Field(default=3, ge=1)
    """How often a part may be handed on; who has it then must execute."""
    max_steps: int = Field(default=30, ge=1)
    """Decisions on one job; what is then left undone is wrong."""
    recall: int = Field(default=3, ge=0)
    """Earlier jobs that an agent is reminded of at most: the newest of those with a book of the present one."""

    def unfit(self, n: int, edges: Edges) -> str | None:
        """Every book must be held, and every agent needs a neighbour who holds what it does not."""
        if self.holds > self.books:
            return f"gives each agent {self.holds} books, and there are {self.books}"
        ways = {u: {u} for u in range(n)}
        for u, v in edges:
            ways[u].add(v)
        for agent, reach in ways.items() if self.router == "agents" else ():
            held = {book for each in reach for book in self.held(each)}
            if len(held) < self.books:
                missing = BOOKS[min(set(range(self.books)) - held)]
                return f"needs a holder of each book beside each agent, and agent {agent} has none of {missing}"
        return None

    def held(self, agent: int) -> tuple[int, ...]:
        """The books that an agent holds."""
        return tuple(sorted((agent + further) % self.books for further in range(self.holds)))

    def start(self, n: int, edges: Edges, rng: np.random.Generator) -> RoutingState:
        """Every edge weighs 1, and nobody is thought to know one book better than another."""
        joined, codes = set(edges), drawn_codes(self.books, rng)
        weights = tuple(tuple(1.0 if (u, v) in joined else None for v in range(n)) for u in range(n))
        jobs = drawn_jobs(self.train + self.test, self.books, self.split_every, rng)
        skills = ((_START_SKILL,) * self.books,) * n
        return self._handed_out(RoutingState(codes, jobs, (), (), (), weights, skills), rng)

    def observe(self, state: RoutingState) -> tuple[Observation, ...]:
        """The agent with whom the next part lies."""
        if not state.items:
            return ()
        item = state.items[0]
        told = rules(item.at, len(state.weights), self.held(item.at), state.codes)
        text = view(state, item, self._recalled(state, item), self._may_pass(state, item))
        return (Observation(item.at, text, told, reads=() if item.sender is None else (item.sender,)),)

    def after(self, state: RoutingState, said: Sequence[str | None], rng: np.random.Generator) -> RoutingState:
        """The next part, or the next job. What is no action, or one that is not allowed, leaves the parts undone."""
        (item, *waiting), (text,) = state.items, said
        step = self._decided(state, item, text)
        steps, items = (*state.steps, step), (*_handed_on(step, item), *waiting)
        if items and len(steps) < self.max_steps:
            return state._replace(items=items, steps=steps)
        return self._handed_out(self._over(state, steps), rng)

    def repair(self, state: RoutingState, asked: Observation, said: str) -> str | None:
        """Asks for the line with the action."""
        if action_of(said, len(state.items[0].parts)) is not None:
            return None
        return "There is no action that can be read. End with one line of a form that you were given."

    def supposed(self, state: RoutingState, unheard: Sequence[str], extreme: Extreme) -> Sequence[str | None]:
        """Shortest: no action can be read. Longest: split at once, forward as often as may be, and execute rightly.

        The calls are within these whatever is said. Of tokens the least is not reckoned with pruning, which shortens
        what is told.
        """
        if extreme == "shortest":
            return unheard
        item = state.items[0]
        heirs = [str(peer) for peer in state.neighbours(item.at)[:1]] * len(item.parts)
        if heirs and self._may_pass(state, item):
            return [f"Action: {'split' if len(item.parts) > 1 else 'forward'} {' '.join(heirs)}"]
        return [f"Action: execute {' '.join(str(state.codes[part.book][part.word]) for part in item.parts)}"]

    def score(self, state: RoutingState) -> Score:
        """Right where every job of the test was solved.

        Measures: ``solved_train`` and ``solved_test`` (shares of jobs), ``parts_right`` (share of all words);
        ``decisions`` and ``hand_overs`` a job; ``load_entropy`` (entropy of executions over agents, as a share of
        ln n), ``specialisation`` (see `specialisation`), ``edges`` that are left and their mean ``weight``; ``silent``,
        ``unreadable`` and ``invalid`` (shares of decisions: no words, no action, one that is not allowed).
        """
        measures = measures_of(state, self.train, self.books)
        return Score(measures["solved_test"] == 1.0, measures)

    def snapshot(self, state: RoutingState) -> Any:
        """Before the first job and after each: what was decided and recalled, and the graph and skills since then."""
        if state.steps:
            return None
        return {
            "over": _plain(state.results[-1], state.jobs) if state.results else None,
            "weights": [list(row) for row in state.weights],
            "skills": [list(row) for row in state.skills],
        }

    def _handed_out(self, state: RoutingState, rng: np.random.Generator) -> RoutingState:
        """The next job at its first agent, where there is one left."""
        if state.job == len(state.jobs):
            return state
        job = state.jobs[state.job]
        fits = np.zeros(len(state.weights)) if self.router == "random" else _likeness(state.skills, job, self.books)
        best = np.flatnonzero(fits >= fits.max() - 1e-12)
        return state._replace(items=(Item(job, int(rng.choice(best)), 0, None),))

    def _may_pass(self, state: RoutingState, item: Item) -> bool:
        return self.router == "agents" and item.hops < self.max_hops and bool(state.neighbours(item.at))

    def _recalled(self, state: RoutingState, item: Item) -> list[tuple[int, str]]:
        return remembered(state.results, item.at, item.parts, self.recall)

    def _decided(self, state: RoutingState, item: Item, text: str | None) -> Step:
        recalled = tuple(job for job, _ in self._recalled(state, item))
        empty = Step(item.at, item.parts, "silent", recalled=recalled)
        if text is None or not text.strip():
            return empty
        action = action_of(text, len(item.parts))
        if action is None:
            return empty._replace(did="unreadable")
        if action.did == "execute":
            right = tuple(
                state.codes[part.book][part.word] == number
                for part, number in zip(item.parts, action.numbers, strict=True)
            )
            return empty._replace(did="execute", right=right)
        if not self._may_pass(state, item) or not set(action.numbers) <= self._heirs(state, item, action):
            return empty._replace(did="invalid")
        return empty._replace(did=action.did, to=action.numbers)

    def _heirs(self, state: RoutingState, item: Item, action: Action) -> set[int]:
        """Who may be handed it; who splits may keep a part."""
        return {*state.neighbours(item.at), *((item.at,) if action.did == "split" else ())}

    def _over(self, state: RoutingState, steps: tuple[Step, ...]) -> RoutingState:
        """The state after the present job, from which the team has learnt."""
        job = state.jobs[state.job]
        came = {part: right for step in steps for part, right in zip(step.parts, step.right, strict=False)}
        result = Result(state.job, steps[0].agent, steps, tuple(came.get(part, False) for part in job))
        state = state._replace(items=(), steps=(), results=(*state.results, result))
        if result.job >= self.train and not self.learns_in_test:
            return state
        success = _success(result, job, len(state.weights))
        weights = as_table(self.learning.rewired(as_array(state.weights), success, self.seconds * len(steps)))
        return state._replace(weights=weights, skills=self._skills(state.skills, steps))

    def _skills(self, skills: tuple[tuple[float, ...], ...], steps: Sequence[Step]) -> tuple[tuple[float, ...], ...]:
        learnt = [list(row) for row in skills]
        for step in steps:
            for part, right in zip(step.parts, step.right, strict=False):
                learnt[step.agent][part.book] = self.learning.learnt(learnt[step.agent][part.book], right)
        return tuple(map(tuple, learnt))


def _handed_on(step: Step, item: Item) -> tuple[Item, ...]:
    """What a decision leaves to be decided."""
    if step.did == "forward":
        return (Item(item.parts, step.to[0], item.hops + 1, step.agent),)
    if step.did != "split":
        return ()
    return tuple(
        Item((part,), heir, item.hops + 1, None if heir == step.agent else step.agent)
        for part, heir in zip(item.parts, step.to, strict=True)
    )


def _success(result: Result, job: Job, n: int) -> NDArray[np.float64]:
    """Of the parts that went along each edge, the share that came out right, shape (n, n); nan where none went."""
    right, went = np.zeros((n, n)), np.zeros((n, n))
    outcome = dict(zip(job, result.right, strict=True))
    for step in result.steps:
        for part in step.parts if step.to else ():
            if (heir := step.heir(part)) != step.agent:
                went[step.agent, heir] += 1
                right[step.agent, heir] += outcome[part]
    return np.where(went > 0, right / np.maximum(went, 1), np.nan)


def _likeness(skills: Sequence[Sequence[float]], job: Sequence[Part], books: int) -> NDArray[np.float64]:
    """Cosine of what a job needs with what each agent is thought to know; 0 for who is thought to know nothing."""
    needs, known = np.zeros(books), np.asarray(skills)
    needs[[part.book for part in job]] = 1.0
    lengths = np.linalg.norm(known, axis=1) * np.linalg.norm(needs)
    return np.asarray(known @ needs / np.where(lengths > 0, lengths, 1.0))


def _plain(result: Result, jobs: Sequence[Job]) -> dict[str, Any]:
    """A result in plain values, for a transcript."""
    steps = [
        {"agent": step.agent, "did": step.did, "to": list(step.to), "recalled": list(step.recalled)}
        for step in result.steps
    ]
    job = [part.told for part in jobs[result.job]]
    return {"number": result.job, "job": job, "right": list(result.right), "steps": steps}
