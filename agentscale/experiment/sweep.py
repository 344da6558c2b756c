"""What a run is made of: the checked experiment, its questions, and for every cell a protocol and a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from agentscale import environments
from agentscale.catalog.document import Keys, Place, dotted, read_document
from agentscale.errors import SpecError
from agentscale.schema.experiment import Experiment
from agentscale.schema.run import QuestionRecord, RunHeader

if TYPE_CHECKING:
    import networkx as nx

    from agentscale.environments import StepWorld
    from agentscale.models.stepping import Walk
    from agentscale.protocols import InteractionProtocol
    from agentscale.tools.base import Usable


@dataclass(frozen=True)
class Sweep:
    """A design that is ready to be run."""

    header: RunHeader
    experiment: Experiment
    source: str
    """The experiment file's text; with overrides, the text of a file that says the same."""
    path: Path
    """The experiment file, or the run folder that the sweep was read from."""
    questions: dict[tuple[str, str], QuestionRecord]
    """The questions by (task, sample id), tasks and samples in their files' order."""
    protocols: dict[str, InteractionProtocol]
    """The protocol of every cell, by cell id."""
    graphs: dict[str, nx.DiGraph]
    """The graph of every cell, by cell id: nodes 0 … n−1 are the team's slots; without edges where the protocol has
    no use for one."""
    tools: Mapping[str, Usable] = field(default_factory=dict)
    """The tools of the file, ready to be used, by name; none where the sweep was read from a run folder."""

    @property
    def independent(self) -> bool:
        """Whether every cell asks anew, instead of sharing equal calls."""
        return self.experiment.independent

    def placed(self, keys: Keys, error: SpecError) -> SpecError:
        """The error with file, line and key of what stands at ``keys`` of the experiment file, where they are known.

        For what only a start can tell, such as a key that the environment lacks.
        """
        try:
            place = read_document(self.path, "experiment").place(keys)
        except SpecError:  # a run folder, or a file that has changed since
            place = Place(str(self.path), None)
        return error.at(file=place.file, line=place.line, key=dotted(keys))

    def truth(self) -> dict[tuple[str, str], QuestionRecord]:
        """The questions with their targets by (task digest, sample id), as simulated models look them up."""
        heads = self.header.tasks
        return {(heads[task].digest, sample): question for (task, sample), question in self.questions.items()}

    @cached_property
    def worlds(self) -> dict[tuple[str, str], StepWorld]:
        """The worlds of the questions that have one, by (task, sample id)."""
        named = {place: question.world for place, question in self.questions.items()}
        return {place: environments.resolve(world) for place, world in named.items() if world is not None}

    def walks(self) -> dict[tuple[str, str], Walk]:
        """What takes the steps of a question that is a chain, by (task digest, sample id): for stepping models."""
        heads = self.header.tasks
        return {(heads[task].digest, sample): world.answer for (task, sample), world in self.worlds.items()}
