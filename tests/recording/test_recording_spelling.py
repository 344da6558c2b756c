"""The lines that are put together by hand are the JSON that a library would write, byte for byte."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import StoreError
from agentscale.recording import CallRecord, Clock
from agentscale.recording.lines import DamagedLine, read_call, read_message
from agentscale.recording.spelling import call_line, message_digest, message_line
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CallId, ChatRequest, Completion, Failure, Message, Usage

TEXT = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["\ud83d\ude00", "\ud800x", 'a"\\\\ud', "\x00\x7f\u2028é"]
)
COUNT = st.none() | st.integers(0, 2**40)
SECONDS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 2**40)
SAMPLING = st.sampled_from([Sampling(), Sampling(temperature=0.5, stop=("\n", "é\ud83d")), Sampling(seed="derived")])
MESSAGES = st.lists(st.builds(Message, st.sampled_from(["system", "user", "assistant"]), TEXT), max_size=3).map(tuple)
IDS = st.builds(
    lambda sample, slot, round, salt: CallId(7, "t" * 64, sample, 1, slot, "agent", round, 2, 3, 4, "b" * 64, salt),
    *(TEXT, TEXT, st.integers(0, 99), TEXT),
)
COMPLETIONS = st.builds(Completion, TEXT, TEXT, st.builds(Usage, COUNT, COUNT, COUNT, COUNT), st.none() | TEXT)
FAILURES = st.builds(Failure, TEXT, TEXT, COUNT)


def by_library(fields: dict[str, Any]) -> bytes:
    """The line as the standard library writes it: ASCII, or UTF-8 where there is a surrogate."""
    text = json.dumps(fields, separators=(",", ":"), allow_nan=False)
    if "\\ud" in text:
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    body = text[:-1].encode("utf-8", "surrogatepass")
    return body + b',"crc":"%08x"}\n' % crc32(body)


def fields_of(key: str, record: CallRecord) -> dict[str, Any]:
    said = record.completion
    told = {} if said is None else {name: getattr(said.usage, name) for name in ("cached_in", "reasoning_out")}
    parts = told if any(count is not None for count in told.values()) else {}
    return {
        "v": 2 if parts else 1,
        "key": key,
        "ok": said is not None,
        "id": {name: getattr(record.id, name) for name in CallId.__slots__},
        "model": record.request.model,
        "messages": [{"role": message.role, "content": message.content} for message in record.request.messages],
        "sampling": record.request.sampling.model_dump(mode="json", exclude_defaults=True),
        "completion": said
        and {
            "text": said.text,
            "finish": said.finish,
            "tokens_in": said.usage.tokens_in,
            "tokens_out": said.usage.tokens_out,
            **parts,
            "reasoning": said.reasoning,
        },
        "failure": record.failure and {name: getattr(record.failure, name) for name in Failure.__slots__},
        "clock": {name: getattr(record.clock, name) for name in Clock.__slots__},
    }


@given(IDS, TEXT, MESSAGES, SAMPLING, COMPLETIONS | FAILURES, SECONDS, SECONDS)
def test_a_calls_line_is_the_librarys_and_reads_back(
    id: CallId, model: str, messages: Any, sampling: Sampling, came: Completion | Failure, started: float, took: float
) -> None:
    completion = came if isinstance(came, Completion) else None
    failure = came if isinstance(came, Failure) else None
    record = CallRecord(id, ChatRequest(model, messages, sampling), completion, failure, Clock(started, took, 2))
    line = call_line(id.key, record, messages)
    assert line == by_library(fields_of(id.key, record))
    if max(abs(started), abs(took)) < 1e300:
        assert read_call(line, lambda digest, offset: pytest.fail("no message stands elsewhere")) == record


def test_a_line_written_before_parts_of_tokens_were_known_reads_and_is_written_as_it_was(
    make_call: Callable[..., CallRecord],
) -> None:
    record = make_call()
    line = call_line(record.key, record, record.request.messages)
    assert line.startswith(b'{"v":1,')
    assert b"cached" not in line
    assert b"reasoning_out" not in line
    read = read_call(line, lambda digest, offset: pytest.fail("no message stands elsewhere"))
    assert read.completion is not None
    assert read.completion.usage == Usage(12, None, None, None)
    assert call_line(read.key, read, read.request.messages) == line


@pytest.mark.parametrize("part", ['"cached_in":true', '"cached_in":"7"', '"cached_in":1.0', '"cached_in":1,"else":2'])
def test_a_part_of_tokens_that_is_no_count_is_damage(make_call: Callable[..., CallRecord], part: str) -> None:
    made = make_call()
    record = replace(made, completion=Completion("x", usage=Usage(12, 3, 7, None)))
    line = call_line(record.key, record, record.request.messages).replace(b'"cached_in":7', part.encode())
    body = line[: -len(',"crc":"00000000"}\n')]
    sealed = b'%s,"crc":"%08x"}\n' % (body, crc32(body))
    with pytest.raises(DamagedLine, match="its completion has other keys or types"):
        read_call(sealed, lambda digest, offset: pytest.fail("no message stands elsewhere"))


@given(st.sampled_from(["system", "user"]), TEXT)
def test_a_messages_line_is_the_librarys_and_reads_back(role: Any, content: str) -> None:
    message = Message(role, content)
    digest = message_digest(message)
    line = message_line(digest, message)
    assert line == by_library({"v": 1, "message": digest, "role": role, "content": content})
    assert read_message(line, digest) == message


@pytest.mark.parametrize(
    "wrong",
    [
        {"clock": Clock(math.nan, 0.0, 0)},
        {"clock": Clock(0.0, math.inf, 0)},
        {"clock": Clock(0.0, 0.0, "1")},
        {"completion": Completion("x", "stop", Usage(1.5, None))},
        {"completion": Completion(b"x")},
        {"completion": Completion("x", reasoning=3)},
    ],
)
def test_what_is_neither_text_nor_a_finite_number_cannot_be_recorded(
    make_call: Callable[..., CallRecord], wrong: dict[str, Any]
) -> None:
    record = replace(make_call(), **wrong)
    with pytest.raises(StoreError, match=r"a call cannot be recorded: .*; allowed: text, finite numbers, None"):
        call_line(record.key, record, record.request.messages)
