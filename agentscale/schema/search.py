"""What a search for a graph leaves behind, beside the recording of its runs."""

from __future__ import annotations

from agentscale.schema.record import Record


class SearchRow(Record):
    """One plan that was tried, and what came of it."""

    round: int
    """The batch that it was proposed in, from 0."""
    plan: str
    """Its nodes with their models, fusers with a star, and its edges: ``0:small 1:large* 0>1``."""
    models: tuple[str, ...]
    fusers: tuple[int, ...]
    edges: tuple[tuple[int, int], ...]
    share: float
    """Of the questions."""
    score: float
    """Share of right answers; no answer is not right."""
    cost: float
    """For one question, in the unit of the search."""
    bound: float | None
    """What it could have cost at most, known before it was asked; ``None`` where nothing bounds it."""
    on_front: bool = False
    """Whether no other plan is better and as cheap, or cheaper and as good."""
