"""Reads the option that a mark announces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from agentscale.scoring.base import NO_ANSWER, Found
from agentscale.scoring.extractors.letter import explicit
from agentscale.scoring.letters import begins_with_option, contradicts, folded, label_pattern, letters, option_named

_REASON = re.compile(r"(?:because|since|as|is|was|for|due|and is|which|has|would|seems)\b", re.IGNORECASE)
_CLOSED = re.compile(r"[)\]]|[:;,]|[.!?](?![A-Za-z0-9])|[\"'*_]+(?:[ .,:)]|$)| *$| [-=(]| ?—|-{2}")
_FIRST = r"[(\[\"'*_]*({label})(?![A-Za-z0-9'])"
_SECOND = (
    r"[)\].\"'*_]*,? ?(?:,|/|&|\+|-|\band\b|\bor\b) ?(?:option |choice )?[(\[\"'*_]*({label})"
    r"(?![A-Za-z0-9'])(?!(?<=[AI]) [a-z])"
)
_LISTED = r"[)\].]? ?(?:(?!\b(?:because|since|as|is|not|than|over|for)\b)[^.;,()\n]){{0,60}}[(\[]({label})[)\]]"


def marked_choice(tail: str, choices: Sequence[str], *, strict: bool) -> Found | None:
    """The option that the line after a mark gives: by its letter, else by its text.

    Args:
        tail: The line, without what leads up to the answer.
        choices: The options.
        strict: The line holds the answer or none: take a letter that stands further on, such as ``Paris (B)``, if it
            is the only one.

    Returns:
        The letter; ``not_an_option`` for one that no option has; ``NO_ANSWER`` for two letters, or for
        the letter of one option with the text of another; or ``None`` where
        nothing of the kind stands there.
    """
    found = _leading(tail, choices)
    if found is not None:
        return found
    letter = _by_text(tail, choices)
    if letter is not None:
        return Found(letter)
    return explicit(tail, choices) if strict else None


def _leading(tail: str, choices: Sequence[str]) -> Found | None:
    """The letter with which the line begins, if it is one and not the first word of a sentence."""
    first, second, listed = _patterns(label_pattern(choices))
    match = first.match(tail)
    if match is None:
        return None
    rest, letter, known = tail[match.end() :], match[1].upper(), letters(len(choices))
    if letter in known and not folded(rest):
        return Found(letter)  # as the question asks for one, even where another option is called so
    if option_named(tail, choices) not in (None, letter):
        return None
    named = begins_with_option(rest, letter, choices)
    if not (_CLOSED.match(rest) or named or _REASON.match(rest.lstrip())):
        return None
    others = {other[1].upper() for other in (second.match(rest), listed.match(rest)) if other is not None} - {letter}
    if others & set(known) or contradicts(rest, letter, choices):
        return NO_ANSWER
    return Found(letter) if letter in known else Found(None, "not_an_option")


@lru_cache(maxsize=4)
def _patterns(upper: str) -> tuple[re.Pattern[str], ...]:
    """For the letter at the head of a line, and for two ways to name another one behind it."""
    label = f"(?:{upper}|[a-z])"
    return tuple(re.compile(pattern.format(label=label)) for pattern in (_FIRST, _SECOND, _LISTED))


def _by_text(tail: str, choices: Sequence[str]) -> str | None:
    """The letter of the option whose text the line is, or with whose text its first clause ends."""
    clause = re.split(r"[.,;:(](?: |$)| (?:because|since|as) | - | ?—", tail, maxsplit=1)[0]
    return option_named(tail, choices) or option_named(clause, choices)
