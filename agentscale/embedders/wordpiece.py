"""Texts to the tokens of BERT's uncased vocabulary: cleaned, lowered, split at spaces and punctuation, then in pieces.

The rules are those of BERT's own tokenizer, so that weights trained with it meet the tokens that they know.
Reference: Devlin et al., "BERT", NAACL 2019; pieces after Wu et al., arXiv 1609.08144.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

_LONGEST_WORD = 100  # characters; a longer word is unknown as a whole
_CJK = re.compile(
    "([\u4e00-\u9fff\u3400-\u4dbf\U00020000-\U0002a6df\U0002a700-\U0002b81f\U0002b820-\U0002ceaf\uf900-\ufaff"
    "\U0002f800-\U0002fa1f])"
)


class WordPiece:
    """A tokenizer over a vocabulary.

    Args:
        vocabulary: The pieces in the order of their ids; ``##`` marks one that goes on within a word.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._ids = {piece: at for at, piece in enumerate(vocabulary)}
        self._unknown = self._ids["[UNK]"]
        self._first, self._last = self._ids["[CLS]"], self._ids["[SEP]"]
        self._longest = max(map(len, vocabulary))

    def ids(self, text: str, limit: int) -> list[int]:
        """The ids of a text between the two that frame it, at most ``limit`` in all; empty where it has no word."""
        room = limit - 2
        found: list[int] = []
        for word in _words(text):
            found += self._pieces(word)
            if len(found) >= room:
                break
        return [self._first, *found[:room], self._last] if found else []

    def _pieces(self, word: str) -> list[int]:
        """The longest piece that fits, again and again; one unknown where any of the word fits none."""
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        found, at = [], 0
        while at < len(word):
            piece, end = self._longest_from(word, at)
            if piece is None:
                return [self._unknown]
            found.append(piece)
            at = end
        return found

    def _longest_from(self, word: str, at: int) -> tuple[int | None, int]:
        mark = "##" if at else ""
        for end in range(min(len(word), at + self._longest), at, -1):
            piece = self._ids.get(mark + word[at:end])
            if piece is not None:
                return piece, end
        return None, at


def _words(text: str) -> Iterator[str]:
    """Words without case and accents; every punctuation mark and every Chinese character is a word of its own."""
    spaced = _CJK.sub(r" \1 ", "".join(map(_cleaned, text)))
    for word in spaced.lower().split():
        bare = (char for char in unicodedata.normalize("NFD", word) if unicodedata.category(char) != "Mn")
        yield from _split("".join(bare))


def _cleaned(char: str) -> str:
    """Spaces are one kind of space; what is no character at all is nothing."""
    if char in "\t\n\r" or unicodedata.category(char) == "Zs":
        return " "
    return "" if char == "\ufffd" or unicodedata.category(char).startswith("C") else char


def _split(word: str) -> Iterator[str]:
    start = 0
    for at, char in enumerate(word):
        if _is_punctuation(char):
            if at > start:
                yield word[start:at]
            yield char
            start = at + 1
    if start < len(word):
        yield word[start:]


def _is_punctuation(char: str) -> bool:
    """ASCII signs that are neither letter nor digit count, though Unicode calls some of them symbols."""
    return (char.isascii() and not char.isalnum()) or unicodedata.category(char).startswith("P")
