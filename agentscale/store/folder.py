"""The run folder: where everything of a run stands, and who may write it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agentscale.errors import SpecError, StoreError
from agentscale.recording import Recording
from agentscale.recording.files import explained, replaced
from agentscale.schema.profile import Lesson
from agentscale.schema.run import SCHEMA_VERSION, QuestionRecord, RunHeader, Transcript
from agentscale.schema.search import SearchRow
from agentscale.store import jsonl
from agentscale.store.differences import differences
from agentscale.store.lessons import read_lessons, write_lessons
from agentscale.store.names import member
from agentscale.store.tables import write_csv
from agentscale.store.transcripts import TranscriptWriter
from agentscale.store.trials import Trials

_AGAIN = "restore the file from a copy, or run the experiment into another folder with --out"
_REPLAY = "make the transcripts again from the recording: agentscale replay"


def questions_digest(questions: Iterable[QuestionRecord]) -> str:
    """The SHA-256 of the ``questions.jsonl`` that holds these questions, in hexadecimal (64 characters)."""
    return hashlib.sha256(jsonl.joined(questions)).hexdigest()


class RunFolder:
    """A run on disk. Make one with ``create`` or ``open``.

    Attributes:
        path: The folder.
        header: What was run: enough to run it again and to read its results.
    """

    def __init__(self, path: Path, header: RunHeader) -> None:
        self.path = path
        self.header = header

    @classmethod
    def create(cls, path: Path, header: RunHeader, source: str, questions: Iterable[QuestionRecord]) -> RunFolder:
        """Makes a run folder; it appears whole or not at all.

        Args:
            path: Where; nothing, or an empty folder, may stand there.
            header: What will be run; with its ``questions_digest``, where damage to the questions is to be noticed.
            source: The experiment file as the user wrote it.
            questions: The questions with their targets.

        Raises:
            StoreError: Something stands there already, or the folder cannot be written.
        """
        _check_free(path)
        half = path.parent / f".{path.name[:120]}.{uuid.uuid4().hex}.tmp"
        try:
            with explained(f"make the run folder {path}"):
                (half / "recording").mkdir(parents=True)
                (half / "transcripts").mkdir()
                for name, content in (
                    ("experiment.yaml", source.encode("utf-8", "backslashreplace")),
                    ("questions.jsonl", jsonl.joined(questions)),
                    ("run.json", jsonl.line(header)),
                ):
                    with replaced(half / name) as file:
                        file.write(content)
                half.rename(path)
        finally:
            shutil.rmtree(half, ignore_errors=True)
        return cls(path, header)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Opens a run folder.

        Raises:
            StoreError: It is none, its header is damaged, or a newer agentscale wrote it.
        """
        if not path.is_dir():
            what = "is a file" if path.exists() else "does not exist"
            raise StoreError(f"{path} {what}, not a run folder\n  name a folder that `agentscale run` made")
        if not (path / "run.json").is_file():
            raise StoreError(
                f"{path} is not a run folder: it has no run.json\n  name a folder that `agentscale run` made"
            )
        return cls(path, _read_header(path / "run.json"))

    @property
    def experiment_path(self) -> Path:
        """The experiment file as it was run."""
        return self.path / "experiment.yaml"

    @property
    def report_path(self) -> Path:
        """The page."""
        return self.path / "report.html"

    @property
    def embeddings_path(self) -> Path:
        """The folder of embeddings, which may be dropped."""
        return self.path / "embeddings"

    def figure_path(self, name: str) -> Path:
        """The path of a figure, suffix included in ``name``; its folder is made.

        Raises:
            StoreError: The name is none for a file, or the folder cannot be written.
        """
        return self._member("figures", name, "")

    def log_path(self, name: str) -> Path:
        """The path of the log of a server that the run starts; its folder is made.

        Raises:
            StoreError: The name is none for a file, or the folder cannot be written.
        """
        return self._member("logs", name, ".log")

    def _member(self, kind: str, name: str, suffix: str) -> Path:
        path = member(self.path / kind, name, suffix)
        with explained(f"write into {path.parent}"):
            path.parent.mkdir(exist_ok=True)
        return path

    def questions(self) -> dict[tuple[str, str], QuestionRecord]:
        """The questions with their targets, by task and sample id, in the order of the run.

        Raises:
            StoreError: The file is damaged, names the line where one is to blame; or it is not the one that was
                written, as where lines are gone.
        """
        asked = jsonl.read(self._questions_path, QuestionRecord, self._questions_remedy)
        found = {(question.task, question.sample_id): question for question in asked}
        if not self._questions_are_whole():
            raise self._changed_questions(f"it holds {len(found)} questions, but not those of the run")
        return found

    def mend_questions(self, questions: Iterable[QuestionRecord]) -> None:
        """Writes ``questions.jsonl`` anew, if it is not as it was; else touches nothing.

        Args:
            questions: The questions of the run, as its experiment file still gives them.

        Raises:
            StoreError: These are not the run's questions, or the file cannot be written.
        """
        if self._questions_path.is_file() and self._questions_are_whole():
            return
        content = jsonl.joined(questions)
        if self.header.questions_digest not in (None, hashlib.sha256(content).hexdigest()):
            raise self._changed_questions("the experiment file does not give the run's questions either")
        with replaced(self._questions_path) as file:
            file.write(content)

    @property
    def _questions_path(self) -> Path:
        return self.path / "questions.jsonl"

    @property
    def _questions_remedy(self) -> str:
        return (
            "restore the file from a copy, or run the same experiment into this folder again: "
            f"`agentscale run EXPERIMENT --out {self.path}` writes the file anew and asks nothing that is recorded"
        )

    def _questions_are_whole(self) -> bool:
        with explained(f"read {self._questions_path}"):
            content = self._questions_path.read_bytes()
        return self.header.questions_digest in (None, hashlib.sha256(content).hexdigest())

    def _changed_questions(self, what: str) -> StoreError:
        return StoreError(f"{self._questions_path} has changed since the run: {what}\n  {self._questions_remedy}")

    def lessons(self) -> tuple[Lesson, ...]:
        """What the run has learnt of how its endpoints want to be asked, and what was left out of requests.

        Raises:
            StoreError: The file of lessons cannot be read.
        """
        return read_lessons(self.path)

    def keep_lessons(self, lessons: Iterable[Lesson]) -> None:
        """Writes all lessons of the run, beside those that others have learnt for it meanwhile.

        Raises:
            StoreError: The file of lessons cannot be written.
        """
        known = read_lessons(self.path)
        write_lessons(self.path, [*known, *(lesson for lesson in lessons if lesson not in known)])

    def recording(self, write: bool = False) -> Recording:
        """The recording of the run; ``write`` allows appending.

        Raises:
            StoreError: As ``Recording.open`` does.
        """
        return Recording.open(self.path / "recording", write=write)

    @property
    def has_recording(self) -> bool:
        """Whether anything is recorded, told by the names of files alone."""
        return any((self.path / "recording").glob("*.jsonl*"))

    def adopt_recording(self, source: RunFolder) -> None:
        """Makes the recording of another run this one's own, and what that run learnt; all of it, or nothing.

        Packed segments never change, and become hard links where the file system makes them. Plain ones, which a
        writer may have left and the next one mends, are copied.

        Args:
            source: A run that nobody records into.

        Raises:
            StoreError: This run has a recording already, or the files cannot be read or written.
        """
        if self.has_recording:
            raise StoreError(
                f"{self.path} holds recorded calls already, and cannot take those of {source.path}\n"
                "  choose another folder with --out"
            )
        half = self.path / f".recording.{uuid.uuid4().hex}.tmp"
        try:
            with explained(f"take the recording of {source.path} into {self.path}"):
                half.mkdir()
                for path in sorted((source.path / "recording").iterdir()):
                    if path.suffix in (".zst", ".idx"):
                        _link(path, half / path.name)
                    elif path.suffix == ".jsonl":
                        shutil.copyfile(path, half / path.name)
                if lessons := source.lessons():
                    self.keep_lessons(lessons)
                half.rename(self.path / "recording")
        finally:
            shutil.rmtree(half, ignore_errors=True)

    def has_transcripts(self, cell_id: str) -> bool:
        """Whether transcripts of the cell were written."""
        return self._transcripts(cell_id).is_file()

    def transcripts(self, cell_id: str) -> Iterator[Transcript]:
        """The transcripts of a cell in the order of the design, one at a time.

        Raises:
            StoreError: There are none, or a line is damaged; names file and line.
        """
        if not self.has_transcripts(cell_id):
            raise StoreError(f"{self.path} has no transcripts of cell {cell_id!r}\n  {_REPLAY} {self.path}")
        return jsonl.read(self._transcripts(cell_id), Transcript, f"{_REPLAY} {self.path}")

    def trials(self, cell_id: str) -> Trials:
        """The trials of a cell one by one, also of one that is under way.

        Raises:
            StoreError: The cell's id cannot name a file.
        """
        return Trials(self.path / "transcripts", cell_id)

    def transcript_writer(self, cell_id: str, order: Sequence[tuple[str, int]]) -> TranscriptWriter:
        """A writer for the transcripts of a cell.

        Args:
            cell_id: The cell.
            order: Sample and replicate of every trial, in the order in which they are to stand.

        Raises:
            StoreError: The cell's id cannot name a file, or the folder cannot be written.
        """
        return TranscriptWriter(self._member("transcripts", cell_id, ".jsonl").parent, cell_id, order)

    def _transcripts(self, cell_id: str) -> Path:
        return member(self.path / "transcripts", cell_id, ".jsonl")

    def write_table(self, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Path:
        """Writes ``tables/<name>.csv``, as ``store.tables`` says, and returns its path.

        Raises:
            StoreError: The name is none for a file, or it cannot be written.
        """
        path = self._member("tables", name, ".csv")
        write_csv(path, columns, rows)
        return path

    def keep_search(self, rows: Iterable[SearchRow]) -> None:
        """Writes what came of a search for a graph, ``search.jsonl``, whole.

        Raises:
            StoreError: If it cannot be written.
        """
        with replaced(self.path / "search.jsonl") as file:
            file.write(jsonl.joined(rows))

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the folder for writing while the block runs; never waits.

        Raises:
            StoreError: Another process writes to this run, or the folder cannot be written.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self.path / ".lock", timeout=0)
        with explained(f"lock {self.path}"):
            try:
                lock.acquire()
            except Timeout:
                raise StoreError(
                    f"another process writes to {self.path}\n"
                    "  wait until it is done, or choose another folder with --out"
                ) from None
        try:
            yield
        finally:
            lock.release()

    def differences(self, header: RunHeader) -> list[str]:
        """What differs between the experiment of this run and another, a line each; empty where it is the same."""
        return differences(self.header, header)

    def check_same(self, header: RunHeader) -> None:
        """Makes sure that what is to be resumed here is what was begun here.

        Raises:
            SpecError: It is another experiment; lists the keys that differ with both values.
        """
        found = self.differences(header)
        if found:
            raise SpecError(
                "\n    ".join([f"{self.path} holds another experiment than the one to run now:", *found]),
                remedy="give the changed experiment a folder of its own with --out, undo the change, or go on here "
                "with --changed, which keeps every recorded call",
            )


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path.resolve(), target)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(path, target)


def _check_free(path: Path) -> None:
    with explained(f"make the run folder {path}"):
        if (path / "run.json").exists():
            raise StoreError(f"{path} holds a run already\n  open it to resume, or choose another folder with --out")
        if path.is_dir() and any(path.iterdir()):
            raise StoreError(f"{path} holds other files\n  choose another folder with --out, or empty this one")
        if path.exists() and not path.is_dir():
            raise StoreError(f"{path} is a file, and a run needs a folder\n  choose another one with --out")


def _read_header(path: Path) -> RunHeader:
    with explained(f"read {path}"):
        text = path.read_bytes()
    try:
        version = json.loads(text).get("schema_version")
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise StoreError(
                f"{path} has schema version {version}, this agentscale reads versions up to {SCHEMA_VERSION}\n"
                "  update agentscale"
            )
        return jsonl.decoded(text, RunHeader)
    except (ValueError, AttributeError) as error:
        raise StoreError(f"{path} is damaged: {jsonl.first(error)}\n  {_AGAIN}") from error
