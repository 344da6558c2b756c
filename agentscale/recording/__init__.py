"""The recording: append-only segments of calls. This room writes, indexes and looks up, and asks no call what it means.

A folder holds segments, each written by one writer and never appended to by another::

    <stamp>-<pid>-<random>.jsonl          a segment at work, or of a writer that died: plain lines
    <stamp>-<pid>-<random>.jsonl.zst      a closed segment: the same lines in zstd frames
    <stamp>-<pid>-<random>.jsonl.idx      beside it: which call stands where; made anew where it is missing or damaged
    <stamp>-<pid>-<random>.asked          the calls that the writer let go; stays only while some of them have no line
"""

from __future__ import annotations

from agentscale.recording.record import Answer, CallRecord, Clock
from agentscale.recording.recording import Recording

__all__ = ["Answer", "CallRecord", "Clock", "Recording"]
