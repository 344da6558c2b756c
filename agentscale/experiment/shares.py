"""A share of a sweep: every n-th question, with its part of the budget and of what endpoints allow.

Trials of different questions have no call in common. So whoever plays one share asks nothing that another share asks,
and nobody has to agree with anybody on a call. Parts of caps, each kept by its share, add up to the caps of the run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from agentscale.errors import SpecError
from agentscale.experiment.sweep import Sweep
from agentscale.schema.experiment import Endpoint, Experiment
from agentscale.schema.spending import BudgetCaps, Caps

_LIMITS = ("max_in_flight", "requests_per_minute", "tokens_per_minute")


@dataclass(frozen=True, order=True)
class Share:
    """Which share of how many."""

    index: int
    """From 0."""
    count: int

    @classmethod
    def read(cls, text: str) -> Share:
        """The share that ``text`` names, such as ``1/8``, the first of eight.

        Raises:
            SpecError: If it names none.
        """
        found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            allowed = "NUMBER/COUNT with 1 ≤ NUMBER ≤ COUNT, such as 1/8 for the first of eight"
            raise SpecError(f"got {text!r}", key="shard", allowed=allowed)
        return cls(int(found[1]) - 1, int(found[2]))

    def __str__(self) -> str:
        return f"{self.index + 1}/{self.count}"


def most_at_once(experiment: Experiment) -> int | None:
    """How many may play at once so that each has a part of every limit; ``None`` where no endpoint has a limit."""
    limits = [
        limit
        for endpoint in _used(experiment).values()
        for name in _LIMITS
        if (limit := getattr(endpoint, name)) is not None
    ]
    return min(limits, default=None)


def _used(experiment: Experiment) -> dict[str, Endpoint]:
    names = {spec.endpoint for spec in experiment.models.values()}
    return {name: endpoint for name, endpoint in experiment.endpoints.items() if name in names}


def share_of(sweep: Sweep, share: Share, at_once: int) -> Sweep:
    """The share of a sweep.

    Args:
        sweep: The whole.
        share: Which one.
        at_once: How many shares are played at once at most: each gets so much of what the endpoints allow.

    Raises:
        SpecError: If the sweep has fewer questions than there are shares, or an endpoint allows less than a part each.
    """
    if share.count > len(sweep.questions):
        raise SpecError(
            f"{share.count} shares of {len(sweep.questions)} questions", allowed=f"at most {len(sweep.questions)}"
        )
    most = most_at_once(sweep.experiment)
    if most is not None and at_once > most:
        raise SpecError(
            f"{at_once} shares at once, and an endpoint's limit of {most} cannot be divided among them",
            allowed=f"at most {most}",
        )
    endpoints = {name: _part(endpoint, at_once) for name, endpoint in sweep.experiment.endpoints.items()}
    budget = sweep.experiment.budget
    caps = BudgetCaps(**dict(_sliced(budget, share)), cell=_caps(budget.cell, share), agent=_caps(budget.agent, share))
    kept = list(sweep.questions.items())[share.index :: share.count]
    experiment = sweep.experiment.model_copy(update={"endpoints": endpoints, "budget": caps})
    return replace(sweep, experiment=experiment, questions=dict(kept), is_share=True)


def _part(endpoint: Endpoint, at_once: int) -> Endpoint:
    limits = {name: getattr(endpoint, name) for name in _LIMITS}
    return endpoint.model_copy(
        update={name: max(1, limit // at_once) for name, limit in limits.items() if limit is not None}
    )


def _caps(caps: Caps, share: Share) -> Caps:
    return Caps(**dict(_sliced(caps, share)))


def _sliced(caps: Caps, share: Share) -> list[tuple[str, float]]:
    """The part of every cap, but for time, which runs for all at once. Parts of whole numbers add up to the whole."""
    parts: list[tuple[str, float]] = []
    for name in Caps.model_fields:
        cap = getattr(caps, name)
        if cap is None:
            continue
        if name == "usd":
            cap = cap / share.count
        elif name != "wall_s":
            cap = cap * (share.index + 1) // share.count - cap * share.index // share.count
        parts.append((name, cap))
    return parts
