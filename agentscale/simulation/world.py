"""The world itself: the latent-channel mixture of theory.md, section 11.1, and its debate by copying.

Every draw is keyed by what it is for and by nothing else. What is fixed before anybody is asked is the `Ground`. What
agents draw is keyed by the run's seed, the question, the configuration and the moment, and a copy's draws stand at the
copy's own place of that stream. So neither the order of asking nor the company of others changes an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from agentscale.randomness import keyed
from agentscale.simulation.debates import Debate, Start, debate
from agentscale.simulation.graphs import Graph
from agentscale.simulation.ground import Ground, Habits, Questions
from agentscale.simulation.parameters import WorldParameters
from agentscale.simulation.rules import Copy
from agentscale.simulation.seats import MISSING, Drawn, Given, Layer, Moment, Seat, Votes, deal
from agentscale.simulation.streams import Opener, Streams
from agentscale.simulation.truth import Truth, answer_law

_DRAWS = 8  # uniforms of one answer: leaves habit?, channel, says it?, other option, unreadable?, wording, two spare
_WORDING = 5  # the place of the wording among them
_BLOCK = 4  # doubles in one step of a Philox counter: a copy's place must be a whole number of steps
_CHUNK = 2**20  # rows of uniforms that the array door holds at once: 64 MiB
_PLAIN = Moment()


class World:
    """Agents with known truth.

    Args:
        parameters: All that the world is; equal parameters are the same world.
    """

    def __init__(self, parameters: WorldParameters) -> None:
        self.parameters = parameters
        self.copying = Copy(kappa=parameters.copying, advantage=parameters.truth_advantage)
        """The rule by which agents of this world change their answers in a debate."""
        self.ground = Ground(parameters)
        """What is fixed before anybody is asked."""

    def team(self, layer: Layer, n: int, model: int = 0) -> tuple[Seat, ...]:
        """`deal` over this world's own models and personas.

        Raises:
            SpecError: where the world has no such model.
        """
        self.ground.check_model(model)
        return deal(layer, n, models=self.parameters.models, personas=self.parameters.personas, model=model)

    def preference(self, model: int, persona: str | None = None) -> NDArray[np.float64]:
        """π_ms, shape (K,): how likely a fresh agent is to use each channel; π_ms ∝ π_m·exp(τ_S·g_s).

        Raises:
            SpecError: where the world has no such model.
        """
        return self.ground.preference(model, persona).share

    def answer(self, question: str, n_options: int, seat: Seat, moment: Moment = _PLAIN) -> Given:
        """One agent's own answer to one question: equal to its entry in `answers`.

        Args:
            question: The question's id, whatever is unique.
            n_options: C ≥ 2.
            seat: Who is asked.
            moment: When.

        Raises:
            SpecError: for fewer than two options or a model that the world does not have.
        """
        uniforms = self._stream(question, seat, moment, skip=seat.copy).random((1, 1, _DRAWS))
        habits = self.ground.habits([question], seat.model, seat.persona)
        answers, channels = self._resolve(uniforms, self.ground.question(question, n_options), habits, seat)
        return Given(int(answers[0, 0]), int(channels[0, 0]), float(uniforms[0, 0, _WORDING]))

    def answers(
        self,
        questions: Sequence[str],
        n_options: int | Sequence[int],
        seats: Sequence[Seat],
        moment: Moment = _PLAIN,
    ) -> Votes:
        """The answers of all agents to all questions, and the truth behind them.

        Args:
            questions: Q ≥ 1 ids.
            n_options: C ≥ 2 of all questions, or of each.
            seats: N ≥ 1 agents, in any order.
            moment: When they are asked.

        Returns:
            Votes with answers of shape (Q, N).

        Raises:
            SpecError: for fewer than two options or a model that the world does not have.
        """
        return self._votes(questions, self.draw(questions, n_options, seats, moment), n_options, seats)

    def draw(
        self,
        questions: Sequence[str],
        n_options: int | Sequence[int],
        seats: Sequence[Seat],
        moment: Moment = _PLAIN,
    ) -> Drawn:
        """All that `answer` gives, of all agents and questions; arguments and errors are those of `answers`."""
        facts = self.ground.questions(questions, n_options)
        shape = (len(questions), len(seats))
        drawn = Drawn(np.empty(shape, np.int16), np.empty(shape, np.int16), np.empty(shape))
        for (_, model, persona), places in _groups(seats).items():
            habits = self.ground.habits(questions, model, persona)
            members = [seats[place] for place in places]
            part = self._group(questions, facts, habits, members, moment)
            drawn.answers[:, places] = part.answers
            drawn.channels[:, places] = part.channels
            drawn.wording[:, places] = part.wording
        return drawn

    def _votes(
        self, questions: Sequence[str], drawn: Drawn, n_options: int | Sequence[int], seats: Sequence[Seat]
    ) -> Votes:
        """Answers with the truth behind them."""
        facts = self.ground.questions(questions, n_options)
        groups = _groups(seats)
        laws = [self.law(facts, self.ground.habits(questions, *who[1:]), *who[1:]) for who in groups]
        configs, theta = tuple(config for config, _, _ in groups), np.stack(laws, axis=1)
        truth = Truth(facts.solvability, facts.targets, self._uses(drawn.channels), configs, theta, drawn.channels)
        return Votes(drawn.answers, truth)

    def law(self, drawn: Questions, habits: Habits, model: int, persona: str | None) -> NDArray[np.float64]:
        """Θ of one configuration with these habits, shape (Q, C); see `Truth.theta`."""
        failure = self.parameters.failure_of(model)
        share, fails = self.preference(model, persona), habits.luck < failure
        return answer_law(self.parameters, drawn.targets, drawn.n_options, share, habits.channel, fails, failure)

    def revise(self, question: str, seat: Seat, own: int, peers: Sequence[int], moment: Moment) -> int:
        """An agent's answer after it has read its peers': the rule ``copy(κ, adv)`` of theory.md, section 11.1.

        See `Copy`; `debate` gives the same for all agents at once.

        Args:
            question: The question's id.
            seat: Who revises.
            own: The agent's answer so far, 0 is right.
            peers: The answers that it reads, in any order; `MISSING` ones convince nobody.
            moment: When; its round tells one revision from the next.

        Returns:
            The revised answer: ``own`` or one of ``peers``.
        """
        rng = self._copying(moment)(question, seat.config, moment.round, "")
        cast(np.random.Philox, rng.bit_generator).advance(seat.copy // _BLOCK)
        return self.copying.taken(float(rng.random(_BLOCK)[seat.copy % _BLOCK]), own, peers)

    def debate(
        self,
        questions: Sequence[str],
        n_options: int | Sequence[int],
        seats: Sequence[Seat],
        graph: Graph,
        rounds: int,
        moment: Moment = _PLAIN,
    ) -> NDArray[np.integer]:
        """A debate of all agents on all questions by `copying`: equal to `answer` and `revise`, asked one by one.

        An agent that holds nothing that can be read answers anew before it reads its peers.

        Args:
            questions: Q ≥ 1 ids.
            n_options: C ≥ 2 of all questions, or of each.
            seats: N ≥ 1 agents.
            graph: Who reads whom, of the same N agents.
            rounds: T ≥ 0, rounds after the first.
            moment: Seed and replicate.

        Returns:
            Answers of shape (Q, T + 1, N).

        Raises:
            SpecError: for fewer than two options, a model that the world does not have, or a graph of another size.
        """
        first = self.draw(questions, n_options, seats, moment).answers
        again = None
        if rounds and np.any(first == MISSING):
            later = (replace(moment, round=t) for t in range(1, rounds + 1))
            again = np.stack([self.draw(questions, n_options, seats, then).answers for then in later])
        start = Start(first, n_options if isinstance(n_options, int) else max(n_options), again=again)
        return debate(
            Debate(self.copying, graph, rounds), start, Streams.of_seats(questions, seats, self._copying(moment))
        )

    def _copying(self, moment: Moment) -> Opener:
        """What opens the streams of revisions; a copy's draw stands at its own place of its configuration's stream."""

        def opened(question: str, config: str, round: int, purpose: str) -> np.random.Generator:
            who = (question, config, moment.replicate, round, moment.mark)
            return keyed(self.parameters.seed, "copying", moment.seed, *who)

        return opened

    def _stream(self, question: str, seat: Seat, moment: Moment, *, skip: int = 0) -> np.random.Generator:
        who = (question, seat.config, moment.replicate, moment.round, moment.mark)
        rng = keyed(self.parameters.seed, "answer", moment.seed, *who)
        if skip:
            cast(np.random.Philox, rng.bit_generator).advance(skip * _DRAWS // _BLOCK)
        return rng

    def _resolve(
        self, uniforms: NDArray[np.float64], drawn: Questions, habits: Habits, seat: Seat
    ) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
        """Uniforms (Q, n, _DRAWS) of n agents of one configuration to answers and channels, both (Q, n)."""
        p = self.parameters
        fresh = uniforms[..., 0] < p.fresh
        cumulative = self.ground.preference(seat.model, seat.persona).cumulative
        channel = np.where(fresh, cumulative.searchsorted(uniforms[..., 1], side="right"), habits.channel[:, None])
        target = drawn.targets[np.arange(len(drawn.targets))[:, None], channel]
        says = uniforms[..., 2] < np.where(target == 0, p.fidelity_right, p.fidelity_wrong)
        other = (uniforms[..., 3] * (drawn.n_options[:, None] - 1)).astype(np.int16)
        other += other >= target
        unreadable = np.where(fresh, uniforms[..., 4], habits.luck[:, None]) < p.failure_of(seat.model)
        answer = np.where(unreadable, MISSING, np.where(says, target, other))
        return answer.astype(np.int16, copy=False), channel

    def _group(
        self, questions: Sequence[str], drawn: Questions, habits: Habits, members: Sequence[Seat], moment: Moment
    ) -> Drawn:
        """What n agents of one configuration give, shape (Q, n), some questions at a time."""
        copies = np.array([seat.copy for seat in members])
        first = int(copies.min())
        rows = int(copies.max()) - first + 1
        step = max(1, _CHUNK // rows)
        parts = []
        for start in range(0, len(questions), step):
            here = slice(start, start + step)
            streams = (self._stream(question, members[0], moment, skip=first) for question in questions[here])
            uniforms = np.stack([stream.random((rows, _DRAWS))[copies - first] for stream in streams])
            answers, channels = self._resolve(uniforms, drawn.among(here), habits.among(here), members[0])
            parts.append((answers, channels, uniforms[..., _WORDING]))
        return Drawn(*map(np.concatenate, zip(*parts, strict=True)))

    def _uses(self, used: NDArray[np.int16]) -> NDArray[np.int64]:
        """How many agents used each channel, shape (Q, K)."""
        k, rows = self.parameters.channels, np.arange(len(used), dtype=np.int64)[:, None]
        return np.bincount((rows * k + used).ravel(), minlength=k * len(used)).reshape(len(used), k)


def _groups(seats: Sequence[Seat]) -> dict[tuple[str, int, str | None], list[int]]:
    """The places of every configuration, model and persona, in the order of their first agent."""
    groups: dict[tuple[str, int, str | None], list[int]] = {}
    for place, seat in enumerate(seats):
        groups.setdefault((seat.config, seat.model, seat.persona), []).append(place)
    return groups
