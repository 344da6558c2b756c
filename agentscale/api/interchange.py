"""Logs of other tools as runs, and runs in the formats of other tools."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from agentscale.api.results import Run
from agentscale.errors import SpecError
from agentscale.recording.files import explained
from agentscale.store import RunFolder


class ImportedRun(NamedTuple):
    """A run made of foreign logs."""

    run: Run
    warnings: tuple[str, ...]
    """What the logs do not tell, or tell twice."""


def import_run(
    paths: str | Path | Sequence[str | Path],
    *,
    format: str | None = None,
    out: str | Path | None = None,
    name: str | None = None,
    extract: Sequence[str] | None = None,
    embedder: str = "use",
) -> ImportedRun:
    """Makes a run folder of foreign logs; ``agentscale help import`` says of which.

    Args:
        paths: The files, of one format.
        format: Its name; by default the file's suffix tells.
        out: The run folder, ``results/<name>`` by default; nothing may stand there.
        name: The run's name, that of the first file by default.
        extract: A chain of extractors that reads all texts anew; by default the log's own answers stand.
        embedder: What makes vectors for K*, in its short form.

    Raises:
        SpecError: If the format is unknown, or a file is not what it should be; names file and line.
        StoreError: If the folder cannot be written.
    """
    from agentscale import interop
    from agentscale.schema.embedding import read

    files = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    if not files:
        raise SpecError("no file is named", remedy="name at least one")
    chosen = interop.format_of(files[0]) if format is None else format
    if chosen not in interop.READERS:
        raise SpecError.unknown("format", chosen, interop.READERS)
    called = name or files[0].stem
    foreign = interop.READERS[chosen](files)
    folder = Path(out) if out is not None else Path("results") / called
    made = interop.build(foreign, folder, name=called, embedder=read(embedder).label, extract=extract)
    return ImportedRun(Run(made.folder), made.warnings)


def export_run(run: str | Path, to: str, out: str | Path | None = None) -> list[Path]:
    """Writes a run in another format; ``agentscale help export`` says in which.

    Args:
        run: The run folder.
        to: The name of the format.
        out: The folder to write into, ``RUN/export/<to>`` by default.

    Returns:
        The files that were written.

    Raises:
        SpecError: If the format is unknown, or what it needs is not installed.
        StoreError: If the run cannot be read, or the folder not be written.
    """
    from agentscale import interop

    if to not in interop.WRITERS:
        raise SpecError.unknown("format", to, interop.WRITERS)
    folder = RunFolder.open(Path(run))
    target = Path(out) if out is not None else folder.path / "export" / to
    with explained(f"write into {target}"):
        target.mkdir(parents=True, exist_ok=True)
        return interop.WRITERS[to](folder, target)
