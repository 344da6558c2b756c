"""Questions that a procedure of ``reasoning-gym`` makes, by the extra ``gym``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agentscale.catalog.sources.base import Row
from agentscale.errors import SpecError
from agentscale.schema.sources import Gym


def made_rows(gym: Gym, task: str, head: Path) -> Iterator[Row | SpecError]:
    """The questions of every level, with the keys of samples; ``level`` counts from 1.

    Raises:
        SpecError: If reasoning-gym is not installed, has no such procedure, or the procedure refuses its parameters.
    """
    for level, parameters in enumerate(gym.levels, start=1):
        for number, entry in enumerate(_made(gym, parameters, level, head), start=1):
            yield Row(_sample(entry, f"{task}-{level}-{number:03d}", level), head, None)


def _made(gym: Gym, parameters: dict[str, Any], level: int, head: Path) -> Any:
    try:
        import reasoning_gym
        from reasoning_gym.factory import DATASETS
    except ImportError:
        raise SpecError(
            "these questions are made by reasoning-gym, which is not installed",
            file=head,
            remedy="pip install 'agentscale[gym]'",
        ) from None
    if gym.family not in DATASETS:
        raise SpecError.unknown("procedure", gym.family, DATASETS, key="data.gym.family").at(file=head)
    try:
        return reasoning_gym.create_dataset(gym.family, size=gym.size, seed=gym.seed + level, **parameters)
    except (AssertionError, TypeError, ValueError) as error:  # the three with which its own checks refuse
        key = f"data.gym.levels[{level - 1}]"
        problem = f"{gym.family} refuses {parameters}: {error}"
        raise SpecError(problem, file=head, key=key, allowed="the procedure's own parameters") from None


def _sample(entry: Any, sample_id: str, level: int) -> dict[str, Any]:
    return {"id": sample_id, "input": entry["question"], "target": entry["answer"], "level": level}
