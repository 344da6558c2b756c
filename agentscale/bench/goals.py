"""What an area gives: measures, and goals that they meet or miss. Pure records; nothing here measures or prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from agentscale.bench.measuring import Cost


@dataclass(frozen=True)
class Measure:
    """One figure of a run."""

    name: str
    value: float | None
    """``None`` where it could not be measured; ``note`` says why."""
    unit: str
    note: str = ""


@dataclass(frozen=True)
class Goal:
    """A figure that is wanted."""

    name: str
    value: float | None
    """A ratio to the baseline, or a budget in the unit of the name; ``None`` where it was not measured."""
    want: str
    """Such as ``<= 3.5``."""
    met: bool | None
    """``None`` where it was not measured."""
    baseline: str
    """What stood beside it in the same run."""

    @classmethod
    def at_most(cls, name: str, value: float | None, limit: float, baseline: str) -> Goal:
        """A figure that may not be larger than ``limit``."""
        return cls(name, value, f"<= {limit:g}", None if value is None else value <= limit, baseline)

    @classmethod
    def at_least(cls, name: str, value: float | None, limit: float, baseline: str) -> Goal:
        """A figure that may not be smaller than ``limit``."""
        return cls(name, value, f">= {limit:g}", None if value is None else value >= limit, baseline)


@dataclass(frozen=True)
class Result:
    """An area as it was measured."""

    area: str
    measures: Sequence[Measure]
    goals: Sequence[Goal]
    notes: Sequence[str] = ()
    """What a reader must know to judge the figures."""

    @property
    def missed(self) -> bool:
        """Whether a goal that was measured is not met."""
        return any(goal.met is False for goal in self.goals)

    def as_json(self) -> dict[str, Any]:
        """A plain value: ``area``, ``goals``, ``measures``, ``notes``."""
        return {
            "area": self.area,
            "goals": [asdict(goal) for goal in self.goals],
            "measures": [asdict(measure) for measure in self.measures],
            "notes": list(self.notes),
        }


def cpu_us(name: str, cost: Cost, of: str = "call", note: str = "") -> Measure:
    """The CPU time of a unit in microseconds, as a measure."""
    return Measure(name, cost.cpu_s * 1e6, f"µs CPU a {of}", note)
