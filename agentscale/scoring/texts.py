"""Free texts: one canonical text for all wordings that differ in nothing but case, signs, articles and spaces."""

from __future__ import annotations

import re
import unicodedata

from agentscale.scoring.cleaning import plain
from agentscale.scoring.numbers import canonical, whole_number

_ARTICLE = re.compile(r"^(?:the|an?) (?=.)")
_EDGES = re.compile(r"^(?:(?!-\.?[0-9])[\W_])+|[\W_]+$")
_REFUSAL = re.compile(
    r"\W{0,4}(?:(?:i'm|i am|we are|we're) (?:very |so |really )?sorry\b|sorry\b|as an? (?:ai|language model)\b|"
    r"(?:unfortunately,? )?(?:i|we) (?:can't|cannot|can not|am unable to|am not able to|won't|will not|must decline)\b|"
    r"i (?:do not|don't) (?:know|have (?:an |the |enough )))",
    re.IGNORECASE,
)


def canonical_text(text: str) -> str:
    """The text as it is compared and as it votes: in lower case, without mark-up, article and signs around it.

    What is nothing but a number becomes the number's canonical text. Empty where there is no letter and no digit.
    """
    before = None
    while text != before:
        before, text = text, _once_folded(text)
    return text


def _once_folded(text: str) -> str:
    bare = plain(text)
    value = whole_number(bare)
    if value is not None:
        return canonical(value)
    folded = " ".join(unicodedata.normalize("NFKC", bare).casefold().split())
    return _ARTICLE.sub("", _EDGES.sub("", folded))


def declines(text: str) -> bool:
    """Whether a plain text begins by saying that it gives no answer."""
    return _REFUSAL.match(text) is not None
