"""Where many agents' draws come from: one keyed stream for each question, configuration and moment.

A copy's draw stands at the copy's own place of its configuration's stream. So nobody's draws depend on the company, on
the order of questions, or on how many questions are worked on at once. Knows nothing of what is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from agentscale.randomness import keyed
from agentscale.simulation.seats import Seat

Opener = Callable[[str, str, int, str], np.random.Generator]
"""(question, configuration, round, purpose) to a fresh generator at the stream's start."""

_EVERYBODY = "agents"  # the one configuration of agents that differ in their place only


class Streams:
    """The draws of N agents on Q questions.

    Args:
        questions: Q ids.
        members: Of each configuration, the places of its agents among the N and their copy numbers.
        opener: What makes the stream of one question, configuration, round and purpose.
    """

    def __init__(
        self,
        questions: Sequence[str],
        members: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]],
        opener: Opener,
    ) -> None:
        self.questions = tuple(questions)
        self.n = sum(len(places) for places, _ in members.values())
        self._members = members
        self._opener = opener
        everybody = np.arange(self.n)
        self._in_order = all(np.array_equal(order, everybody) for some in members.values() for order in some)

    @classmethod
    def alike(cls, seed: int, questions: Sequence[str] | int, n: int) -> Self:
        """Streams of ``n`` agents of one configuration, keyed by ``seed``.

        Args:
            seed: Of the run.
            questions: Their ids, or how many there are.
            n: N ≥ 1.
        """
        ids = [f"q{i}" for i in range(questions)] if isinstance(questions, int) else questions
        everybody = np.arange(n)
        return cls(ids, {_EVERYBODY: (everybody, everybody)}, lambda *who: keyed(seed, "debate", *who))

    @classmethod
    def of_seats(cls, questions: Sequence[str], seats: Sequence[Seat], opener: Opener) -> Self:
        """Streams of seated agents, each drawing at its copy's place."""
        places: dict[str, list[int]] = {}
        for place, seat in enumerate(seats):
            places.setdefault(seat.config, []).append(place)
        copies = {config: np.array([seats[place].copy for place in here]) for config, here in places.items()}
        return cls(questions, {config: (np.array(here), copies[config]) for config, here in places.items()}, opener)

    def uniforms(self, question: int, round: int, purpose: str, width: int = 1) -> NDArray[np.float64]:
        """Draws in [0, 1) of all agents, shape (N, width).

        Args:
            question: Its place among the questions.
            round: Of the debate.
            purpose: What is drawn, such as ``"move"``.
            width: Draws of each agent.
        """
        drawn = np.empty((self.n, width))
        for config, (places, copies) in self._members.items():
            stream = self._opener(self.questions[question], config, round, purpose)
            if self._in_order:
                return stream.random((self.n, width))
            drawn[places] = stream.random((int(copies.max()) + 1, width))[copies]
        return drawn
