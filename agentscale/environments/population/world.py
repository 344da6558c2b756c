"""A population on a network: some are active in each step, read those whom they read, and post.

References: OASIS (arXiv 2411.11581) for accounts that are activated by chance and follow one another, TwinMarket (arXiv
2502.01506) for graphs of likeness, R. Takata et al. (arXiv 2411.03252) for agents that walk and stand out, AgentTorch
(arXiv 2409.10568) for archetypes that speak for many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from agentscale.environments.base import Environment, Score
from agentscale.environments.population.policies import POLICIES
from agentscale.environments.population.reads import Act, Follow, Reading
from agentscale.environments.population.scores import measures_of
from agentscale.environments.population.state import Flags, Ints, PopulationState, Post, Step
from agentscale.environments.population.words import Readers, chosen, post_of, tells, told
from agentscale.rewiring import activations, broadcast, effective_number, reached
from agentscale.schema.worlds import Edges, Extreme, Observation, Policy

KEPT = 10_000
"""Individuals, or edges, that a snapshot names one by one; of more it has the number, and the seed gives them again."""


class _Group(NamedTuple):
    """Active individuals that are told the same, and the members that speak for them."""

    who: Ints
    members: tuple[int, ...]


class Population(Environment):
    """Individuals that read and post, and a piece of news that a few of them know.

    Without archetypes every member of the team is one individual. With A archetypes the members speak for any number:
    individual i is of archetype i mod A, and so is member i; the members of an archetype are its samples. In a step
    they are all told what the active ones of the archetype know and read together, and each of these takes the words of
    one sample, drawn at random. So a population posts no more than archetypes × samples different things in a step.

    Private: the news, until it is posted, and what stands in no feed of one's own. Activity is drawn for all steps
    beforehand.
    """

    name: ClassVar[str] = "population"
    policies: ClassVar[Mapping[str, Policy]] = POLICIES

    individuals: int | None = Field(default=None, ge=1)
    """N; without it, as many as the team has members."""
    archetypes: int | None = Field(default=None, ge=1)
    steps: int = Field(default=6, ge=1)
    activation: float = Field(default=1.0, gt=0, le=1)
    """Chance of each individual to be active in a step."""
    reads: Reading = Follow()
    seeds: int = Field(default=1, ge=0)
    """Individuals that know the news; 0 leaves it out, and there is nothing to win."""
    feed: int = Field(default=8, ge=2)
    """Different posts that one is shown at most."""

    def unfit(self, n: int, edges: Edges) -> str | None:
        """Members and individuals must fit each other."""
        individuals = self.individuals or n
        if self.archetypes is None and individuals != n:
            return f"has {individuals} individuals and {n} members: say how many archetypes the members speak for"
        if self.archetypes is not None and (n % self.archetypes or individuals < self.archetypes):
            return (
                f"has {self.archetypes} archetypes, and takes as many members or a multiple, and no fewer individuals"
            )
        if self.seeds > individuals:
            return f"has {self.seeds} individuals that know the news, of {individuals}"
        return self.reads.unfit(individuals, n)

    def start(self, n: int, edges: Edges, rng: np.random.Generator) -> PopulationState:
        """Nobody has posted anything."""
        individuals = self.individuals or n
        seeds = tuple(sorted(rng.choice(individuals, self.seeds, replace=False).tolist()))
        news = f"comet-{rng.integers(10_000, 100_000)}" if seeds else ""
        ties = self.reads.start(individuals, edges, rng)
        active = activations(individuals, self.steps, self.activation, rng)
        nobody = np.zeros(individuals, np.bool_).tobytes()
        last = np.full(individuals, -1, np.int64).tobytes()
        state = PopulationState(0, n, news, seeds, active.tobytes(), ties, (), last, nobody, nobody)
        return self._awake(state)

    def observe(self, state: PopulationState) -> tuple[Observation, ...]:
        """All members that speak for somebody who is active."""
        if state.step == self.steps:
            return ()
        readers, seen = Readers(state), list[Observation]()
        for group in self._groups(state):
            feed = readers.feed(group.who, self.feed)
            place = self.reads.told(state.ties, group.who)
            text = told(state, self.steps, group.who, place, feed, readers.own(group.who, self.feed))
            seen += [
                Observation(
                    member, text, self._rules(state, member), reads=tuple(m for m in feed.members if m != member)
                )
                for member in group.members
            ]
        return tuple(sorted(seen, key=lambda one: one.who))

    def after(self, state: PopulationState, said: Sequence[str | None], rng: np.random.Generator) -> PopulationState:
        """Who is active takes the words of its member; then ties change, and the next step begins."""
        active, groups = state.active[state.step], self._groups(state)
        speakers = sorted(member for group in groups for member in group.members)
        taken = self._taken(active, len(speakers), state.members, rng)
        posts, acts, invalid = self._heard(state, speakers, said, taken)
        last, informed = state.last.copy(), state.informed.copy()
        for at, post in posts.items():
            last[taken == post.member] = at
            if tells(post.text, state.news):
                informed |= taken == post.member
        possible = self._possible(state, active, groups)
        ties = self.reads.after(state.ties, acts, active, rng)
        over = Step(
            active=int(active.sum()),
            asked=len(speakers),
            posts=len(posts),
            words=sum(len(post.text.split()) for post in posts.values()),
            invalid=invalid,
            distinct=_distinct(posts.values(), taken),
            prompts=effective_number([len(group.who) for group in groups]),
            informed=int(informed.sum()),
        )
        return self._awake(
            state._replace(
                step=state.step + 1,
                ties=ties,
                posts=(*state.posts, *posts.values()),
                last_bytes=last.tobytes(),
                informed_bytes=informed.tobytes(),
                possible_bytes=possible.tobytes(),
                steps=(*state.steps, over),
            )
        )

    def supposed(self, state: PopulationState, unheard: Sequence[str], extreme: Extreme) -> Sequence[str | None]:
        """Shortest: nobody posts anything. Longest: everybody does, while ties stay as they are."""
        return [None] * len(unheard) if extreme == "shortest" else unheard

    def score(self, state: PopulationState) -> Score:
        """Right where the news was posted by all who could have posted it; where there is none, nothing is right.

        Measures: ``spread`` (informed of those who could be; ``None`` where nobody could), ``informed`` and
        ``possible`` (shares of all; ``None`` without news), ``active`` (mean share a step), ``silent`` (share of those
        asked who posted nothing), ``invalid`` (lines that do nothing allowed, for each who was asked), ``words`` (mean
        length of a post), ``words_first`` and ``words_last`` (of the first and last step), ``distinct_posts``
        (effective number, of the last step), ``effective_prompts`` (mean over steps), ``reads`` (whom one reads at the
        end, in the mean).
        """
        measures = measures_of(state)
        return Score(None if measures["spread"] is None else measures["spread"] == 1.0, measures)

    def snapshot(self, state: PopulationState) -> Any:
        """Who was active and who reads whom, one by one where these are not too many, and what was counted."""
        pairs, n = state.ties.pairs, state.individuals
        kept: dict[str, Any] = {"step": state.step, "edges": len(pairs), "posts": len(state.posts)}
        if state.steps:
            kept |= state.steps[-1]._asdict()
        else:
            kept |= {"news": state.news, "seeds": list(state.seeds)}
        if state.step < self.steps and n <= KEPT:
            kept["next"] = chosen(state.active[state.step]).tolist()
        if len(pairs) <= KEPT:
            kept["pairs"] = pairs.tolist()
        if state.ties.n_traits and n <= KEPT:
            kept["traits"] = state.ties.traits.tolist()
        return kept

    def _rules(self, state: PopulationState, member: int) -> str:
        who = f"user {member} of a network of {state.individuals}"
        if self.archetypes is not None:
            like = -(-(state.individuals - member % self.archetypes) // self.archetypes)
            who = f"one of {like} users who are alike, of a network of {state.individuals}"
        return (
            f"You are {who}. There are {self.steps} steps, and in each some of the users are active. "
            f"{self.reads.legend} Post one or two short sentences."
        )

    def _groups(self, state: PopulationState) -> list[_Group]:
        """Who is active now, by whom they are told the same as."""
        active = chosen(state.active[state.step])
        if self.archetypes is None:
            return [_Group(active[at : at + 1], (int(who),)) for at, who in enumerate(active)]
        of = active % self.archetypes
        return [
            _Group(active[of == archetype], tuple(range(archetype, state.members, self.archetypes)))
            for archetype in np.unique(of).tolist()
        ]

    def _taken(self, active: Flags, n_speakers: int, members: int, rng: np.random.Generator) -> Ints:
        """Whose words each individual takes, shape (N,); −1 for who is not active."""
        who, taken = chosen(active), np.full(len(active), -1, np.int64)
        if self.archetypes is None:
            taken[who] = who
        else:
            samples = members // self.archetypes
            sample = broadcast(np.zeros(len(who), np.int64), samples, rng)
            taken[who] = who % self.archetypes + sample * self.archetypes
        return taken

    def _heard(
        self, state: PopulationState, speakers: Sequence[int], said: Sequence[str | None], taken: Ints
    ) -> tuple[dict[int, Post], list[Act], int]:
        """The posts by their number, what is done, and how many lines do nothing allowed."""
        posts, acts, invalid = dict[int, Post](), list[Act](), 0
        for member, text in zip(speakers, said, strict=True):
            done, wrong = self.reads.acts(text or "", state.individuals)
            acts += [Act(chosen(taken == member), what) for what in done]
            invalid += wrong
            if words := post_of(text or "", self.reads.marks):
                posts[len(state.posts) + len(posts)] = Post(member, state.step, words)
        return posts, acts, invalid

    def _possible(self, state: PopulationState, active: Flags, groups: Sequence[_Group]) -> Flags:
        """Who could have posted the news by now, had all done so who could; an archetype knows what any of it knows."""
        before = state.possible
        knows = before | reached(state.ties.pairs, before)
        knows[list(state.seeds)] = True
        possible = before.copy()
        if self.archetypes is None:
            return possible | (knows & active)
        for group in groups:
            if knows[group.who].any():
                possible[group.who] = True
        return possible

    def _awake(self, state: PopulationState) -> PopulationState:
        """The same at the next step in which anybody is active."""
        step = state.step
        while step < self.steps and not state.active[step].any():
            step += 1
        return state._replace(step=step)


def _distinct(posts: Any, taken: Ints) -> float | None:
    """Effective number of distinct posts over those who posted them."""
    counts: dict[str, int] = {}
    for post in posts:
        counts[post.text] = counts.get(post.text, 0) + int((taken == post.member).sum())
    return effective_number(list(counts.values()))
