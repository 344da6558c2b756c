"""Where samples come from that are not in a file of samples: foreign files, a data set of a hub, a generator."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from agentscale.schema.record import Record, later


def _listed(value: object) -> object:
    """A list of one may stand without its brackets."""
    return (value,) if isinstance(value, str | dict) else value


def _as_text(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


Path = Annotated[str, Field(min_length=1)]
"""A column, by its name, or what is inside one: ``choices.text``. Through a list it leads to a list."""


class Target(Record):
    """The column that says what is right, and how it says it. A mapping has one of these keys."""

    text: Path | None = None
    """A column, or words with columns in braces, that says it as it is. Short form: ``target: answerKey``."""
    number: Path | None = None
    """A column with the number alone, or behind the last ``####``. Commas between thousands and ``$`` are taken off."""
    position: Path | None = None
    """A column with the place of the right option, counted from 0."""
    ordinal: Path | None = None
    """A column with the place of the right option, counted from 1."""
    label: tuple[Path, Path] | None = None
    """A column with the label of the right option, and the one that lists the labels of all."""
    flagged: Path | None = None
    """A column with a list that marks the one right option with 1 and all others with 0."""
    always: str | None = Field(default=None, min_length=1)
    """The letter that is right in every row, before options are put in another order."""

    @model_validator(mode="after")
    def _one_way(self) -> Target:
        if sum(said is not None for _, said in self) != 1:
            raise ValueError(f"give exactly one of {', '.join(type(self).model_fields)}")
        return self

    @property
    def way(self) -> str:
        """Which of them is given."""
        return next(name for name, said in self if said is not None)


class Tests(Record):
    """The columns that say how programs are tried."""

    check: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(min_length=1)
    """Python that ends without an error if a program is right: a column with one text or a list of them, or words with
    columns in braces. All must pass."""
    setup: Path | None = None
    """A column with Python that runs before the program: one text or a list of them, which may be empty."""


class Columns(Record):
    """Which column of a foreign file becomes which part of a sample."""

    input: str = Field(min_length=1)
    """A column, or words with columns in braces: ``"{topic}: {question}"``."""
    target: Annotated[Target, BeforeValidator(_as_text)]
    choices: Annotated[tuple[Path, ...], BeforeValidator(_listed)] = ()
    """One column that lists the options, or several with one option each, of which the last ones may be empty."""
    tests: Tests | None = None
    """What programs are tried on, for the kind ``code``."""
    id: Path | None = None
    """By default the name of the task with the number of the row."""
    level: Path | None = None
    """A column with a whole number ≥ 1 in it, such as ``Level 3``; without one every sample has level 1."""
    keep: Annotated[tuple[Path, ...], BeforeValidator(_listed)] = ()
    """Columns that go into the sample's metadata."""


class HubFiles(Record):
    """Files of a data set on the Hugging Face hub, at one revision."""

    dataset: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    """``owner/name``."""
    revision: str = Field(pattern=r"^[0-9a-f]{40}$")
    """The commit; a branch would change under a run."""
    files: dict[Path, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None] = Field(min_length=1)
    """The path of each file with its SHA-256. With ``null`` the first copy that is pulled is taken for right, and later
    ones must equal it."""


class Receipt(Record):
    """What was pulled: kept beside the files, so that they are noticed if they change."""

    dataset: str
    revision: str
    files: dict[str, str]
    """The SHA-256 of each file by its path."""


RECEIPT = "receipt.json"
"""The name of the file with the receipt."""


class Gym(Record):
    """Questions that ``reasoning-gym`` makes, the same for the same seed and version."""

    family: str = Field(min_length=1)
    """Its name of the procedure, such as ``chain_sum``."""
    size: int = Field(ge=1, le=100_000)
    """Questions of each level."""
    seed: int = Field(default=0, ge=0)
    levels: tuple[dict[str, Any], ...] = ({},)
    """The procedure's parameters for each level, from easy to hard."""


class TaskData(Record):
    """Where the samples come from: exactly one of ``files``, ``hub`` and ``gym``."""

    files: Annotated[tuple[Path, ...], BeforeValidator(_listed)] | None = None
    """Files beside the head, or by their paths: ``.jsonl``, ``.json``, ``.csv``, ``.tsv`` (all also with ``.gz``) or
    ``.parquet``."""
    hub: HubFiles | None = None
    gym: Gym | None = None
    columns: Annotated[tuple[Columns, ...], BeforeValidator(_listed)] = ()
    """What the columns are. Of several mappings the first counts whose columns the file has. Without any, every row is
    a sample already."""
    header: tuple[Path, ...] = ()
    """The names of the columns of a CSV file that has no line of names."""
    where: dict[str, str | int | bool] = {}
    """Only rows that have these values in these columns."""
    padding: str = later("")
    """What stands for an option that is none, where rows have fewer options than the file has room for."""
    shuffle: int | None = Field(default=None, ge=0)
    """Options go in an order of their own for each sample, drawn by this seed: where the first is always right."""
    samples: int | None = Field(default=None, ge=1)
    """How many samples there are, where that is known."""
    levels: tuple[int, ...] = (1,)
    """The levels that there are."""
    digest: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of what is asked and what is right, whatever the file's format; ``agentscale catalog tasks --show`` tells
    that of samples that are here."""

    @model_validator(mode="after")
    def _one_place(self) -> TaskData:
        if sum(place is not None for place in (self.files, self.hub, self.gym)) != 1:
            raise ValueError("give exactly one of files, hub, gym")
        if self.gym is not None and (self.columns or self.where or self.header):
            raise ValueError("what a gym makes has no columns: leave columns, where and header out")
        if not self.columns and (self.where or self.header or self.shuffle is not None):
            raise ValueError("where, header and shuffle are for foreign columns: say under columns what they are")
        return self
