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
from agentscale.simulation.seats import MISSING, Given, Layer, Moment, Seat, Votes, deal
from agentscale.simulation.streams import Opener, Streams
from agentscale.simulation.truth import Truth, answer_law

_DRAWS = 8  # uniforms of one answer: leaves habit?, channel, says it?, other option, unreadable?, wording, two spare
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
        return Given(int(answers[0, 0]), int(channels[0, 0]), float(uniforms[0, 0, 5]))

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
        drawn = self.ground.questions(questions, n_options)
        groups: dict[tuple[str, int, str | None], list[int]] = {}
        for place, seat in enumerate(seats):
            groups.setdefault((seat.config, seat.model, seat.persona), []).append(place)
        answers = np.empty((len(questions), len(seats)), np.int16)
        used = np.empty((len(questions), len(seats)), np.int16)
        theta = []
        for (_, model, persona), places in groups.items():
            habits = self.ground.habits(questions, model, persona)
            members = [seats[place] for place in places]
            answers[:, places], used[:, places] = self._group(questions, drawn, habits, members, moment)
            theta.append(self.law(drawn, habits, model, persona))
        configs = tuple(config for config, _, _ in groups)
        laws = np.stack(theta, axis=1)
        return Votes(answers, Truth(drawn.solvability, drawn.targets, self._uses(used), configs, laws, used))

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
        first = self.answers(questions, n_options, seats, moment).answers
        again = None
        if np.any(first == MISSING):
            later = (replace(moment, round=t) for t in range(1, rounds + 1))
            again = np.stack([self.answers(questions, n_options, seats, then).answers for then in later])
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
    ) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
        """Answers and channels (Q, n) of the agents of one configuration, some questions at a time."""
        copies = np.array([seat.copy for seat in members])
        first = int(copies.min())
        rows = int(copies.max()) - first + 1
        step = max(1, _CHUNK // rows)
        parts = []
        for start in range(0, len(questions), step):
            here = slice(start, start + step)
            streams = (self._stream(question, members[0], moment, skip=first) for question in questions[here])
            uniforms = np.stack([stream.random((rows, _DRAWS))[copies - first] for stream in streams])
            parts.append(self._resolve(uniforms, drawn.among(here), habits.among(here), members[0]))
        answers, channels = zip(*parts, strict=True)
        return np.concatenate(answers), np.concatenate(channels)

    def _uses(self, used: NDArray[np.int16]) -> NDArray[np.int64]:
        """How many agents used each channel, shape (Q, K)."""
        k, rows = self.parameters.channels, np.arange(len(used), dtype=np.int64)[:, None]
        return np.bincount((rows * k + used).ravel(), minlength=k * len(used)).reshape(len(used), k)
