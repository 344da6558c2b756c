"""The page on answers names all that there is, and its examples load."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from agentscale.cli.pages import page
from agentscale.experiment import load
from agentscale.schema.calls import Missing
from agentscale.schema.tasks import AnswerKind, Sample
from agentscale.scoring import EXTRACTORS
from agentscale.tools.sandbox import Limit

PAGE = page("answers")


def rows(after: str) -> list[list[str]]:
    """The indented table that follows a heading: name, then the other columns."""
    _, _, rest = PAGE.partition(f"**{after}")
    found = re.search(r"(?:^ {4}\S.*\n)+", rest, re.MULTILINE)
    assert found is not None
    return [re.split(r" {2,}", line.strip()) for line in found[0].splitlines()]


def test_every_kind_extractor_reason_and_limit_is_told() -> None:
    assert {row[0] for row in rows("Kinds.")} == set(get_args(AnswerKind))
    assert {row[0] for row in rows("Reasons.")} == set(get_args(Missing))
    told = {row[0]: row[2] for row in rows("Extractors.")}
    assert set(told) == set(EXTRACTORS)
    for name, kinds in told.items():
        if kinds != "all of these, and code":
            assert kinds.split(", ") == list(EXTRACTORS[name].kinds)
    for limit in get_args(Limit):
        assert f"`{limit}`" in PAGE


def test_the_examples_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "essays").mkdir()
    head = {"kind": "text", "extract": ["whole_text"], "instruction": "Write.", "rubric": "It names Paris."}
    said = {"name": "essays", "description": "Essays.", "version": "1", "licence": "MIT", "source": "here"}
    (tmp_path / "essays" / "task.yaml").write_text(yaml.safe_dump({**said, **head}), "utf-8")
    (tmp_path / "essays" / "samples.jsonl").write_text('{"id": "q", "input": "?", "target": "Paris"}\n', "utf-8")
    examples = re.findall(r"^ {4}(task: .*)$", PAGE, re.MULTILINE)
    assert len(examples) == 2
    for example in examples:
        models = {name: {"scripted": {"replies": ["A"]}} for name in ("small", "big")}
        (tmp_path / "exp.yaml").write_text(yaml.safe_dump({"models": models, **yaml.safe_load(example)}), "utf-8")
        assert load("exp.yaml").header.cells
    sample = json.loads("".join(re.findall(r"^ {4}(\{\"id\".*\n(?: {5}.*\n)+)", PAGE, re.MULTILINE)))
    assert Sample.model_validate(sample).tests is not None
