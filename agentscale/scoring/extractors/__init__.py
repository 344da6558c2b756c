"""Extractors: named, versioned ways from a text to an answer.

To add one: a file with an ``Extractor``, and its line in ``EXTRACTORS``.
"""

from __future__ import annotations

from agentscale.scoring.base import Extractor
from agentscale.scoring.extractors.last_number import LAST_NUMBER
from agentscale.scoring.extractors.letter import LETTER
from agentscale.scoring.extractors.mark import MARK
from agentscale.scoring.extractors.option_text import OPTION_TEXT
from agentscale.scoring.extractors.step import STEP

EXTRACTORS: dict[str, Extractor] = {
    "last_number": LAST_NUMBER,
    "letter": LETTER,
    "mark": MARK,
    "option_text": OPTION_TEXT,
    "step": STEP,
}
"""All extractors by name."""
