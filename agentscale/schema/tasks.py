"""Tasks, samples, and the question that an agent sees, which never holds the target."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from agentscale.schema.chains import StepChain
from agentscale.schema.programs import ProgramTests
from agentscale.schema.record import Record, digest, later
from agentscale.schema.sources import TaskData
from agentscale.schema.worlds import World

AnswerKind = Literal["choice", "number", "step", "math", "code", "text", "world"]
"""``choice``: the answer is a letter; ``number``: a number; ``step``: steps of a chain, in the words of its world;
``math``: a mathematical expression, equal by what it means; ``code``: a program, right if it passes its tests;
``text``: free text, equal to the target or to another wording of it, or judged by an agent; ``world``: what
agents say to act on a shared state, which the world itself scores and no target."""


class Sample(Record):
    """One item of a task."""

    id: str = Field(min_length=1)
    input: str = Field(min_length=1)
    choices: tuple[str, ...] = ()
    """The options of a multiple-choice item, in order; they are lettered A, B, …"""
    target: str = ""
    """The right answer: a letter for a choice, a number for a number, the first step of a chain, an expression in plain
    or LaTeX notation for maths, a program that passes the tests for code, any text for a text; none for a world."""
    aliases: tuple[str, ...] = later(())
    """Other wordings of the target of a text that are as right."""
    tests: ProgramTests | None = later(None)
    """What a program for a sample of the kind ``code`` is tried on."""
    level: int = Field(default=1, ge=1)
    """Difficulty, 1 is the easiest."""
    metadata: dict[str, Any] = {}
    world: dict[str, dict[str, Any]] = {}
    """What a sample of the kind ``step`` or ``world`` opens, by name with its parameters: ``{hanoi: {disks: 3}}``. Of a
    chain, ``input`` asks for the first step; of a world, it is what agents are told before its rules."""


class TaskSpec(Record):
    """The head of a task: how its samples are asked and read (``task.yaml``)."""

    name: str = Field(min_length=1)
    description: str
    kind: AnswerKind
    instruction: str
    """The sentence that closes every question and asks for the answer's mark."""
    extract: tuple[str, ...] = Field(min_length=1)
    """The chain of extractors, by name, tried in order."""
    rubric: str | None = later(None)
    """What makes a text right in the eyes of a judge, where an experiment names one."""
    version: str
    licence: str
    source: str
    samples: str = "samples.jsonl"
    """The file of samples, beside the head."""
    data: TaskData | None = later(None)
    """Where the samples come from, in place of a file of samples."""
    personas: str | None = None
    """A family of personas of the catalog, such as ``maths``, or a file of them beside the head, ``who.yaml``. By
    default the family ``general``."""


class Task(Record):
    """A task with the samples that a run uses."""

    spec: TaskSpec
    samples: tuple[Sample, ...] = Field(min_length=1)
    permuted_by: int | None = None
    """The seed by which the options of every question are put in another order; ``None`` leaves them as they are."""

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Task:
        seen: set[str] = set()
        for sample in self.samples:
            if sample.id in seen:
                raise ValueError(f"two samples have the id {sample.id!r}; ids must be unique")
            seen.add(sample.id)
        return self

    @property
    def digest(self) -> str:
        """Digest of the head without the choice of samples: a subset of a task is still that task."""
        return digest(
            self.spec.model_dump(mode="json", exclude={"samples", "data", "personas", "description", "extract"})
        )


class Question(Record):
    """What an agent may know of a sample."""

    sample_id: str
    prompt: str
    """The text of the question, its lettered choices and the instruction."""
    choices: tuple[str, ...] = ()
    chain: StepChain | None = None
    """The chain of steps that the question opens, where it is one."""
    world: World | None = None
    """The world that the question opens, where it is one."""
