"""Mathematical expressions in plain or LaTeX notation, as texts: told apart from prose, and without their wrapping."""

from __future__ import annotations

import re

from agentscale.scoring.cleaning import in_ascii, plain
from agentscale.scoring.numbers import canonical, whole_number

MAX_CHARS = 500
"""Longest expression that is read."""

_WRAPS = (("$$", "$$"), ("$", "$"), ("\\[", "\\]"), ("\\(", "\\)"), ("**", "**"), ("`", "`"), ("{", "}"))
_BOXED = re.compile(r"\\(?:boxed|fbox)\s{0,4}\{")
_NOISE = re.compile(r"\\(?:left|right|displaystyle|limits|[,;!: ]|quad|qquad)(?![A-Za-z])|~")
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf|operatorname|mbox)\s{0,4}\{([^{}]{0,60})\}")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_WORD = re.compile(r"[A-Za-z]{2,}")
_SHORT = re.compile(r"no|or|is|it|of|to|if|so|we|in|on|as|at|be|by|do|he|me|my|up|us|an|am|go|ok|cm|mm|km|kg|mg|ml")
"""What of two letters is a word or a unit, and no product."""
_KNOWN = re.compile(
    r"(?:arc)?(?:sin|cos|tan)h?|cot|sec|csc|log|exp|sqrt|frac|max|min|gcd|lcm|mod|inf|infinity|theta|alpha|beta|gamma|"
    r"lambda|phi"
)
"""What of three letters or more is no prose."""
_SEGMENT = re.compile(r"\$\$?([^$]{1,500}?)\$\$?|\\\(([^\n]{1,500}?)\\\)|\\\[((?:.|\n){1,500}?)\\\]")
_END = ".,;:"
_SIGNS = {
    ord(sign): f"\\{name} "
    for sign, name in {"π": "pi", "∞": "infty", "≥": "geq", "≤": "leq", "≠": "neq", "±": "pm", "≈": "approx"}.items()
} | {ord("²"): "^2", ord("³"): "^3", ord("°"): "^\\circ"}
"""Signs that people type, in LaTeX."""
_ROOT = re.compile(r"√\s?(?:\(([^()]{1,60})\)|([0-9]+|[A-Za-z]))")
_ROUNDED = re.compile(r"\\approx(?![A-Za-z])")
_GROUPED = re.compile(r"-?[0-9]{1,3}(?: [0-9]{3})+")
_NAME = re.compile(r"[A-Za-z](?:_\{?[A-Za-z0-9]{1,4}\}?)?(?:\([A-Za-z]\))?")
_FOREIGN = re.compile(r"[^\W\d_a-zA-Z\u0370-\u03ff]")
"""A letter that is neither Latin nor Greek: words, as far as we know."""
_LETTER = re.compile(r"[A-Za-z]")


def boxes(text: str) -> list[str]:
    r"""What stands in the boxes of a text, ``\boxed{…}``, in order; a box that never closes is left out.

    Linear in the length of the text but for boxes in boxes, of which the outermost count.
    """
    found: list[str] = []
    at = 0
    while (opened := _BOXED.search(text, at)) is not None:
        end = _closing(text, opened.end())
        if end is None:
            break
        found.append(text[opened.end() : end])
        at = end + 1
    return found


def is_cut_off(text: str) -> bool:
    """Whether the last box of a text never closes."""
    opened = list(_BOXED.finditer(text))
    return bool(opened) and _closing(text, opened[-1].end()) is None


def _closing(text: str, start: int) -> int | None:
    """Where the brace closes that was opened just before ``start``."""
    depth = 1
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    return None


def expression(text: str) -> str | None:
    r"""The expression that a short text is: without delimiters, boxes, words such as units in ``\text{…}``, or stop.

    One that is a plain number gets the number's canonical text, so that ``1/2`` and ``0.5`` are one already here.

    Returns:
        ``None`` where there is none, or the text is prose.
    """
    bare = _unwrapped(_in_latex(in_ascii(text)))
    if not bare or len(bare) > MAX_CHARS or not _is_mathematical(bare):
        return None
    result = _result(bare)
    value = whole_number(plain(result))
    return result if value is None else canonical(value)


def expression_in(line: str) -> str | None:
    """The expression that a line gives: the line itself, else the only one between delimiters in it."""
    whole = expression(line)
    if whole is not None:
        return whole
    found = [next(filter(None, match.groups())) for match in _SEGMENT.finditer(line)]
    return expression(found[0]) if len(found) == 1 else None


def _unwrapped(text: str) -> str:
    """The text without what only wraps it, as often as it is wrapped."""
    bare = ""
    while bare != text:
        bare = text
        text = _once_unwrapped(text.strip().rstrip(_END).strip())
    return " ".join(_NOISE.sub(" ", bare).split())


def _once_unwrapped(text: str) -> str:
    box = _BOXED.match(text)
    if box is not None and _closing(text, box.end()) == len(text) - 1:
        return text[box.end() : -1]
    for opening, closing in _WRAPS:
        inner = text[len(opening) : len(text) - len(closing)]
        if len(text) > len(opening + closing) and text.startswith(opening) and text.endswith(closing):
            if opening == "{" and _closing(text, 1) != len(text) - 1:
                continue
            if (closing not in inner and opening not in inner) or opening == "{":
                return inner
    return text


def _is_mathematical(text: str) -> bool:
    """Whether a text says something, and says it in signs, in one letter or in one word of LaTeX, and not in prose."""
    words = [word.lower() for word in _WORD.findall(_COMMAND.sub(" ", _TEXT.sub(" ", text)))]
    said = _TEXT.sub(r"\1", text)
    says = any(sign.isalnum() for sign in said) or "\\infty" in said or "\\emptyset" in said
    return says and not _FOREIGN.search(said) and "?" not in text and not any(map(_is_prose, words))


def _is_prose(word: str) -> bool:
    return bool(_SHORT.fullmatch(word)) or (len(word) > 2 and not _KNOWN.fullmatch(word))


def _in_latex(text: str) -> str:
    if text.isascii():
        return text
    return _ROOT.sub(lambda found: f"\\sqrt{{{found[1] or found[2]}}}", text).translate(_SIGNS)


def _result(text: str) -> str:
    """What stands after the last ``=`` of ``x = …``, ``f(x) = …`` and ``6 - 1 = …``; other equations stay whole.

    What is only rounded behind ``≈`` does not count, where something exact stands before it.
    """
    text = _ROUNDED.split(text)[0].strip() or text
    if _GROUPED.fullmatch(text):
        return text.replace(" ", "")
    before, equals, after = text.rpartition("=")
    lead = before.rpartition("=")[2].strip()
    if not equals or "," in text or not after.strip() or before[-1:] in "<>!:\\":
        return text
    return after.strip() if _NAME.fullmatch(lead) or not _LETTER.search(_COMMAND.sub("", lead)) else text


def canonical_math(text: str) -> str | None:
    """The expression of a text as it is compared where nobody knows what it means; ``None`` without one."""
    found = expression(text)
    return None if found is None else re.sub(r"\s+", "", found)
