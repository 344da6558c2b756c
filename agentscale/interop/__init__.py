"""Foreign logs into runs, and runs into foreign formats.

An imported log becomes a run folder that is analyzed like any other. It holds no recording, so it is not replayed.
"""

from __future__ import annotations

from agentscale.interop.building import build
from agentscale.interop.flat import ANSWERS, TRIALS, answers, trials
from agentscale.interop.folder import Imported
from agentscale.interop.plays import Played, Plays
from agentscale.interop.readers import READERS, format_of
from agentscale.interop.utterances import NEEDED, READ, SAMPLED, Foreign, Utterance
from agentscale.interop.writers import WRITERS

__all__ = [
    "ANSWERS",
    "NEEDED",
    "READ",
    "READERS",
    "SAMPLED",
    "TRIALS",
    "WRITERS",
    "Foreign",
    "Imported",
    "Played",
    "Plays",
    "Utterance",
    "answers",
    "build",
    "format_of",
    "trials",
]
