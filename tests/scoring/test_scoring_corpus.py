from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from agentscale.schema.calls import Completion
from agentscale.scoring import Reading, read

GROUPS = yaml.safe_load((Path(__file__).parent / "corpus.yaml").read_text(encoding="utf-8"))
CHAINS = {
    "choice": ("mark", "letter", "option_text"),
    "number": ("mark", "last_number"),
    "math": ("boxed", "mark", "last_number"),
    "code": ("json_field", "code_block", "bare_program"),
    "text": ("json_field", "boxed", "mark", "whole_text"),
}
REASONS = {"no_answer", "not_an_option", "truncated", "refused"}
CASES = [
    pytest.param(group, text, wanted, id=f"{group['group']}: {text[:40]!r}")
    for group in GROUPS
    for text, wanted in group["cases"]
]


def read_as(group: dict[str, Any], text: str) -> Reading:
    kind = str(group["kind"])
    completion = Completion(text, str(group.get("finish", "stop")))
    return read(completion, kind=kind, choices=tuple(group.get("choices", ())), chain=group.get("chain", CHAINS[kind]))


def test_the_corpus_has_hundreds_of_texts_of_every_kind():
    assert len(CASES) >= 300
    assert {group["kind"] for group in GROUPS} == set(CHAINS)


@pytest.mark.parametrize(("group", "text", "wanted"), CASES)
def test_a_text_is_read_as_a_careful_reader_reads_it(group, text, wanted):
    reading = read_as(group, text)
    expected = (None, wanted) if wanted in REASONS else (wanted, None)
    assert (reading.answer, reading.missing) == expected
