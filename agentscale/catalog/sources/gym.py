"""Questions that a procedure of ``reasoning-gym`` makes, by the extra ``gym``.

A procedure that takes several answers for right has a verifier of its own, and some of those evaluate what they are
given as a program. What models wrote is not run outside a sandbox, so such procedures are refused, unless the answer is
a number: then equal values are right, and no verifier is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agentscale.catalog.sources.base import Row
from agentscale.errors import SpecError
from agentscale.schema.sources import Gym
from agentscale.schema.tasks import AnswerKind

SPARE = 4
"""So many times the questions of a level are made, since a procedure may repeat itself; the first different ones
count."""


def made_rows(gym: Gym, kind: AnswerKind, task: str, head: Path) -> Iterator[Row | SpecError]:
    """The questions of every level, with the keys of samples; ``level`` counts from 1.

    Raises:
        SpecError: If reasoning-gym is not installed, has no such procedure, the procedure refuses its parameters, or
            it takes other answers than its own for right.
    """
    for level, parameters in enumerate(gym.levels, start=1):
        asked: dict[str, Any] = {}
        for entry in _made(gym, parameters, kind, level, head):
            asked.setdefault(entry["question"], entry)
        entries = list(asked.values())[: gym.size]
        if len(entries) < gym.size:
            problem = f"{gym.family} makes {len(entries)} different questions of {parameters}"
            raise SpecError(
                problem, file=head, key=f"data.gym.levels[{level - 1}]", allowed=f"size = {gym.size} of them"
            )
        for number, entry in enumerate(entries, start=1):
            yield Row(_sample(entry, f"{task}-{level}-{number:03d}", level), head, None)


def _made(gym: Gym, parameters: dict[str, Any], kind: AnswerKind, level: int, head: Path) -> Any:
    try:
        import reasoning_gym
        from reasoning_gym.factory import DATASETS
    except ImportError:
        problem = "these questions are made by reasoning-gym, which is not installed"
        raise SpecError(problem, file=head, remedy="pip install 'agentscale[gym]'") from None
    if gym.family not in DATASETS:
        raise SpecError.unknown("procedure", gym.family, DATASETS, key="data.gym.family").at(file=head)
    try:
        seed = gym.seed + 1000 * level
        made = reasoning_gym.create_dataset(gym.family, size=SPARE * gym.size, seed=seed, **parameters)
    except (AssertionError, TypeError, ValueError) as error:  # the three with which its own checks refuse
        key = f"data.gym.levels[{level - 1}]"
        problem = f"{gym.family} refuses {parameters}: {error}"
        raise SpecError(problem, file=head, key=key, allowed="the procedure's own parameters") from None
    if kind != "number" and _has_verifier(made):
        problem = f"{gym.family} takes several answers for right, which only a verifier of its own can tell"
        allowed = "kind: number, or a procedure with one right answer"
        raise SpecError(problem, file=head, key="data.gym.family", allowed=allowed)
    return made


def _has_verifier(made: Any) -> bool:
    """Whether a procedure judges answers otherwise than by comparing them with its own."""
    from reasoning_gym.dataset import ProceduralDataset

    return bool(type(made).score_answer is not ProceduralDataset.score_answer)


def _sample(entry: Any, sample_id: str, level: int) -> dict[str, Any]:
    return {"id": sample_id, "input": entry["question"].strip(), "target": entry["answer"], "level": level}
