"""The tables of answers and of trials as CSV, as Parquet, and as a folder that Hugging Face datasets reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentscale.errors import SpecError
from agentscale.interop.flat import ANSWERS, TRIALS, Row, answers, trials
from agentscale.recording.files import replaced
from agentscale.store.tables import write_csv

if TYPE_CHECKING:
    import pyarrow

    from agentscale.store import RunFolder

_WHOLE = ("replicate", "round", "turn", "place", "tokens_in", "tokens_out", "level", "size", "n_calls", "max_tokens")
_REAL = ("temperature", "top_p", "score")
_YES_OR_NO = ("correct", "used", "tied")
_AT_ONCE = 10_000
"""Rows of one group: a run of any size passes through so much memory."""


def csv(folder: RunFolder, out: Path) -> list[Path]:
    """Writes ``answers.csv`` and ``trials.csv``; no text of theirs is taken for a formula by a spreadsheet.

    Raises:
        StoreError: If the run cannot be read, or ``out`` not be written.
    """
    write_csv(out / "answers.csv", tuple(ANSWERS), answers(folder))
    write_csv(out / "trials.csv", tuple(TRIALS), trials(folder))
    return [out / "answers.csv", out / "trials.csv"]


def parquet(folder: RunFolder, out: Path) -> list[Path]:
    """Writes ``answers.parquet`` and ``trials.parquet``.

    Raises:
        SpecError: If pyarrow is not installed.
        StoreError: If the run cannot be read, or ``out`` not be written.
    """
    _write_parquet(out / "answers.parquet", ANSWERS, answers(folder))
    _write_parquet(out / "trials.parquet", TRIALS, trials(folder))
    return [out / "answers.parquet", out / "trials.parquet"]


def dataset(folder: RunFolder, out: Path) -> list[Path]:
    """Writes a folder for ``datasets.load_dataset(FOLDER, "answers")``: Parquet, and a card that describes it.

    Raises:
        SpecError: If pyarrow is not installed.
        StoreError: If the run cannot be read, or ``out`` not be written.
    """
    (out / "data").mkdir(exist_ok=True)
    paths = parquet(folder, out / "data")
    with replaced(out / "README.md") as file:
        file.write(_card(folder).encode())
    return [*paths, out / "README.md"]


def _write_parquet(path: Path, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        remedy = "pip install 'agentscale[parquet]', or export to csv"
        raise SpecError("Parquet needs pyarrow, which is not installed", remedy=remedy) from None
    schema = pyarrow.schema([_field(name, about) for name, about in columns.items()])
    with replaced(path) as file, pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _groups(rows):
            writer.write_table(pyarrow.Table.from_pylist([_encodable(row) for row in group], schema))


def _field(name: str, about: str) -> pyarrow.Field:
    import pyarrow

    kinds = {
        **dict.fromkeys(_WHOLE, pyarrow.int64()),
        **dict.fromkeys(_REAL, pyarrow.float64()),
        **dict.fromkeys(_YES_OR_NO, pyarrow.bool_()),
    }
    return pyarrow.field(name, kinds.get(name, pyarrow.string()), metadata={"description": about})


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while group := list(islice(left, _AT_ONCE)):
        yield group


def _encodable(row: Row) -> Row:
    """The row without lone surrogates, which no Parquet file can hold: they stand there in escapes."""
    return {name: _text(value) if isinstance(value, str) else value for name, value in row.items()}


def _text(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()


def _card(folder: RunFolder) -> str:
    def table(columns: Mapping[str, Any]) -> str:
        rows = "\n".join(f"| `{name}` | {about} |" for name, about in columns.items())
        return f"| column | what it holds |\n|---|---|\n{rows}\n"

    parts = "".join(f"- config_name: {name}\n  data_files: data/{name}.parquet\n" for name in ("answers", "trials"))
    header = folder.header
    return (
        f"---\nconfigs:\n{parts}---\n# {header.name}\n\n"
        f"A run of agentscale {header.versions.get('agentscale', '')}: {len(header.cells)} cells, "
        f"tasks {', '.join(header.tasks)}, seed {header.seed}.\n\n"
        f"## answers\n\nOne row for every answer.\n\n{table(ANSWERS)}\n"
        f"## trials\n\nOne row for every trial: cell, question and replicate.\n\n{table(TRIALS)}"
    )
