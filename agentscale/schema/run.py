"""What a run leaves behind, besides its recording: header, transcripts, events."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from agentscale.schema.agents import Team
from agentscale.schema.calls import Missing, Role
from agentscale.schema.programs import ProgramTests
from agentscale.schema.record import Record, digest, later
from agentscale.schema.tasks import AnswerKind

SCHEMA_VERSION = 1
"""Version of the run folder and of the recording. A reader reads all older ones."""

Mode = Literal["live", "record", "replay"]
"""``live`` asks and forgets, ``record`` asks what is not yet recorded, ``replay`` never asks."""


LABEL_CHARS = 60
"""Of one value in a label; a longer one stands there by its digest."""


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LABEL_CHARS else digest(value)[:6]


class Named(Record):
    """A name with parameters: how protocols and topologies are written down."""

    name: str
    parameters: dict[str, Any] = {}

    @property
    def label(self) -> str:
        """``name`` or ``name(a=1,b=2)``: short, and the same for equal values."""
        inner = ",".join(f"{key}={_short(value)}" for key, value in sorted(self.parameters.items()))
        return f"{self.name}({inner})" if inner else self.name


class Cell(Record):
    """One level of each factor of a sweep."""

    id: str
    """Readable and unique within the run; also the name of the cell's transcript file."""
    task: str
    layer: str
    """``L1`` to ``L4``, or ``explicit``."""
    team_name: str
    """Which team of the layer: the model of an L1 or L2 team, else the layer's or team's own name."""
    size: int = Field(ge=1)
    team: Team
    protocol: Named
    topology: Named | None
    """``None`` where the protocol has no use for one."""
    edges: tuple[tuple[int, int], ...] = ()
    """Edges u → v of the graph over agent indices: v reads u."""
    groups: tuple[tuple[int, ...], ...] = later(())
    """Groups of agents that read one another, where the topology has them: edges do not say which group it was."""
    temperature: tuple[float | None, ...] = ()
    """The distinct temperatures of the team, for the report card."""


class NotApplicable(Record):
    """A combination of levels that cannot be, and why."""

    cell: str
    reason: str


class QuestionRecord(Record):
    """A question as it was asked, with its target: what analysis and report need of the task."""

    task: str
    sample_id: str
    prompt: str
    choices: tuple[str, ...] = ()
    """The options in the order in which they were asked."""
    order: tuple[int, ...] = later(())
    """Where each option stands in the task, counted from 0, where options were permuted."""
    target: str
    """The right answer; a letter is that of the order in which options were asked."""
    level: int = 1
    world: Named | None = later(None)
    """The chain of steps, or the world, that the question opens."""
    aliases: tuple[str, ...] = later(())
    """Other wordings of the target of a text."""
    tests: ProgramTests | None = later(None)
    """What programs that answer the question are tried on."""


class TaskHead(Record):
    """What the run must remember of a task so that its recording replays without the catalog."""

    digest: str
    kind: AnswerKind
    extract: tuple[str, ...]
    """The chain of extractors, by name."""
    rubric: str | None = later(None)
    """By what a judge tells whether a text is right; ``None`` where no judge does."""


class RunHeader(Record):
    """The run's own description: enough to run it again and to read its results."""

    schema_version: int = SCHEMA_VERSION
    name: str
    seed: int
    experiment: dict[str, Any]
    """The resolved experiment, overrides included."""
    experiment_digest: str
    replicates: int
    embedder: str
    """In its short form."""
    cells: tuple[Cell, ...]
    not_applicable: tuple[NotApplicable, ...] = ()
    tasks: dict[str, TaskHead]
    """Every task by name."""
    questions_digest: str | None = None
    """SHA-256 of ``questions.jsonl``, in hexadecimal; ``None`` where an older agentscale wrote the run."""
    versions: dict[str, str]
    """Versions of agentscale and of what computes its numbers."""


class Event(Record):
    """One call of a trial, as it was read."""

    key: str
    round: int
    turn: int = 0
    slot: str
    role: Role = "agent"
    reads: tuple[str, ...] = ()
    text: str
    answer: str | None
    """As it was read: of a probe and its baseline an attitude, a number from 0 to 10."""
    missing: Missing | None = None
    check: str | None = later(None)
    """What the check of the answer had to say, where it took one: the limit that it met, or the case that failed."""
    correct: bool | None
    """``None`` where the answer is missing, and of attitudes, of which none is right."""
    finish: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    error: str | None = None
    used: bool = True
    """``False`` for what a race asked beyond its end."""


class Transcript(Record):
    """One trial: cell × sample × replicate."""

    cell: str
    sample_id: str
    replicate: int
    expected: tuple[str, ...]
    """The slots that had to speak; a dead agent stays in this list, one that the protocol chose not to ask does not."""
    events: tuple[Event, ...]
    final: tuple[str, ...]
    """Keys of the replies from which the team's answer was read."""
    is_chain: bool = later(False)
    """Whether those replies are the steps of a chain, of which every one must be right; ``answer`` is then the last."""
    counts: dict[str, int] = later({})
    """What the protocol counted, by name: samples, red flags, undecided races."""
    measures: dict[str, float | None] = later({})
    """What the world that was played measures at its end, by name; what is not defined is ``None``, never 0."""
    snapshots: tuple[Any, ...] = later(())
    """What is kept of the world's states, from the first to the last, where it keeps any: plain values."""
    weights: tuple[float, ...] = later(())
    """The weight of each of those votes; without them all weigh the same."""
    decider: str | None = later(None)
    """The key of the one reply whose answer is the team's, where votes do not decide."""
    answer: str | None
    """The team's answer: the decider's, else plurality over the readable final answers, ties by a seeded draw."""
    tied: bool
    correct: bool | None
    """``None`` where the team has no answer."""
    score: float | None = Field(ge=0, le=1)
    """Expected correctness under random tie-breaking; ``None`` where the team has no answer."""
