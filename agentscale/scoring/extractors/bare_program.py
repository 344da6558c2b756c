"""A text that is a program as a whole."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence

from agentscale.schema.tasks import AnswerKind
from agentscale.scoring.base import Extractor, Found

MAX_CHARS = 100_000
"""Longest program that is read."""


def parsed(text: str) -> ast.Module | None:
    """The program's syntax tree; ``None`` where the text is none."""
    if len(text) > MAX_CHARS:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that Python will not know one day: the model's, not ours
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_program(text: str) -> bool:
    """Whether a text is Python that does something: names, numbers and texts alone do not."""
    tree = parsed(text)
    return tree is not None and any(not _is_idle(statement) for statement in tree.body)


def defines(text: str) -> bool:
    """Whether a program has a function or a class of its own."""
    tree = parsed(text)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return tree is not None and any(isinstance(statement, kinds) for statement in tree.body)


def _is_idle(statement: ast.stmt) -> bool:
    """Whether a statement is a bare value, as prose and outputs are where they happen to be Python."""
    return isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Call | ast.Await | ast.Yield)


def _find(text: str, kind: AnswerKind, choices: Sequence[str]) -> Found | None:
    program = text.replace("\r\n", "\n").strip("\n") + "\n"
    return Found(program) if is_program(program) else None


BARE_PROGRAM = Extractor("bare_program", 1, {"code": "raw"}, _find)
