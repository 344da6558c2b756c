"""Which samples of a task are asked, and in which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentscale import environments
from agentscale.catalog.samples import LETTERS
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.record import digest
from agentscale.schema.run import Named, QuestionRecord
from agentscale.schema.tasks import Question, Sample, Task, TaskSpec


def prompt(sample: Sample, spec: TaskSpec) -> str:
    """The words of a question: input, lettered choices one a line, a blank line, the task's instruction."""
    choices = [f"{letter}) {choice}" for letter, choice in zip(LETTERS, sample.choices, strict=False)]
    return "\n".join([sample.input, *choices, "", spec.instruction])


def question(sample: Sample, spec: TaskSpec, permuted_by: int | None = None) -> QuestionRecord:
    """The question that a sample becomes, with its target.

    Args:
        sample: The sample.
        spec: The head of its task.
        permuted_by: The seed of the order in which its options are asked; ``None`` leaves them as they are. The order
            hangs on the seed, the task and the sample alone.
    """
    order: tuple[int, ...] = ()
    if permuted_by is not None and sample.choices:
        drawn = keyed(permuted_by, "permute", spec.name, sample.id).permutation(len(sample.choices))
        order = tuple(int(place) for place in drawn)
        sample = _reordered(sample, order)
    return QuestionRecord(
        task=spec.name,
        sample_id=sample.id,
        prompt=prompt(sample, spec),
        choices=sample.choices,
        order=order,
        target=sample.target,
        level=sample.level,
        world=next((Named(name=name, parameters=given) for name, given in sample.world.items()), None),
        aliases=sample.aliases,
        tests=sample.tests,
    )


def _reordered(sample: Sample, order: Sequence[int]) -> Sample:
    """The sample with its options in another order, and the letter that the right one then has."""
    target = LETTERS[order.index(LETTERS.index(sample.target))]
    return sample.model_copy(update={"choices": tuple(sample.choices[place] for place in order), "target": target})


def asked(record: QuestionRecord) -> Question:
    """What agents and protocols may know of a question."""
    opens = record.world
    chain = environments.resolve_chain(opens) if opens is not None and opens.name in environments.CHAINS else None
    world = environments.resolve(opens) if opens is not None and chain is None else None
    return Question(sample_id=record.sample_id, prompt=record.prompt, choices=record.choices, chain=chain, world=world)


def select(task: Task, *, levels: Sequence[int] | None, limit: int | None, seed: int) -> Task:
    """The samples of a task that a run uses, in the file's order.

    The draw goes round the levels, from easy to hard, and takes the next of each level's own random order. So a larger
    limit contains the smaller one, and leaving a level out moves no draw within another.

    Args:
        task: The whole task.
        levels: Only samples of these levels; ``None`` for all. At least one sample has one of them.
        limit: At most so many samples; ``None`` for all.
        seed: The run's seed.
    """
    kept = [sample for sample in task.samples if levels is None or sample.level in levels]
    if limit is not None and limit < len(kept):
        chosen = set(_drawn(kept, task.spec.name, seed)[:limit])
        kept = [sample for sample in kept if sample.id in chosen]
    return task.model_copy(update={"samples": tuple(kept)})


def changed(task: Task, parameters: Mapping[str, Any]) -> Task:
    """The task with other parameters of its worlds, which then are in its name; the task itself where there are none.

    Raises:
        SpecError: If the task opens no worlds, or one that cannot be with these parameters.
    """
    if not parameters:
        return task
    if task.spec.kind != "world":
        raise SpecError(f"the task {task.spec.name!r} opens no worlds", allowed="a task of the kind world")
    name = "-".join([task.spec.name, *(f"{key}={_short(value)}" for key, value in sorted(parameters.items()))])
    samples = tuple(_elsewhere(sample, parameters) for sample in task.samples)
    return Task(spec=task.spec.model_copy(update={"name": name}), samples=samples)


def _elsewhere(sample: Sample, parameters: Mapping[str, Any]) -> Sample:
    world = {name: {**given, **parameters} for name, given in sample.world.items()}
    for name, given in world.items():
        environments.resolve(Named(name=name, parameters=given))
    return sample.model_copy(update={"world": world})


def _short(value: object) -> str:
    return digest(value)[:6] if isinstance(value, dict | list) else str(value)


def _drawn(samples: Sequence[Sample], task: str, seed: int) -> list[str]:
    """All ids in the order of the draw: the first of every level, and so on."""
    ranked: list[tuple[int, int, str]] = []
    for level in {sample.level for sample in samples}:
        ids = [sample.id for sample in samples if sample.level == level]
        order = keyed(seed, "samples", task, level).permutation(len(ids))
        ranked += [(rank, level, ids[index]) for rank, index in enumerate(order)]
    return [sample_id for _, _, sample_id in sorted(ranked)]
