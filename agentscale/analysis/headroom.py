"""How much a team could still win at each level of difficulty, from agents that answered alone.

Where single agents are right always, or no more often than by guessing, no team shows anything: an experiment is worth
its calls in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import within
from agentscale.errors import SpecError

if TYPE_CHECKING:
    from agentscale.store import RunFolder

Floats = NDArray[np.float64]
LITTLE = 0.36
"""Headroom below which a level is of little use: agents are within a tenth of guessing, or of being always right."""
UNREAD = 0.2
"""Share of answers that cannot be read above which a level's accuracy says little of its difficulty."""


class Headroom(NamedTuple):
    """Accuracy with its 95 % interval, and headroom; each of the shape of the counts."""

    accuracy: Floats
    low: Floats
    high: Floats
    headroom: Floats


def headroom(right: ArrayLike, asked: ArrayLike, chance: ArrayLike = 0.0) -> Headroom:
    """Room for a team between guessing and being always right.

    With the skill s = (accuracy − chance) / (1 − chance), cut to [0, 1], headroom is 4 s (1 − s): 1 where agents are
    half way from guessing to perfection, 0 at both ends. The interval of accuracy is Wilson's.

    Args:
        right: Right answers, any shape, whole numbers from 0 to ``asked``.
        asked: Answers, those that could not be read included; with 0 all is ``nan``.
        chance: Accuracy of guessing, 0 ≤ chance < 1.

    Raises:
        SpecError: a count or a chance that is none.
    """
    c = within("chance", chance, 0.0, 1.0, ends="[)")
    n = within("asked", asked, 0.0, np.inf)
    k, n, c = np.broadcast_arrays(within("right", right, 0.0, np.inf), n, c)
    if (k > n).any():
        raise SpecError("more answers are right than were asked", key="right", allowed="right ≤ asked")
    with np.errstate(invalid="ignore", divide="ignore"):
        accuracy = np.where(n > 0, k / n, np.nan)
        low, high = _wilson(accuracy, n)
    skill = np.clip((accuracy - c) / (1.0 - c), 0.0, 1.0)
    return Headroom(accuracy, low, high, 4.0 * skill * (1.0 - skill))


def _wilson(p: Floats, n: Floats) -> tuple[Floats, Floats]:
    """The interval of Wilson 1927 at 95 %."""
    z2 = 1.959963984540054**2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    return np.minimum(np.maximum(middle - half, 0.0), p), np.maximum(np.minimum(middle + half, 1.0), p)


class AtLevel(NamedTuple):
    """How agents of one model did alone at one level."""

    task: str
    level: int
    model: str
    accuracy: float
    low: float
    """Lower end of the 95 % interval of the accuracy."""
    high: float
    headroom: float
    chance: float
    """Accuracy of guessing: the mean of 1 / options, 0 for open answers."""
    n_items: int
    n_missing: int
    """Answers that could not be read, which count as not right."""


def by_level(folder: RunFolder) -> tuple[AtLevel, ...]:
    """How each model of a run did alone, for every task and level.

    Raises:
        SpecError: Nobody answered alone in it.
        StoreError: Transcripts or questions cannot be read.
    """
    counts: dict[tuple[str, int, str], list[_Answer]] = defaultdict(list)
    questions = folder.questions()
    for cell in folder.header.cells:
        for told in folder.transcripts(cell.id) if cell.size == 1 and folder.has_transcripts(cell.id) else ():
            question = questions[cell.task, told.sample_id]
            chance = 1.0 / len(question.choices) if question.choices else 0.0
            place = cell.task, question.level, cell.team.agents[0].model
            counts[place].append(_Answer(told.correct, chance))
    if not counts:
        raise SpecError("no agent answered alone in this run", allowed="cells with teams of one")
    return tuple(_at_level(*place, answers) for place, answers in sorted(counts.items()))


class _Answer(NamedTuple):
    """One answer, and how often a guess would have been right."""

    correct: bool | None
    chance: float


def _at_level(task: str, level: int, model: str, answers: Sequence[_Answer]) -> AtLevel:
    chance = float(np.mean([each.chance for each in answers]))
    right, missing = ([each.correct for each in answers].count(what) for what in (True, None))
    accuracy, low, high, room = (float(value) for value in headroom(right, len(answers), chance))
    return AtLevel(task, level, model, accuracy, low, high, room, chance, len(answers), missing)


class Picked(NamedTuple):
    """The level of a task with the most headroom."""

    task: str
    level: int
    headroom: float
    """Its mean over models."""
    warnings: tuple[str, ...]


def pick_levels(found: Sequence[AtLevel]) -> tuple[Picked, ...]:
    """The level of each task at which models have the most headroom in the mean; of equal ones the easier."""
    tasks = dict.fromkeys(each.task for each in found)
    return tuple(_picked(task, [each for each in found if each.task == task]) for task in tasks)


def _picked(task: str, found: Sequence[AtLevel]) -> Picked:
    means = {
        level: float(np.mean([each.headroom for each in found if each.level == level]))
        for level in sorted({each.level for each in found})
    }
    level = max(means, key=lambda each: (means[each], -each))
    own = [each for each in found if each.level == level]
    return Picked(task, level, means[level], tuple(_warnings(means[level], own)))


def _warnings(mean: float, own: Sequence[AtLevel]) -> Iterator[str]:
    if mean < LITTLE:
        skilled = np.mean([each.accuracy - each.chance / 2 for each in own]) > 0.5  # above half way to perfection
        state = "nearly always right" if skilled else "near guessing, or below"
        yield f"no level has much headroom: at this one too, models are {state}"
    for each in own:
        if each.n_missing > UNREAD * each.n_items:
            unread = f"{each.n_missing} of {each.n_items} answers of {each.model} cannot be read"
            yield f"{unread}: more max_tokens or another instruction may help more than another level"
