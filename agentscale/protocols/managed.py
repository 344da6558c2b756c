"""A solver, its critics and an evaluator, with a controller that sizes the team anew in every turn.

Reference: C. Jin et al., "Two heads are better than one: test-time scaling of multi-agent collaborative reasoning",
2025. There the controller's *stop* is read and never used; here every field that is read has its effect.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple, Protocol

from pydantic import Field

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import checking, solving, steering
from agentscale.protocols.reading import Steering, steering_of
from agentscale.schema.agents import Member, Sampling, Team
from agentscale.schema.calls import Batch, Call, Outcome, Play, Reply
from agentscale.schema.tasks import Question
from agentscale.schema.verdict import verdict_of

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


_Solving = Generator[Batch, list[Reply], Reply]


class _Reader(Protocol):
    """Reads what steers the play."""

    def steering(self, reply: Reply, usual: Steering) -> Steering: ...

    def is_right(self, reply: Reply) -> bool: ...


class _AsSaid(NamedTuple):
    """As the texts say. A check without a verdict finds nothing wrong, and an evaluation without one nothing right."""

    caps: Sequence[int]

    def steering(self, reply: Reply, usual: Steering) -> Steering:
        return steering_of(reply, usual, self.caps)

    def is_right(self, reply: Reply) -> bool:
        return verdict_of(reply.text) is not False if reply.call.role == "critic" else verdict_of(reply.text) is True


class _Extreme(NamedTuple):
    """The smallest team that is right at once, or the largest that never is."""

    size: int
    max_tokens: int
    right: bool

    def steering(self, reply: Reply, usual: Steering) -> Steering:
        return Steering(False, self.size, self.max_tokens, "" if self.right else reply.text)

    def is_right(self, reply: Reply) -> bool:
        return self.right


class Managed(InteractionProtocol):
    """In every turn a controller sets size, cap and direction, or stops; the first member solves, the others criticise.

    Critics read the solution side by side; while one finds it wrong, the solver revises it, at most ``inner`` times.
    Then the evaluator decides whether it is right, and if so the team is done. The last solution is the answer.
    """

    name: ClassVar[str] = "managed"
    uses_topology: ClassVar[bool] = False
    asks_everybody: ClassVar[bool] = False

    turns: int = Field(default=2, ge=1)
    """Turns of the whole at most."""
    inner: int = Field(default=2, ge=1)
    """Rounds of critics, and revisions after them, within one turn at most."""
    caps: tuple[Annotated[int, Field(ge=1)], ...] = Field(default=(256, 512, 1024), min_length=1)
    """The caps on tokens that the controller may choose from, for everybody in the turn. What it says else is not
    taken, and the largest holds."""
    controller: Member | None = None
    """Who steers; by default the team's first member."""
    evaluator: Member | None = None
    """Who decides whether a solution is right; by default the team's first member."""

    @property
    def steers_by_answers(self) -> bool:
        """Texts steer, whatever answer is read from them."""
        return False

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks the controller, the solver and its critics, and the evaluator, at most ``turns`` times."""
        return self._played(team, question, _AsSaid(self.caps))

    def shortest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """The solver alone is right at once."""
        return self._played(team, question, _Extreme(1, min(self.caps), right=True))

    def longest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """All take part with the largest cap, and nobody is ever content."""
        return self._played(team, question, _Extreme(len(team.agents), max(self.caps), right=False))

    def _played(self, team: Team, question: Question, reader: _Reader) -> Play:
        usual = Steering(False, len(team.agents), max(self.caps), "")
        lead, evaluator = team.playing("controller"), team.playing("evaluator")
        solution: Reply | None = None
        found = ""
        for turn in range(self.turns):
            said = "" if solution is None else solution.text
            asked = steering(lead, question, len(team.agents), self.caps, said, found)
            (reply,) = yield Batch((Call(lead.slot, asked, role="controller"),), round=turn)
            steered = reader.steering(reply, usual)
            if solution is not None and steered.stops:
                break
            solution = yield from self._solved(team, question, reader, steered, turn)
            judged = Call(evaluator.slot, checking(evaluator, question, solution.text), role="grader")
            (verdict,) = yield Batch((judged,), round=turn)
            found = verdict.text
            if reader.is_right(verdict):
                break
        assert solution is not None  # there is at least one turn, and the first does not stop
        return Outcome((solution,), decider=solution)

    def _solved(self, team: Team, question: Question, reader: _Reader, steered: Steering, turn: int) -> _Solving:
        """One turn's solution: the solver's first, revised while a critic finds it wrong."""
        solver, *critics = team.agents[: steered.size]
        cap = Sampling(max_tokens=steered.max_tokens)
        first = Call(solver.slot, solving(solver, question, steered.direction), sampling=cap)
        (solution,) = yield Batch((first,), round=turn)
        for number in range(1, self.inner + 1):
            if not critics:
                break
            calls = tuple(
                Call(
                    critic.slot,
                    checking(critic, question, solution.text),
                    reads=(solver.slot,),
                    role="critic",
                    turn=number,
                    sampling=cap,
                )
                for critic in critics
            )
            heard = yield Batch(calls, round=turn)
            if all(reader.is_right(each) for each in heard):
                break
            messages = solving(solver, question, steered.direction, solution.text, [each.text for each in heard])
            slots = tuple(critic.slot for critic in critics)
            revised = Call(solver.slot, messages, reads=slots, turn=number, sampling=cap)
            (solution,) = yield Batch((revised,), round=turn)
        return solution
