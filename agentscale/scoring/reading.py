"""From a completion to an answer, or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from agentscale.errors import SpecError
from agentscale.schema.calls import Completion, Missing
from agentscale.schema.tasks import AnswerKind
from agentscale.schema.tools import CALLING
from agentscale.scoring.base import Extractor, Form, Reading
from agentscale.scoring.cleaning import in_ascii, plain, spoken
from agentscale.scoring.extractors import EXTRACTORS
from agentscale.scoring.marks import own_part

_FINISH: dict[str, Missing] = {
    "length": "truncated",
    "model_length": "truncated",  # Mistral's word where the context is full
    "content_filter": "refused",
    "refusal": "refused",
    CALLING: "no_answer",  # it wanted tools used, more often than it may
}

_FORMS: dict[Form, Callable[[str], str]] = {
    "plain": lambda said: own_part(plain(said)),
    "signs": lambda said: own_part(in_ascii(said)),
    "raw": lambda said: said,
}


@lru_cache(maxsize=256)
def chain_of(names: tuple[str, ...], kind: AnswerKind) -> tuple[Extractor, ...]:
    """The extractors of a chain.

    Raises:
        SpecError: If a name is unknown, or cannot read answers of this kind.
    """
    fitting = [name for name, extractor in EXTRACTORS.items() if kind in extractor.kinds]
    for index, name in enumerate(names):
        if name not in fitting:
            raise SpecError.unknown(f"extractor of a {kind}", name, fitting, key=f"extract[{index}]")
    return tuple(EXTRACTORS[name] for name in names)


def read(completion: Completion, *, kind: AnswerKind, choices: Sequence[str], chain: Sequence[str]) -> Reading:
    """Reads the answer of a completion.

    A text that was cut off at the cap of tokens is never read: whatever stands in it was not yet the answer.

    Args:
        completion: Text and reason of its end. Reasoning text is not read.
        kind: What kind of answer is wanted.
        choices: The options, in order; empty where there are none.
        chain: Names of extractors, tried in order until one decides.

    Raises:
        SpecError: If the chain names an extractor that does not exist for this kind.
    """
    names = tuple(chain)
    chain_of(names, kind)
    return unfinished(completion) or _read_text(completion.text, kind, tuple(choices), names)


def unfinished(completion: Completion) -> Reading | None:
    """Why a completion is not to be read at all, whatever its text is; ``None`` where it may be."""
    missing = _FINISH.get(completion.finish)
    return None if missing is None else Reading(None, missing, "finish@1")


@lru_cache(maxsize=1024)  # cells that share a call read the same text
def _read_text(raw: str, kind: AnswerKind, choices: tuple[str, ...], names: tuple[str, ...]) -> Reading:
    extractors = chain_of(names, kind)
    said = spoken(raw)
    forms: dict[Form, str] = {}
    for extractor in extractors:
        found = None if forms or extractor.sooner is None else extractor.sooner(said, kind, choices)
        if found is None:
            form = extractor.kinds[kind]
            if form not in forms:
                forms[form] = _FORMS[form](said)
            found = extractor.find(forms[form], kind, choices)
        if found is not None:
            return Reading(found.answer, found.missing, extractor.id, found.given)
    return Reading(None, "no_answer", extractors[-1].id)
