"""The program in a fenced block."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import dedent

from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.base import NO_ANSWER, Extractor, Found
from agentscale.scoring.extractors.bare_program import defines, is_program

_FENCE = re.compile(r"^([ \t]{0,12})(`{3,}|~{3,})[ \t]{0,4}([A-Za-z0-9+#.-]{0,20})[^\n`]{0,100}$", re.MULTILINE)
_PYTHON = frozenset({"", "python", "python3", "py", "py3"})


def _find(text: str, kind: AnswerKind, choices: Sequence[str]) -> Found | None:
    """The last block of Python that defines something, else the last that is a program, else the last that says it is.

    So examples of use, outputs and doctests after a solution do not pass for it. Blocks of another language alone are
    no answer.
    """
    blocks = _blocks(text)
    if not blocks:
        return None
    programs = [block for language, block in blocks if language in _PYTHON and is_program(block)]
    broken = [block for language, block in blocks if language in _PYTHON - {""} and block.strip()]
    chosen = [block for block in programs if defines(block)] or programs or broken
    return Found(chosen[-1]) if chosen else NO_ANSWER


def _blocks(text: str) -> list[tuple[str, str]]:
    """Language and content of every fenced block, in order; one that never closes ends with the text."""
    found: list[tuple[str, str]] = []
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opened is None:
            opened = fence
        elif fence[2].startswith(opened[2]) and not fence[3]:
            found.append((opened[3].lower(), _content(text[opened.end() : fence.start()])))
            opened = None
    if opened is not None:
        found.append((opened[3].lower(), _content(text[opened.end() :])))
    return found


def _content(text: str) -> str:
    return dedent(text.replace("\r\n", "\n")).strip("\n") + "\n"


CODE_BLOCK = Extractor("code_block", 1, {"code": "raw"}, _find)
