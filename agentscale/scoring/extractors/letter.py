"""A letter that stands by itself: ``(B)``, ``option B``, ``B.`` at the head of a line, ``is B`` at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.base import NO_ANSWER, Extractor, Found
from agentscale.scoring.heads import Headed, lowered
from agentscale.scoring.letters import contradicts, label_pattern, letters
from agentscale.scoring.marks import after_marks

_REJECTED_BEFORE = re.compile(
    r"(?:\b(?:not|eliminates?|eliminating|excludes?|rules? out|ruled out|unlike|than|nor|neither|against|reject)|n't)"
    r"(?: be)?(?: the)?(?: option| choice| answer)? ?[(\[\"'*_]*$",
    re.IGNORECASE,
)
_REJECTED_AFTER = re.compile(
    r"[)\]\"'*_.]{0,3} ?(?:(?:is|was|are|would be|seems|looks) (?:also |clearly |definitely )?"
    r"(?:not|in?correct|wrong|false|ruled out|out|excluded|eliminated|impossible|unlikely|rejected)"
    r"|(?:isn't|wasn't|can't|cannot|does not|doesn't))\b",
    re.IGNORECASE,
)
_CUE = (
    r"\b(?:so|thus|hence|therefore|choose|chose|pick|picked|select|selected|go with|going with|went with|vote for|"
    r"conclude|answer|it's|must be|is|=>|->|:)"
)
_CUE_HEADS = {
    **dict.fromkeys(("so", "thus", "hence", "therefore", "cho", "pick", "select", "vote for", "conclude"), (0,)),
    **dict.fromkeys(("answer", "it's", "must be", "is", ":"), (0,)),
    " with": tuple(map(len, ("go", "going", "went"))),
    ">": (1,),
}
_CLOSING = re.compile(r"[A-Z](?<=[ (\[\"'*_].)[A-Z]?[)\]\"'*_]*(?:[.,;!\n]| ?(?:\n|$))")
"""A letter at the end of a clause, with or without a cue: of all that is looked for here a cue is the dearest."""
_VERDICT = re.compile(r"[A-Z] (?i:is|would be) ")


class _Form(NamedTuple):
    """A form in which a letter stands by itself: the first group."""

    where: Headed
    conclusive: bool = False
    """What stands so is a conclusion."""
    itemizes: bool = False
    """Lists of options are written so: where several letters stand so, none of them counts."""


class _Candidate(NamedTuple):
    start: int
    letter: str
    conclusive: bool
    """It stands where conclusions stand, and so prevails over letters before it."""


def explicit(text: str, choices: Sequence[str]) -> Found | None:
    """The one letter that stands by itself in a plain text, or of several the last that is a conclusion.

    Letters that the text rejects do not count, nor do lists in which it goes through the options.

    Returns:
        The letter, ``NO_ANSWER`` where several compete, or ``None`` where there is none.
    """
    known = letters(len(choices))
    candidates = sorted(_candidates(text, choices))
    valid = [candidate for candidate in candidates if candidate.letter in known]
    if not valid:
        alone = [candidate for candidate in candidates if candidate.conclusive]
        return Found(None, "not_an_option") if alone else None
    last = valid[-1]
    unique = len({candidate.letter for candidate in valid}) == 1
    return Found(last.letter) if unique or last.conclusive else NO_ANSWER


def _candidates(text: str, choices: Sequence[str]) -> Iterator[_Candidate]:
    lines = "\n" + text  # so that the first line, too, stands after a break
    low = lowered(lines)
    for where, conclusive, itemizes in _forms(label_pattern(choices)):
        found = [match for match in where.matches(lines, low) if _stands(lines, match, choices)]
        listed = itemizes and len({match[1].upper() for match in found}) > 1
        for match in () if listed else found:
            yield _Candidate(match.start(1), match[1].upper(), conclusive)


@lru_cache(maxsize=4)
def _forms(upper: str) -> tuple[_Form, ...]:
    label = f"(?:{upper}|[a-z])"
    bracketed = rf"[(\[](?<![A-Za-z0-9'].)({label})[)\]]"
    named = rf"(?i:\b(?:option|choice|letter)) [(\[\"'*_]*({upper}|[a-z](?=[)\].,;:]|$))(?![A-Za-z0-9'])"
    heading = rf"\n[ \"'*_#>-]{{0,6}}({label})(?:\)|[.:](?= |$))"
    concluded = rf"(?i:{_CUE}),? [(\[\"'*_]*({upper})[)\]\"'*_]*(?=[.,;!]? ?(?:\n|$)|[.,;!] )"
    praised = rf"\b({upper}) (?i:is|would be) (?i:clearly )?(?i:the )?(?i:correct|right|best)\b"
    alone = rf"\n[ \"'*_#>(\[-]{{0,6}}({label})[ \"'*_)\].:!]{{0,6}}$"
    lines, nouns = {"\n": (0,)}, dict.fromkeys(("option ", "choice ", "letter "), (0,))
    return (
        _Form(Headed({"(": (0,), "[": (0,)}, re.compile(bracketed))),
        _Form(Headed(nouns, re.compile(named))),
        _Form(Headed(lines, re.compile(heading, re.MULTILINE)), itemizes=True),
        _Form(Headed(_CUE_HEADS, re.compile(concluded), _CLOSING), conclusive=True),
        _Form(Headed({" is ": (1, 2), " would be ": (1, 2)}, re.compile(praised), _VERDICT), conclusive=True),
        _Form(Headed(lines, re.compile(alone, re.MULTILINE)), conclusive=True),
    )


def _stands(text: str, match: re.Match[str], choices: Sequence[str]) -> bool:
    """Whether the text means the letter: neither rejects it nor puts another option's text behind it."""
    before, after = text[max(0, match.start(1) - 40) : match.start(1)], text[match.end(1) : match.end(1) + 200]
    rejected = _REJECTED_BEFORE.search(before) or _REJECTED_AFTER.match(after)
    return not (rejected or contradicts(after.partition("\n")[0], match[1].upper(), choices))


def _find(text: str, kind: AnswerKind, choices: Sequence[str]) -> Found | None:
    return explicit(after_marks(text), choices)


LETTER = Extractor("letter", 1, {"choice": "plain"}, _find)
