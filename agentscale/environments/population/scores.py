"""What is measured in a population."""

from __future__ import annotations

import numpy as np

from agentscale.environments.population.state import PopulationState, Step


def measures_of(state: PopulationState) -> dict[str, float | None]:
    """All measures of a population at its end; see `Population.score`."""
    n, steps = state.individuals, state.steps
    informed, possible = int(state.informed.sum()), int(state.possible.sum())
    asked = sum(step.asked for step in steps)
    prompts = [step.prompts for step in steps if step.prompts is not None]
    return {
        "spread": informed / possible if possible else None,
        "informed": informed / n if state.news else None,
        "possible": possible / n if state.news else None,
        "active": float(state.active.mean()),
        "silent": _ratio(sum(step.asked - step.posts for step in steps), asked),
        "invalid": _ratio(sum(step.invalid for step in steps), asked),
        "words": _length(*steps),
        "words_first": _length(*steps[:1]),
        "words_last": _length(*steps[-1:]),
        "distinct_posts": steps[-1].distinct if steps else None,
        "effective_prompts": float(np.mean(prompts)) if prompts else None,
        "reads": len(state.ties.pairs) / n,
    }


def _length(*steps: Step) -> float | None:
    return _ratio(sum(step.words for step in steps), sum(step.posts for step in steps))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
