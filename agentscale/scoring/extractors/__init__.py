"""Extractors: named, versioned ways from a text to an answer.

To add one: a file with an ``Extractor``, and its line in ``EXTRACTORS``.
"""

from __future__ import annotations

from agentscale.scoring.base import Extractor
from agentscale.scoring.extractors.bare_program import BARE_PROGRAM
from agentscale.scoring.extractors.boxed import BOXED
from agentscale.scoring.extractors.code_block import CODE_BLOCK
from agentscale.scoring.extractors.json_field import JSON_FIELD
from agentscale.scoring.extractors.last_number import LAST_NUMBER
from agentscale.scoring.extractors.letter import LETTER
from agentscale.scoring.extractors.mark import MARK
from agentscale.scoring.extractors.option_text import OPTION_TEXT
from agentscale.scoring.extractors.step import STEP
from agentscale.scoring.extractors.whole_text import WHOLE_TEXT
from agentscale.scoring.extractors.words import WORDS

EXTRACTORS: dict[str, Extractor] = {
    "bare_program": BARE_PROGRAM,
    "boxed": BOXED,
    "code_block": CODE_BLOCK,
    "json_field": JSON_FIELD,
    "last_number": LAST_NUMBER,
    "letter": LETTER,
    "mark": MARK,
    "option_text": OPTION_TEXT,
    "step": STEP,
    "whole_text": WHOLE_TEXT,
    "words": WORDS,
}
"""All extractors by name."""
