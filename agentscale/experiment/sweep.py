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
from agentscale.randomness import keyed
from agentscale.schema.experiment import Experiment
from agentscale.schema.run import Cell, QuestionRecord, RunHeader

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np

    from agentscale.environments import Environment, StepWorld
    from agentscale.models.policy import Cast
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

    is_share: bool = False
    """Whether the questions are a share of the run's, of which others play the rest."""

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
    def chains(self) -> dict[tuple[str, str], StepWorld]:
        """The chains of the questions that open one, by (task, sample id)."""
        opened = {place: one.world for place, one in self.questions.items() if one.world is not None}
        chains = environments.CHAINS
        return {at: environments.resolve_chain(named) for at, named in opened.items() if named.name in chains}

    @cached_property
    def worlds(self) -> dict[tuple[str, str], Environment]:
        """The worlds of the questions that open one, by (task, sample id)."""
        opened = {place: one.world for place, one in self.questions.items() if one.world is not None}
        worlds = environments.WORLDS
        return {at: environments.resolve(named) for at, named in opened.items() if named.name in worlds}

    def walks(self) -> dict[tuple[str, str], Walk]:
        """What takes the steps of a question that is a chain, by (task digest, sample id): for stepping models."""
        heads = self.header.tasks
        return {(heads[task].digest, sample): world.answer for (task, sample), world in self.chains.items()}

    def casts(self) -> dict[tuple[str, str], Cast]:
        """Who can play the world of a question, by (task digest, sample id): for models that play a policy."""
        heads = self.header.tasks
        return {(heads[task].digest, sample): (world, world.policies) for (task, sample), world in self.worlds.items()}

    def chance(self, cell: Cell, sample_id: str, replicate: int) -> np.random.Generator:
        """The generator of a trial's play.

        Cells that play a world share it, so that all teams meet the same world, and the same draws in every condition
        of a task whose worlds are changed.
        """
        shared = (cell.task, sample_id) in self.worlds and not self.independent
        purpose = ("world",) if shared else ("play", cell.id)
        return keyed(self.header.seed, *purpose, sample_id, replicate)
