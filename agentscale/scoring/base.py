"""What reading an answer gives, and what an extractor is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from agentscale.schema.calls import Missing
from agentscale.schema.tasks import AnswerKind


class Reading(NamedTuple):
    """What was read from a completion."""

    answer: str | None
    """A letter in upper case, a number in canonical form, an expression, a program or a text; ``None`` where it is
    missing."""
    missing: Missing | None
    """Why there is no answer."""
    by: str
    """The extractor that decided, as ``name@version``; ``finish@1`` where the reason of the endpoint did."""
    given: str | None = None
    """The answer in its own words, where those are not ``answer`` itself."""


class Found(NamedTuple):
    """What an extractor decided. It ends the chain, also where it says that there is no answer."""

    answer: str | None
    missing: Missing | None = None
    given: str | None = None


NO_ANSWER = Found(None, "no_answer")
"""The place where the answer should stand holds none that can be read: nothing else in the text may pass for it."""


REFUSED = Found(None, "refused")
"""The text declines to answer."""

Form = Literal["plain", "signs", "raw"]
"""What an extractor is given of a text, after its thinking: ``plain``, no mark-up (see `agentscale.scoring.cleaning`);
``signs``, mark-up as it is and ASCII signs for those that look like them, for LaTeX; ``raw``, every sign as it was
written, for programs and JSON."""


@dataclass(frozen=True, slots=True)
class Extractor:
    """One way to find an answer in a text. A change of what it finds is a new version."""

    name: str
    version: int
    kinds: Mapping[AnswerKind, Form]
    """The kinds of answer that it can find, and for each the form in which it wants the text."""
    find: Callable[[str, AnswerKind, Sequence[str]], Found | None]
    """From a text, the kind and the options to a decision, or ``None`` to ask the next of the chain."""
    sooner: Callable[[str, AnswerKind, Sequence[str]], Found | None] | None = None
    """What ``find`` would decide, told from the text as it was written by looking at a part of it; ``None`` where that
    part is not enough."""

    @property
    def id(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"
