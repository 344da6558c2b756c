"""The pool of a task: how often each configuration gave each answer, and the votes that follow of any team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from agentscale.analysis import DeFinetti, read_pilots
from agentscale.api import Run

TASKS = ("sums", "sequences", "knowledge")
PERSONAS = ("teacher", "clerk")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pool:
    """What was recorded of one task."""

    task: str
    run: Run
    law: DeFinetti
    configs: tuple[str, ...]
    """``model/persona``, or ``model/-``."""
    questions: tuple[str, ...]
    chance: float

    @property
    def models(self) -> list[str]:
        """The models, in the order of the file."""
        return list(dict.fromkeys(config.split("/")[0] for config in self.configs))

    @property
    def copies(self) -> int:
        """Of a plain model, at the question with the fewest."""
        return int(self.law.recorded.max())

    @property
    def teams(self) -> list[tuple[str, int]]:
        """Layers and sizes that the pool holds without asking a configuration for more than it has."""
        copies, models = self.copies, len(self.models)
        alike = [("L1", size) for size in (1, 2, 3, 4) if size <= copies]
        mixed = [("L3", size) for size in (2, 4, 8, 12, 16) if size <= copies * models]
        if len(self.configs) == models:
            return alike + mixed
        return [*alike, ("L2", 2), *mixed, ("L4", 2), ("L4", 4), ("L4", 8)]

    def sizes(self, layer: str) -> list[int]:
        """The sizes of a layer."""
        return [size for name, size in self.teams if name == layer]

    def right(self, team: Mapping[str, int]) -> Floats:
        """Probability by question that the vote of a team is right, ties and sub-teams in expectation, shape (Q,)."""
        return self.law.right([team.get(config, 0) for config in self.configs])

    def same_layer(self, layer: str, size: int) -> Floats:
        """The mean over all teams of a layer and size, shape (Q,)."""
        return np.mean([self.right(team) for team in self._layer(layer, size)], axis=0)

    def _layer(self, layer: str, size: int) -> list[dict[str, int]]:
        models = self.models
        if layer == "L1":
            return [{f"{model}/-": size} for model in models]
        if layer == "L2":
            return [{f"{model}/{persona}": 1 for persona in PERSONAS} for model in models]
        if layer == "L3":
            share = max(1, size // len(models))
            return [{f"{model}/-": share for model in some} for some in combinations(models, size // share)]
        if size > len(models):
            return [{f"{model}/{persona}": 1 for model in models for persona in PERSONAS}]
        return [
            {f"{model}/{persona}": 1 for model, persona in zip(some, worn, strict=True)}
            for some in combinations(models, size)
            for worn in product(PERSONAS, repeat=size)
            if len(set(worn)) > 1
        ]


def read_pool(task: str, run: Run) -> Pool:
    """The pool of a run of votes."""
    (pilot,) = read_pilots(run.folder)
    asked = {sample: question for (_, sample), question in sorted(run.folder.questions().items())}
    chance = sum(1 / len(question.choices) for question in asked.values() if question.choices) / len(asked)
    return Pool(task, run, DeFinetti(pilot.pilot, task=task), pilot.configs, tuple(asked), chance)
