"""The table of checked values names tests that exist, each once in its row."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
LINES = Path(__file__).with_name("values-of-the-theory.md").read_text("utf-8").splitlines()
ROWS = [[part.strip() for part in line.strip("|").split("|")] for line in LINES if line.startswith("| ")][1:]


@cache
def functions(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]}: {row[1][:40]}" for row in ROWS])
def test_every_checked_value_has_a_test(row: list[str]) -> None:
    assert len(row) == 3
    for name in (names := row[2].split()):
        file, function = name.split("::")
        assert function in functions(TESTS / file), f"{name} is gone: name the test that holds the value now"
    assert names
