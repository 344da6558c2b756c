"""Run folders: what a run leaves on disk, around its recording. This room reads and writes; it interprets nothing.

::

    <run>/experiment.yaml       the file as it was run
          run.json              the header: cells, teams, graphs, digests, versions
          questions.jsonl       the questions with their targets
          recording/            every call, the evidence from which the rest is made
          transcripts/          one file a cell, one line a trial
          profiles.json         what endpoints refused and was spelt otherwise, or left out; only where there was any
          batches/              batches of calls that were sent and not yet read; only where an endpoint takes batches
          shares/               which shares of the run are being played, or done; only where it is shared
          earlier/              what described the run before its experiment was changed
          tables/  figures/  embeddings/  logs/  report.html
"""

from __future__ import annotations

from agentscale.store.changing import change
from agentscale.store.folder import RunFolder, questions_digest
from agentscale.store.through import ReadThrough
from agentscale.store.transcripts import TranscriptWriter

__all__ = ["ReadThrough", "RunFolder", "TranscriptWriter", "change", "questions_digest"]
