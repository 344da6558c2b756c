"""Stages one after another, each with work of its own, and a judge that may send it back a bounded number of times.

Reference: the roles of planning, execution, judgement and answer, with settings of sampling for each, of "Visual
document understanding and question answering: a multi-agent collaboration framework with test-time scaling" (MACT),
2025; the wording of the roles is our own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, model_validator

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.prompts import redirecting, staged
from agentscale.protocols.reading import redo_of
from agentscale.schema.agents import Sampling, Team
from agentscale.schema.calls import ANSWER_MARK, Batch, Call, Outcome, Play, Reply, Role
from agentscale.schema.record import Record, later
from agentscale.schema.tasks import Question
from agentscale.schema.verdict import verdict_of

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class Stage(Record):
    """One stage."""

    name: str = Field(min_length=1, pattern=r"^[A-Za-z][A-Za-z0-9 _-]*$")
    """Its name, by which the judge sends work back to it and later stages know what it came to."""
    asks: str = Field(default="", min_length=0)
    """What whoever works at it is asked; a judge is asked for its verdict whatever stands here."""
    judges: bool = False
    """Whether it only checks what came before, and may send it back."""
    samples: int = Field(default=1, ge=1)
    """How many times it is asked, side by side; later stages see all of it."""
    sampling: Sampling = Sampling()
    """What it draws otherwise than its agent."""


DEFAULT = (
    Stage(name="plan", asks="Make a plan for answering the question, in a few steps. Do not answer it yet."),
    Stage(name="solve", asks="Carry out the plan step by step, and say what it comes to."),
    Stage(name="judge", judges=True),
    Stage(name="answer", asks=f'From all this, give the answer, and end as the question asks, with "{ANSWER_MARK}".'),
)


class Pipeline(InteractionProtocol):
    """Every member works at the stages that fall to it in turn; the last stage gives the team's answer.

    A judge that finds the work wrong names the earlier stage that is to do it again; everything from there on is done
    anew. When work has been sent back ``back`` times, it goes on whatever the judge says. A verdict that cannot be
    read, or that names no earlier stage, sends nothing back.
    """

    name: ClassVar[str] = "pipeline"
    uses_topology: ClassVar[bool] = False
    asks_everybody: ClassVar[bool] = False

    stages: Annotated[tuple[Stage, ...], Field(min_length=2)] = later(DEFAULT)
    """The stages in order; stage i falls to member i mod n."""
    back: int = Field(default=1, ge=0)
    """How often work may be sent back in all."""

    @model_validator(mode="after")
    def _ordered(self) -> Pipeline:
        names = [stage.name.lower() for stage in self.stages]
        if len(set(names)) < len(names):
            raise ValueError("two stages have one name")
        if self.stages[0].judges or self.stages[-1].judges:
            raise ValueError("the first stage has nothing to judge, and the last one answers: neither judges")
        if self.stages[-1].samples > 1:
            raise ValueError("the last stage answers once: give its samples to the stage before it")
        return self

    @property
    def steers_by_answers(self) -> bool:
        """Texts steer, whatever answer is read from them."""
        return False

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks stage by stage, and again from where the judge sends the work back to."""
        return self._played(team, question, self._sent_back)

    def shortest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """No judge ever sends anything back."""
        return self._played(team, question, lambda at, reply: None)

    def longest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """The last judge sends everything back to the first stage, every time."""
        last = max((at for at, stage in enumerate(self.stages) if stage.judges), default=0)
        return self._played(team, question, lambda at, reply: 0 if at == last else None)

    def _sent_back(self, at: int, reply: Reply) -> int | None:
        """The stage that is to work again, where the judge at stage ``at`` says so."""
        if verdict_of(reply.text) is not False:
            return None
        earlier = [stage.name for stage in self.stages[:at] if not stage.judges]
        name = redo_of(reply.text, earlier)
        return next((number for number, stage in enumerate(self.stages) if stage.name == name), None)

    def _played(self, team: Team, question: Question, sent_back: Callable[[int, Reply], int | None]) -> Play:
        said: dict[int, list[Reply]] = {}
        at, visits, left, back = 0, 0, self.back, ""
        while at < len(self.stages):
            replies = yield self._batch(team, question, at, visits, said, back)
            said[at], back, visits = replies, "", visits + 1
            target = sent_back(at, replies[0]) if self.stages[at].judges and left else None
            if target is None:
                at += 1
                continue
            left, back = left - 1, "\n".join(reply.text for reply in replies)
            said = {number: heard for number, heard in said.items() if number < target}
            at = target
        (answer,) = said[len(self.stages) - 1]
        return Outcome((answer,), decider=answer)

    def _batch(
        self, team: Team, question: Question, at: int, visit: int, said: dict[int, list[Reply]], back: str
    ) -> Batch:
        stage, agent = self.stages[at], team.agents[at % len(team.agents)]
        before = [(self.stages[number].name, reply.text) for number, heard in said.items() for reply in heard]
        earlier = [each.name for each in self.stages[:at] if not each.judges]
        asks = redirecting(earlier) if stage.judges else stage.asks
        messages = staged(agent, question, asks, before, back)
        reads = tuple(dict.fromkeys(reply.call.slot for heard in said.values() for reply in heard))
        sampling = None if stage.sampling == Sampling() else stage.sampling
        calls = tuple(
            Call(agent.slot, messages, reads=reads, role=self._role(at), turn=turn, sampling=sampling)
            for turn in range(stage.samples)
        )
        return Batch(calls, round=visit)

    def _role(self, at: int) -> Role:
        """Only the last stage speaks for the team."""
        if self.stages[at].judges:
            return "grader"
        return "agent" if at == len(self.stages) - 1 else "controller"
