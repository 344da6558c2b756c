"""How a line of a segment is written; what it says, and how it is read, stands in ``recording.lines``.

The JSON is put together by hand: one line is written for every call of a run, and most of it is known beforehand.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from zlib import crc32

from agentscale.errors import StoreError
from agentscale.recording.record import LINE_VERSION, CallRecord, Clock
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CallId, Completion, Failure, Message, Usage
from agentscale.schema.record import quoted

Ref = tuple[str, int]
"""Digest of a message and the offset of its line in the segment."""
Quote = Callable[[str], str]
"""Writes a text as JSON."""

INLINE = 80
"""Messages of at most so many characters stand in the call's own line: a reference would not be shorter."""


def message_digest(message: Message) -> str:
    """The digest under which a message is stored once: 128 bits of SHA-256, in hexadecimal."""
    return _text_digest(message.role, message.content)


@lru_cache(maxsize=256)  # a question is asked of every agent of a team
def _text_digest(role: str, content: str) -> str:
    return hashlib.sha256(f"{role}\x1f{content}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def message_line(digest: str, message: Message) -> bytes:
    """The line of a message."""
    head = f'{{"v":1,"message":"{digest}","role":'
    return _sealed(lambda quote: f'{head}{quote(message.role)},"content":{quote(message.content)}')


def call_line(key: str, record: CallRecord, messages: Sequence[Ref | Message]) -> bytes:
    """The line of a call.

    Args:
        key: The record's key, which is costly to compute twice.
        record: The call.
        messages: Its messages, those that have a line of their own as references.

    Raises:
        StoreError: The record has not exactly one of completion and failure, or a number in it is not finite.
    """
    if (record.completion is None) == (record.failure is None):
        raise StoreError(f"a call has either a completion or a failure; got both or neither for {record.id}")
    version = 1 if record.completion is None or not _tells_parts(record.completion.usage) else LINE_VERSION
    head = f'{{"v":{version},"key":"{key}","ok":{"false" if record.completion is None else "true"},"id":'
    return _sealed(lambda quote: f"{head}{_body(record, messages, quote)}")


def _body(record: CallRecord, messages: Sequence[Ref | Message], quote: Quote) -> str:
    request = record.request
    return (
        f'{_id(record.id, quote)},"model":{quote(request.model)},'
        f'"messages":[{",".join([_part(part, quote) for part in messages])}],'
        f'"sampling":{_sampling(request.sampling, quote)},"completion":{_completion(record.completion, quote)},'
        f'"failure":{_failure(record.failure, quote)},"clock":{_clock(record.clock)}'
    )


def _sealed(written: Callable[[Quote], str]) -> bytes:
    """The line whose JSON ``written`` gives, without its end, when it is told how to write texts."""
    try:
        text = written(quoted)
        if "\\ud" in text:  # two halves side by side would be read as one character
            text = written(encode_basestring)
    except (TypeError, ValueError) as error:
        raise StoreError(f"a call cannot be recorded: {error}; allowed: text, finite numbers, None") from error
    body = text.encode("utf-8", "surrogatepass")
    return b'%s,"crc":"%08x"}\n' % (body, crc32(body))


def _id(call: CallId, quote: Quote) -> str:
    return (
        f'{{"seed":{call.seed:d},"task":{quote(call.task)},"sample_id":{quote(call.sample_id)},'
        f'"replicate":{call.replicate:d},"slot":{quote(call.slot)},"role":{quote(call.role)},"round":{call.round:d},'
        f'"turn":{call.turn:d},"step":{call.step:d},"attempt":{call.attempt:d},'
        f'"body":{quote(call.body)},"salt":{quote(call.salt)}}}'
    )


def _part(part: Ref | Message, quote: Quote) -> str:
    if isinstance(part, Message):
        return f'{{"role":{quote(part.role)},"content":{quote(part.content)}}}'
    return f'["{part[0]}",{part[1]}]'


@lru_cache(maxsize=256)
def _sampling(sampling: Sampling, quote: Quote) -> str:
    settings = sampling.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(settings, ensure_ascii=quote is quoted, separators=(",", ":"), allow_nan=False)


def _completion(completion: Completion | None, quote: Quote) -> str:
    if completion is None:
        return "null"
    usage, reasoning = completion.usage, completion.reasoning
    return (
        f'{{"text":{quote(completion.text)},"finish":{quote(completion.finish)},"tokens_in":{_count(usage.tokens_in)},'
        f'"tokens_out":{_count(usage.tokens_out)},{_parts(usage) if _tells_parts(usage) else ""}'
        f'"reasoning":{"null" if reasoning is None else quote(reasoning)}}}'
    )


def _tells_parts(usage: Usage) -> bool:
    return usage.cached_in is not None or usage.reasoning_out is not None


def _parts(usage: Usage) -> str:
    return f'"cached_in":{_count(usage.cached_in)},"reasoning_out":{_count(usage.reasoning_out)},'


def _failure(failure: Failure | None, quote: Quote) -> str:
    if failure is None:
        return "null"
    return f'{{"kind":{quote(failure.kind)},"message":{quote(failure.message)},"status":{_count(failure.status)}}}'


def _clock(clock: Clock) -> str:
    return (
        f'{{"started_s":{_number(clock.started_s)},"latency_s":{_number(clock.latency_s)},"retries":{clock.retries:d}}}'
    )


def _count(value: int | None) -> str:
    return "null" if value is None else f"{value:d}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is no finite number")
    return float.__repr__(value) if isinstance(value, float) else f"{value:d}"
