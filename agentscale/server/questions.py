"""Which question a conversation is about, told by its words alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from agentscale.schema.calls import Message
from agentscale.schema.run import QuestionRecord

Place = tuple[str, str]
"""Digest of the task, and id of the sample."""


class Found(NamedTuple):
    """A question in a conversation."""

    place: Place
    record: QuestionRecord
    at: int
    """Which message holds it."""


class QuestionFinder:
    """Finds questions in prompts, whatever stands around them.

    A question is found by its text with its choices, the task's instruction left out; else by its text alone, if one
    question only has it. White space counts as one blank. Of several the longest is meant, in the last message that has
    any.

    Args:
        questions: The questions, by task digest and sample id.
    """

    def __init__(self, questions: Iterable[tuple[Place, QuestionRecord]]) -> None:
        self._questions = dict(questions)
        said = _instructions(self._questions.values())
        parts = {place: _parts(each, said[each.task]) for place, each in self._questions.items()}
        self._whole = [(each.whole, place) for place, each in parts.items()]
        self._stems = [(each.stem, place) for place, each in parts.items()]
        self._place_in = lru_cache(4096)(self._look)

    def find(self, messages: Sequence[Message]) -> Found | None:
        """The question that a conversation is about; ``None`` where it holds none that is known."""
        for at in range(len(messages) - 1, -1, -1):
            place = self._place_in(_plain(messages[at].content))
            if place is not None:
                return Found(place, self._questions[place], at)
        return None

    def _look(self, text: str) -> Place | None:
        whole = _longest(self._whole, text)
        if whole:
            return whole[0]
        stems = _longest(self._stems, text)
        return stems[0] if len(stems) == 1 else None


class _Parts(NamedTuple):
    """The words of a question, on one line."""

    whole: str
    stem: str
    """Without its choices."""


def _instructions(questions: Iterable[QuestionRecord]) -> dict[str, str]:
    """The instruction of each task: what all its prompts end with, from a blank line on."""
    prompts: dict[str, list[str]] = {}
    for record in questions:
        prompts.setdefault(record.task, []).append(record.prompt[::-1])
    ends = {task: _shared_start(min(turned), max(turned))[::-1] for task, turned in prompts.items()}
    return {task: end[end.find("\n\n") :] if "\n\n" in end else "" for task, end in ends.items()}


def _shared_start(one: str, other: str) -> str:
    """What both begin with; of the first and the last of sorted texts, what all of them begin with."""
    return "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _parts(record: QuestionRecord, instruction: str) -> _Parts:
    whole = record.prompt.removesuffix(instruction)
    stem = whole.partition(f"\nA) {record.choices[0]}\n")[0] if record.choices else whole
    return _Parts(_plain(whole), _plain(stem))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _longest(known: Sequence[tuple[str, Place]], text: str) -> list[Place]:
    """The places of the longest known text that stands in ``text``."""
    found = [(len(each), place) for each, place in known if _stands_in(each, text)]
    longest = max((length for length, _ in found), default=0)
    return [place for length, place in found if length == longest]


def _stands_in(part: str, text: str) -> bool:
    """Whether ``part`` stands in ``text`` as words of its own: “1 + 1” does not stand in “11 + 12”."""
    at = text.find(part) if part else -1
    while at >= 0:
        before, after = text[at - 1 : at] if at else "", text[at + len(part) : at + len(part) + 1]
        if not _joined(before, part[0]) and not _joined(part[-1], after):
            return True
        at = text.find(part, at + 1)
    return False


def _joined(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum()
