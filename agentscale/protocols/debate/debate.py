"""The debate, with all that may be varied in it.

Reference for the judge: T. Liang et al., "Encouraging divergent thinking in large language models through multi-agent
debate", EMNLP 2024; for the agreement: A. Smit et al., "Should we be going MAD?", ICML 2024.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from pydantic import Field, field_validator, model_validator

from agentscale.protocols.base import InteractionProtocol
from agentscale.protocols.debate.floor import Floor, Manner, Memory, Shows
from agentscale.protocols.debate.orders import ALONE, Order, Reading, gossip, has_cycle, hub, readings, waves
from agentscale.protocols.debate.schedule import Schedule, n_rounds, reflecting
from agentscale.protocols.dress import Personas, check_traits, dressed, undressed
from agentscale.protocols.judged import judging
from agentscale.protocols.prompts import See, opening
from agentscale.schema.agents import Member, Team
from agentscale.schema.calls import Batch, Call, Outcome, Play, Reply
from agentscale.schema.record import later
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np

Discussing = Generator[Batch | list[Call], list[Reply], Floor]
D = TypeVar("D", bound="Debate")


class Debate(InteractionProtocol):
    """A debate: everybody answers alone, then reads its peers and answers again, round by round.

    An agent that reads nobody, such as the only one of a team, goes over its own answer.
    """

    name: ClassVar[str] = "debate"
    uses_topology: ClassVar[bool] = True

    rounds: int = Field(default=3, ge=1)
    """Rounds of revision after the first, independent one; where there is a schedule, as many as it has."""
    see: See = "answer"
    """What agents see of their peers."""
    schedule: Schedule | None = later(None)
    """What is done in each round, such as ``DRD``: ``D``, read the peers, or ``R``, reflect alone; or a list with such
    a text for each agent. Without it every round is ``D``."""
    order: Order = later("synchronous")
    """Who speaks when within a round: ``synchronous``, all at once after reading the round before; ``sequential``, one
    after another, each reading what was said last; ``topological``, the same along a graph without cycles; ``gossip``,
    all at once, each reading one of its peers, drawn anew."""
    memory: Memory = later("last")
    """What an agent knows of earlier rounds: its ``last`` reply, the whole ``history``, or a ``summary`` of its own,
    asked for before each round but the first."""
    traits: str | None = later(None)
    """A society: a letter for each agent, ``E`` (easy-going) or ``O`` (overconfident), such as ``EEO``."""
    personas: Personas = later("own")
    """Controls: ``own``, or the first member's persona for all (``shared``), or neutral texts of their lengths
    (``padding``)."""
    shows: Shows = later("peers")
    """Controls: what stands where peers are quoted: what ``peers`` say, random words (``noise``), or a neutral text
    (``padding``), both line by line of as many words."""
    agreement: float | None = later(None)
    """How often agents are told to side with peers that differ, as a share in [0, 1]."""
    until: Literal["end", "consensus"] = later("end")
    """Whether the debate goes on to its ``end``, or only until all have an answer and the same one (``consensus``)."""
    decides: Literal["plurality", "hub", "judge"] = later("plurality")
    """Whose answer is the team's: that of the last round's ``plurality``, of the one agent that reads the most others
    (``hub``), or of a ``judge`` who reads the last round. What the plurality says stays in the transcript."""
    judge: Member | None = later(None)
    """Who judges: a model, with a persona and sampling if wanted; by default the team's first member, asked anew."""
    probe: str | None = later(None)
    """A question that everybody is asked on the side after each round; neither it nor what comes back enters any
    context. What comes back is read as an attitude: a number from 0 to 10."""
    probe_each: Literal["round", "turn"] = later("round")
    """Whether the probe follows each ``round``, or each ``turn``: in an order in which agents speak one after another,
    everybody is then asked after each of them has spoken."""
    baseline: bool = later(False)
    """Whether the probe is also put, before the debate, to everybody's model without its persona: its default."""

    @model_validator(mode="before")
    @classmethod
    def _as_many_rounds_as_scheduled(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("schedule") and "rounds" not in data:
            first = data["schedule"] if isinstance(data["schedule"], str) else data["schedule"][0]
            return {**data, "rounds": len(first)}
        return data

    @field_validator("schedule")
    @classmethod
    def _readable_schedule(cls, schedule: Schedule | None) -> Schedule | None:
        if schedule is not None:
            n_rounds(schedule)
        return schedule

    @field_validator("traits")
    @classmethod
    def _known_traits(cls, traits: str | None) -> str | None:
        return None if traits is None else check_traits(traits)

    @field_validator("agreement")
    @classmethod
    def _share(cls, agreement: float | None) -> float | None:
        if agreement is not None and not 0 <= agreement <= 1:
            raise ValueError(f"got {agreement}; allowed: a share from 0 to 1")
        return agreement

    @field_validator("probe")
    @classmethod
    def _spoken(cls, probe: str | None) -> str | None:
        if probe is not None and not probe.strip():
            raise ValueError("the probe is empty; give a question, or leave it out")
        return probe

    @model_validator(mode="after")
    def _consistent(self: D) -> D:
        if self.schedule is not None and n_rounds(self.schedule) != self.rounds:
            raise ValueError(
                f"the schedule has {n_rounds(self.schedule)} rounds, and rounds says {self.rounds}; leave rounds out"
            )
        if self.judge is not None and self.decides != "judge":
            raise ValueError(
                f"there is a judge, and decides says {self.decides}; write decides: judge, or leave it out"
            )
        if self.probe is None and (self.baseline or self.probe_each != "round"):
            raise ValueError("baseline and probe_each belong to a probe, and there is none; write the question: probe")
        return self

    @property
    def steers_by_answers(self) -> bool:
        """Prompts quote either what was read from a reply, or the reply whole; and a consensus is of readings."""
        return self.see == "answer" or self.until == "consensus"

    def unfit(self, team: Team, graph: nx.DiGraph) -> str | None:
        """A society and schedules by agent have a size; an order and a hub need their graphs."""
        n = len(team.agents)
        if self.traits is not None and len(self.traits) != n:
            return f"has {len(self.traits)} traits ({self.traits}), and the team {n} agents"
        if isinstance(self.schedule, tuple) and len(self.schedule) != n:
            return f"has schedules for {len(self.schedule)} agents, and the team {n}"
        if self.order == "topological" and has_cycle(graph):
            return "in topological order needs a graph without cycles, such as chain"
        if self.decides == "hub" and hub(graph) is None:
            return "decided by its hub needs a graph in which one agent reads more than any other, such as hub"
        return undressed(team, self.personas)

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """Asks every agent once in each of 1 + ``rounds`` rounds."""
        floor = yield from self._discussed(team, graph, question, rng)
        decider = None
        if self.decides == "judge":
            (decider,) = yield judging(team, question, floor.replies, self.see, floor.round)
        elif self.decides == "hub":
            decider = floor.replies[hub(graph) or 0]
        return Outcome(tuple(floor.replies), decider=decider)

    def _discussed(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Discussing:
        """The debate without its outcome; what comes back is how it stands."""
        team, usual, turns = dressed(team, self.personas, self.traits), readings(team, graph), waves(self.order, graph)
        floor = Floor(team, question, Manner(self.see, self.shows, self.memory, self.agreement), rng)
        everybody = range(len(team.agents))
        floor.hear(everybody, (yield [Call(agent.slot, opening(agent, question)) for agent in team.agents]))
        if self.probe is not None:
            defaults = floor.ask_unswayed(self.probe) if self.baseline else ()
            yield Batch((*floor.ask_aside(self.probe), *defaults), round=0)
        for number in range(1, self.rounds + 1):
            if self.until == "consensus" and floor.agrees:
                break
            floor.round = number
            if self.memory == "summary" and number > 1:
                floor.note((yield Batch(floor.ask_for_notes(), round=number)))
            reads = self._reads(usual, number, rng)
            for turn, speakers in enumerate(turns):
                floor.hear(speakers, (yield Batch(floor.ask(speakers, reads), round=number)))
                if self.probe is not None and self.probe_each == "turn":
                    yield Batch(floor.ask_aside(self.probe, turn), round=number)
            if self.probe is not None and self.probe_each == "round":
                yield Batch(floor.ask_aside(self.probe), round=number)
        return floor

    def _reads(self, usual: list[Reading], number: int, rng: np.random.Generator) -> list[Reading]:
        """Whom everybody reads in a round."""
        reads = usual if self.order != "gossip" else [gossip(reading, rng) for reading in usual]
        if self.schedule is None:
            return reads
        alone = reflecting(self.schedule, number, len(reads))
        return [ALONE if reflects else reading for reflects, reading in zip(alone, reads, strict=True)]
