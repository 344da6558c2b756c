"""How a stream of jobs went, and how far its agents have specialised."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agentscale.environments.routing.state import Result, RoutingState


def measures_of(state: RoutingState, n_train: int, n_books: int) -> dict[str, float | None]:
    """All measures of a stream that is over; see `Routing.score`."""
    results, steps = state.results, [step for result in state.results for step in result.steps]
    executions = _executions(results, len(state.weights), n_books)
    weights = [weight for row in state.weights for weight in row if weight is not None]
    shares = {did: sum(step.did == did for step in steps) / len(steps) for did in ("silent", "unreadable", "invalid")}
    return {
        "solved_train": _share([result.is_solved for result in results[:n_train]]),
        "solved_test": _share([result.is_solved for result in results[n_train:]]),
        "parts_right": _share([right for result in results for right in result.right]),
        "decisions": len(steps) / len(results),
        "hand_overs": sum(len(step.to) for step in steps) / len(results),
        "load_entropy": _evenness(executions.sum(axis=1)),
        "specialisation": specialisation(executions),
        "edges": float(len(weights)),
        "weight": float(np.mean(weights)) if weights else None,
        **shares,
    }


def specialisation(executions: NDArray[np.int64]) -> float | None:
    """1 − Σ_i s_i · H(books | agent i) / ln B: 1 where nobody executes but one book, 0 where all do all evenly.

    Args:
        executions: How often each agent executed a part of each book, shape (n, B); s_i is the share of agent i.

    Returns:
        ``None`` where nothing was executed, or where there is but one book.
    """
    evenness = [_evenness(row) for row in executions if row.any()]
    shares = executions.sum(axis=1)[executions.any(axis=1)] / max(1, executions.sum())
    if not evenness or None in evenness:
        return None
    return 1.0 - float(sum(share * (each or 0.0) for share, each in zip(shares, evenness, strict=True)))


def _executions(results: Sequence[Result], n: int, n_books: int) -> NDArray[np.int64]:
    counts = np.zeros((n, n_books), np.int64)
    for result in results:
        for step in result.steps:
            if step.did == "execute":
                np.add.at(counts, (step.agent, [part.book for part in step.parts]), 1)
    return counts


def _evenness(counts: NDArray[np.int64]) -> float | None:
    """Entropy as a share of the greatest, ln of the number of counts; ``None`` where there is none to speak of."""
    if len(counts) < 2 or not counts.any():
        return None
    shares = counts[counts > 0] / counts.sum()
    return abs(float((shares * np.log(shares)).sum())) / float(np.log(len(counts)))


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None
