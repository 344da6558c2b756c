"""The examples on the pages about tools, adaptive teams and worlds are files that load."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from agentscale.cli.pages import page
from agentscale.experiment import load

BASE: dict[str, Any] = {
    "models": {name: {"scripted": {"replies": ["A"]}} for name in ("small", "big")},
    "task": "./quiz",
}


WORLD: dict[str, Any] = {
    "models": {"good": {"policy": "optimal"}, "big": {"policy": "silent"}},
    "task": {"name": "mazes", "limit": 1},
    "team": {"size": 2},
    "protocol": "world",
}


def blocks(topic: str, keys: str = "protocol|tools") -> list[str]:
    """The indented blocks of a page that are keys of an experiment file, the first of them one of ``keys``."""
    found = re.findall(r"(?:^(?: {4}.*|[ \t]*)\n)+", page(topic), re.MULTILINE)
    return [dedent(block) for block in found if re.match(rf"\s*({keys}):", block)]


@pytest.mark.parametrize("block", [*blocks("adaptive"), *blocks("tools")])
def test_an_example_loads(block: str, desk: Path) -> None:
    (desk / "capitals.csv").write_text("country,capital\nFrance,Paris\n", "utf-8")
    (desk / "mytools.py").write_text('def solve(x: int) -> str:\n    """Solves."""\n    return ""\n', "utf-8")
    (desk / "exp.yaml").write_text(yaml.safe_dump({**BASE, **yaml.safe_load(block)}), "utf-8")
    assert load("exp.yaml").header.cells


@pytest.mark.parametrize("block", blocks("worlds", "task|team|models"))
def test_an_example_of_worlds_loads(block: str, desk: Path) -> None:
    (desk / "exp.yaml").write_text(yaml.safe_dump({**WORLD, **yaml.safe_load(block)}), "utf-8")
    assert load("exp.yaml").header.cells


def test_the_pages_have_examples() -> None:
    assert (len(blocks("adaptive")), len(blocks("tools"))) == (3, 1)
    assert len(blocks("worlds", "task|team|models")) >= 4
