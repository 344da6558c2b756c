"""Scoring: text → answer, answers → one answer, answer → score. Calls no model; missing is a value, not an error."""

from __future__ import annotations

from agentscale.scoring.attitudes import read_attitude
from agentscale.scoring.base import Extractor, Found, Reading
from agentscale.scoring.expressions import canonical_math
from agentscale.scoring.extractors import EXTRACTORS
from agentscale.scoring.grading import RUBRIC, grading
from agentscale.scoring.letters import letters
from agentscale.scoring.numbers import canonical_number
from agentscale.scoring.reading import chain_of, read
from agentscale.scoring.rereading import reread
from agentscale.scoring.texts import canonical_text
from agentscale.scoring.voting import (
    Decision,
    decide,
    decide_chain,
    decide_world,
    expected_score,
    is_correct,
    plurality,
    rightness,
    settle,
)

__all__ = [
    "EXTRACTORS",
    "RUBRIC",
    "Decision",
    "Extractor",
    "Found",
    "Reading",
    "canonical_math",
    "canonical_number",
    "canonical_text",
    "chain_of",
    "decide",
    "decide_chain",
    "decide_world",
    "expected_score",
    "grading",
    "is_correct",
    "letters",
    "plurality",
    "read",
    "read_attitude",
    "reread",
    "rightness",
    "settle",
]
