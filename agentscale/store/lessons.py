"""``profiles.json``: what a run has learnt of how its endpoints want to be asked, so that nothing is learnt twice."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from agentscale.errors import StoreError
from agentscale.recording.files import explained, replaced
from agentscale.schema.profile import Lesson, Lessons
from agentscale.store import jsonl

NAME = "profiles.json"


def read_lessons(folder: Path) -> tuple[Lesson, ...]:
    """The lessons of a run folder; none where nothing was learnt.

    Raises:
        StoreError: The file cannot be read, or is damaged.
    """
    path = folder / NAME
    if not path.exists():
        return ()
    with explained(f"read {path}"):
        text = path.read_bytes()
    try:
        return jsonl.decoded(text, Lessons).lessons
    except ValueError as error:
        raise StoreError(
            f"{path} is damaged: {jsonl.first(error)}\n  restore the file from a copy, or remove it: what it holds is "
            "then learnt again"
        ) from error


def write_lessons(folder: Path, lessons: Iterable[Lesson]) -> None:
    """Writes the lessons, in place of those that stand there; whole or not at all.

    Raises:
        StoreError: The file cannot be written.
    """
    with replaced(folder / NAME) as file:
        file.write(jsonl.line(Lessons(lessons=tuple(lessons))))
