"""Finds the places where a text announces its answer: ``Final answer:`` first of all, then ``answer:`` and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from agentscale.scoring.heads import Headed, lowered

WINDOW = 2_000
"""Characters after a mark in which its answer must stand."""
LONGEST = 20_000
"""Characters at the end of a text without a mark in which an answer is looked for."""

_WORTH = tuple(map(len, ("correct", "right", "best")))
_FINAL = Headed(
    {"final ": (0,)},
    re.compile(
        r"\bfinal {1,3}answer[ \"'_)\]*]{0,6}(?:is\b[ ]{0,2}[:=]?|[:=]>?|-{1,2}>|-{1,2} |$)",
        re.IGNORECASE | re.MULTILINE,
    ),
)
_LOOSE = Headed(
    {"answer": (0,), " option": _WORTH, " choice": _WORTH},
    re.compile(
        r"\b(?:answer|(?:correct|right|best) (?:option|choice))[ \"'_)\]*]{0,6}"
        r"(?:(?:is|was|would be|will be|should be|must be)\b[ ]{0,2}[:=]?|[:=]>?|-{1,2}>)",
        re.IGNORECASE,
    ),
)
_CONDITION = re.compile(r"\b(?:if|whether|why|unless|suppose|assum(?:e|ing)|not)\b[^.\n]{0,20}$", re.IGNORECASE)
_FILLER = re.compile(
    r"(?:[ \n\"'*_#:=]|(?:so|thus|hence|therefore|the|my|our|correct|right|best|most likely|final|answer|option|"
    r"choice|letter|number|is|would be|will be|should be|must be|approximately|about|around|roughly|exactly|"
    r"probably|likely|definitely|clearly)\b)*",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"[(\[](?:[A-Za-z]{1,12} ){0,4}(?:letter|number|answer|option|choice|value|integer|digit|result)s?"
    r"(?: [^()\[\]\n]{0,40})?(?:[)\]]|$)|[(\[]? ?(?:\.{2,}|…|_{2,}|\?+) ?[)\]]?$",
    re.IGNORECASE,
)
_LIST = re.compile(r"(?:1[.)] [^\n]*\n{1,3} {0,4}2[.)] |\(?A[.):] ?[^\n]*\n{1,3} {0,4}\(?B[.):])")
_NEXT_QUESTION = re.compile(r"\n(?i:question|q|user|human) ?[0-9]{0,3}:")

Spans = Sequence[tuple[int, int]]


class Mark(NamedTuple):
    """A place where an answer is announced."""

    start: int
    """Where the announcement begins in the text."""
    tail: str
    """The line that the announcement opens, without what only leads up to the answer: ``B) Paris`` of
    ``the correct option is **B) Paris**``."""
    rest: str
    """The same with all that follows it, up to the next announcement."""


def final_marks(text: str) -> Iterator[Mark]:
    """The filled marks ``Final answer:`` of a plain text, from last to first.

    A mark is not filled where nothing, a placeholder or a list of all options follows.
    """
    return _filled(text, _final(text))


def loose_marks(text: str) -> Iterator[Mark]:
    """The filled marks ``answer:``, ``the answer is`` and the like, from last to first, without conditional ones."""
    for mark in _filled(text, _loose(text)):
        if not _CONDITION.search(text[max(0, mark.start - 30) : mark.start]):
            yield mark


def is_left_open(text: str) -> bool:
    """Whether a plain text has marks ``Final answer:`` and none of them is filled."""
    return bool(_final(text)) and next(final_marks(text), None) is None


def after_marks(text: str) -> str:
    """What stands after the last mark; the whole text where there is none. Of a very long text, its end."""
    ends = [end for spans in (_final(text), _loose(text)) for _, end in spans]
    rest = text[max(ends, default=0) :]
    # The cut may fall into a number: what is left of its word goes too.
    return rest if len(rest) <= LONGEST else rest[-LONGEST:].partition(" ")[2]


def closing_lines(said: str) -> str | None:
    """A text as it was written from the line of its last ``Final answer`` on.

    ``None`` where the lines before could change what stands there: by another question, or by mark-up over several
    lines; and where signs may only look like those of the mark.
    """
    low = said.lower()
    at = low.rfind("final answer")
    asks = "question" in low or "\nq" in low or "user" in low or "human" in low
    if at < 0 or asks or not said.isascii():
        return None
    start = said.rfind("\n", 0, at) + 1
    return None if low.startswith("q") or "\\" in said[:start] else said[start:]


def own_part(text: str) -> str:
    """The text up to where a model that has answered goes on to ask itself the next question."""
    lines = "\n" + text  # each line after its break, which is quicker to find than the head of a line
    if not _NEXT_QUESTION.search(lines):
        return text
    firsts = [next(_filled(text, spans, forward=True), None) for spans in (_final(text), _loose(text))]
    answered = min((mark.start for mark in firsts if mark is not None), default=len(text))
    following = _NEXT_QUESTION.search(lines, answered)
    return text if following is None else text[: following.start()]


@lru_cache(maxsize=2)  # the extractors of a chain ask in turn for the same text
def _final(text: str) -> Spans:
    """Where a text announces a final answer, whether one follows or not."""
    return [match.span() for match in _FINAL.matches(text, lowered(text))]


@lru_cache(maxsize=2)
def _loose(text: str) -> Spans:
    return [match.span() for match in _LOOSE.matches(text, lowered(text))]


def _filled(text: str, spans: Spans, *, forward: bool = False) -> Iterator[Mark]:
    stops = [*(start for start, _ in spans[1:]), len(text)]
    places = list(zip(spans, stops, strict=False))
    for (start, end), stop in places if forward else reversed(places):
        rest = _rest(text[end : min(stop, end + WINDOW)])
        if rest:
            yield Mark(start, rest.partition("\n")[0].strip(), rest)


def _rest(after: str) -> str:
    """What follows an announcement, without what only leads up to the answer; empty where that is none."""
    lead = _FILLER.match(after)
    assert lead is not None  # it may be empty
    rest = after[lead.end() :]
    if _LIST.match(rest):
        return ""
    rest = re.sub(r"^[->] ", "", rest) if "\n" in lead[0] else rest
    line = rest.partition("\n")[0].strip()
    return "" if not line or _PLACEHOLDER.match(line) else rest
