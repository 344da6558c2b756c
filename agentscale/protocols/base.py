"""What a protocol is: a generator that decides who is asked what next. It does no I/O and never sees the target.

What a protocol may say, beside who is asked what:

- `Call.role`: only what an ``agent`` says counts as an answer of a member. A judge, critic, grader, controller, probe
  or summary is asked in its own role; a member may be asked in any, and its calls then differ in their role.
- `Call.turn`: tells calls apart that are equal otherwise, such as a critic's on several edges of one round.
- `Call.sampling`: settings for this call alone, such as a temperature by depth, or the cap of a controller.
- `Batch.round`: several batches may make one round, such as agents that speak one after another, or a judge at its end.
- `Batch.until`: a race, which gets the shortest prefix that settles it.
- `Outcome`: a plurality of replies, with weights, or one reply that decides.
- a parameter of type ``Member | None``: a part that somebody beside the team may play, with a model, a persona and
  sampling of its own. ``team.playing("judge")`` plays the parameter ``judge``: the first member where the file names
  nobody.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from agentscale.schema.agents import Member, Team
from agentscale.schema.calls import Play
from agentscale.schema.record import Record
from agentscale.schema.run import Named
from agentscale.schema.tasks import Question

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np


class InteractionProtocol(Record):
    """How a team comes to its answer. Its parameters are its fields."""

    name: ClassVar[str]
    """The name in experiment files."""
    uses_topology: ClassVar[bool]
    """Whether the graph plays a part; where not, cells that differ in topology alone are one cell."""

    asks_everybody: ClassVar[bool] = True
    """Whether every member is asked at least once; where not, who was not asked is not expected to have spoken."""

    @property
    def steers_by_answers(self) -> bool:
        """Whether who is asked what, or whose reply has a vote, depends on how replies were read.

        Where it does not, a recording may be read anew.
        """
        return True

    @property
    def parts(self) -> dict[str, Member]:
        """Who plays which part beside the team, by the parameter that says so."""
        return {field: value for field, value in self if isinstance(value, Member)}

    @property
    def named(self) -> Named:
        """The name and all parameters, as a run's header holds them; `resolve` gives the protocol back."""
        parameters: dict[str, Any] = self.model_dump(mode="json", exclude_none=True)
        return Named(name=self.name, parameters=parameters)

    def unfit(self, team: Team, graph: nx.DiGraph) -> str | None:
        """Why this team cannot play it over this graph, in words that go on from its name; ``None`` where it can.

        Such a combination of a sweep is no cell: it is listed as not applicable before anything is asked, and where no
        cell is left the file is refused. What is wrong whatever the team is the parameters' own to refuse.
        """
        return None

    def unfit_for(self, questions: Sequence[Question]) -> str | None:
        """Why it cannot be played on these questions of a task, in words that go on from its name; else ``None``."""
        if any(question.world is not None for question in questions):
            return "asks questions that have an answer, and the task opens worlds to act in: take the protocol world"
        return None

    @abstractmethod
    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """One trial, as a generator.

        Args:
            team: The agents, in slots.
            graph: Nodes 0 … n−1 are the agents in slot order; u → v means that v reads u.
            question: What the agents are asked.
            rng: The only source of chance.

        Yields:
            Calls that may run at once; their replies are sent back in the same order. A call that failed is a reply
            with an error, so nobody drops out.

        Returns:
            The replies from which the team's answer is read.
        """

    def shortest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """A play that asks for no more than any trial can: what an estimate's lower bound is made from.

        It is rehearsed with replies that all agree. A protocol whose schedule follows from the replies says here, and
        in `longest`, what the extremes are; the arguments are those of `play`.
        """
        return self.play(team, graph, question, rng)

    def longest(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        """A play that asks for no less than any trial can: what a budget reserves. No two of its replies agree."""
        return self.play(team, graph, question, rng)
