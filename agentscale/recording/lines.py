"""One line of a segment: JSON with a version first and a checksum last.

Two kinds of line::

    {"v":1,"message":"<32 hex>","role":…,"content":…,"crc":"<8 hex>"}
    {"v":1,"key":"<64 hex>","ok":true,"id":{…},"model":…,"messages":[…],"sampling":{…},"completion":…,…,"crc":"<8 hex>"}

A completion whose endpoint told more of its tokens also has ``cached_in`` and ``reasoning_out``; such a line, and no
other, is of version 2. A message of a call stands in place if it is short, else it is ``["<32 hex>", offset]``: the
digest and the byte at which its own line begins in the same segment. Text is escaped to ASCII; a line that holds a
surrogate, alone or in a pair, is UTF-8 instead, with lone surrogates as their three bytes: the only way in which every
Python string comes back as it was.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from operator import itemgetter
from types import NoneType
from typing import Any, Literal, NamedTuple, cast, get_args
from zlib import crc32

from pydantic import ValidationError

from agentscale.errors import StoreError
from agentscale.recording.record import LINE_VERSION, Answer, CallRecord, Clock
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CallId, ChatRequest, Completion, Failure, Message, Role, Usage

Speaker = Literal["system", "user", "assistant", "tool"]
Fetch = Callable[[str, int], Message]
"""What finds a message by its reference."""

_HEAD = re.compile(
    rb'\{"v":([1-9]\d{0,8}),"(?:message":"([0-9a-f]{32})"|key":"([0-9a-f]{64})","ok":(true|false),"id":)'
)
_VERSION = re.compile(rb'\{"v":(\d{1,9}),')
_SEAL = len(',"crc":"00000000"}\n')
_ROLES = frozenset(get_args(Role))
_SPEAKERS = frozenset(get_args(Speaker))
_DECODER = json.JSONDecoder()
_FINITE = 1e300
"""Beyond every clock, below infinity; ``nan`` is not below it."""


class DamagedLine(StoreError):
    """A line that is not what was written. Whoever knows its place says it again with file, line and remedy."""

    remedy = "restore the file from a copy, or move it out of the recording: its calls are then asked again"


class NewerLine(DamagedLine):
    """A line of a version that is not known here."""

    remedy = "update agentscale"


class Head(NamedTuple):
    """What the index needs of a line. ``key`` is ``None`` for a message's line."""

    key: bytes | None
    ok: bool


def check(line: bytes) -> Head:
    """Version and checksum of a complete line, and what the index needs of it, without reading the rest.

    Raises:
        DamagedLine: The line is not what was written.
        NewerLine: A newer agentscale wrote it.
    """
    found = _beginning(line)
    return Head(found[3] and bytes.fromhex(found[3].decode()), found[4] == b"true")


def _beginning(line: bytes) -> re.Match[bytes]:
    """How a line begins, once its version and checksum are found in order; raises as ``check`` does."""
    found = _HEAD.match(line)
    version = found or _VERSION.match(line)
    if version is not None and int(version[1]) > LINE_VERSION:
        raise NewerLine(f"it has schema version {int(version[1])}, this agentscale reads versions up to {LINE_VERSION}")
    if line[-_SEAL:] != b',"crc":"%08x"}\n' % crc32(memoryview(line)[:-_SEAL]):
        raise DamagedLine("its checksum does not fit")
    if found is None:
        raise DamagedLine("it begins neither as a call nor as a message")
    return found


class Shape:
    """The keys of an object in a line, and the types that each may have: exactly these (``True`` is no count).

    Args:
        what: What the object is, for the message.
        fields: The types by key.
    """

    def __init__(self, what: str, **fields: type | tuple[type, ...]) -> None:
        self.what = what
        self.names = tuple(fields)
        self._pick = itemgetter(*fields)
        kinds = (kind if isinstance(kind, tuple) else (kind,) for kind in fields.values())
        self._kinds = frozenset(itertools.product(*kinds))

    def read(self, raw: Any) -> tuple[Any, ...]:
        """The values in the order of the keys.

        Raises:
            DamagedLine: A key is missing or unknown, or a value has another type.
        """
        try:
            values: tuple[Any, ...] = self._pick(raw)
        except (LookupError, TypeError) as error:
            raise DamagedLine(f"its {self.what} should be an object with {', '.join(self.names)}") from error
        if len(raw) != len(self.names) or tuple(map(type, values)) not in self._kinds:
            raise DamagedLine(f"its {self.what} has other keys or types than {', '.join(self.names)}: {raw!r:.200}")
        return values


_MAYBE_TEXT, _MAYBE_COUNT, _MAYBE_OBJECT = (str, NoneType), (int, NoneType), (dict, NoneType)
_NUMBER = (float, int)
_ID = Shape(
    "id",
    seed=int,
    task=str,
    sample_id=str,
    replicate=int,
    slot=str,
    role=str,
    round=int,
    turn=int,
    step=int,
    attempt=int,
    body=str,
    salt=str,
)
_MESSAGE = Shape("message", role=str, content=str)
_MESSAGE_LINE = Shape("line", v=int, message=str, role=str, content=str, crc=str)
_COMPLETION = Shape(
    "completion", text=str, finish=str, tokens_in=_MAYBE_COUNT, tokens_out=_MAYBE_COUNT, reasoning=_MAYBE_TEXT
)
_DETAILED = Shape(
    "completion",
    text=str,
    finish=str,
    tokens_in=_MAYBE_COUNT,
    tokens_out=_MAYBE_COUNT,
    reasoning=_MAYBE_TEXT,
    cached_in=_MAYBE_COUNT,
    reasoning_out=_MAYBE_COUNT,
)
_FAILURE = Shape("failure", kind=str, message=str, status=_MAYBE_COUNT)
_CLOCK = Shape("clock", started_s=_NUMBER, latency_s=_NUMBER, retries=int)
_CALL_LINE = Shape(
    "line",
    v=int,
    key=str,
    ok=bool,
    id=dict,
    model=str,
    messages=list,
    sampling=dict,
    completion=_MAYBE_OBJECT,
    failure=_MAYBE_OBJECT,
    clock=dict,
    crc=str,
)
_ANSWER_PART = Shape("answer", completion=_MAYBE_OBJECT, failure=_MAYBE_OBJECT, clock=dict, crc=str)


def _json(line: bytes, start: int = 0) -> Any:
    """The value that begins at ``start``; what follows it is covered by the checksum."""
    try:
        return _DECODER.raw_decode(line.decode("utf-8", "surrogatepass"), start)[0]
    except (ValueError, RecursionError) as error:
        raise DamagedLine(f"it is no JSON: {error}") from error


def _message(role: str, content: str) -> Message:
    if role not in _SPEAKERS:
        raise DamagedLine(f"its message has role = {role!r}")
    return Message(cast(Speaker, role), content)


def read_message(line: bytes, digest: str) -> Message:
    """The message of a line, which must be the one with this digest.

    Raises:
        DamagedLine: It is not.
    """
    check(line)
    _, found, role, content, _ = _MESSAGE_LINE.read(_json(line))
    if found != digest:
        raise DamagedLine(f"it holds message {found}, but a call refers here to {digest}")
    return _message(role, content)


def _read_part(raw: Any, fetch: Fetch) -> Message:
    if type(raw) is not list:
        return _message(*_MESSAGE.read(raw))
    if [type(part) for part in raw] != [str, int]:
        raise DamagedLine(f"its reference {raw!r} to a message should be a digest and an offset")
    return fetch(*raw)


def _read_id(raw: Any) -> CallId:
    call = CallId(*_ID.read(raw))
    if call.role not in _ROLES:
        raise DamagedLine(f"its id has role = {call.role!r}")
    return call


def read_id(line: bytes) -> CallId:
    """The identity alone of a call's line that was checked: it stands first, so the rest is not read."""
    found = _HEAD.match(line)
    return _read_id(_json(line, found.end() if found else 0))


def _read_sampling(raw: dict[str, Any]) -> Sampling:
    try:
        return Sampling.model_validate(raw | {"stop": tuple(raw["stop"])} if "stop" in raw else raw, strict=True)
    except (ValidationError, TypeError) as error:
        raise DamagedLine(f"its sampling is {raw!r}") from error


def _read_completion(raw: Any) -> Completion | None:
    if raw is None:
        return None
    shape = _DETAILED if "cached_in" in raw else _COMPLETION
    text, finish, tokens_in, tokens_out, reasoning, *parts = shape.read(raw)
    return Completion(text, finish, Usage(tokens_in, tokens_out, *parts), reasoning)


def _read_clock(raw: Any) -> Clock:
    clock = Clock(*_CLOCK.read(raw))
    if not (abs(clock.started_s) < _FINITE and abs(clock.latency_s) < _FINITE):
        raise DamagedLine(f"its clock is {raw!r}")
    return clock


def _answer(ok: bool, completion: Any, failure: Any, clock: Any) -> Answer:
    if (completion is None) == (failure is None) or ok != (failure is None):
        raise DamagedLine("it should have either a completion or a failure")
    said = None if failure is None else Failure(*_FAILURE.read(failure))
    return Answer(_read_completion(completion), said, _read_clock(clock))


def read_answer(line: bytes) -> Answer:
    """What came back of a call, without what was asked.

    Raises:
        DamagedLine: The line is not what was written.
    """
    ok = _beginning(line)[4] == b"true"
    # Quotation marks within a text are escaped, so these bytes stand in one place only: where the answer begins.
    start = line.find(b',"completion":')
    if start < 0:
        raise DamagedLine("it has no completion")
    completion, failure, clock, _ = _ANSWER_PART.read(_json(b"{" + line[start + 1 :]))
    return _answer(ok, completion, failure, clock)


def read_call(line: bytes, fetch: Fetch) -> CallRecord:
    """The call of a line, strictly: wrong keys or types are damage.

    Args:
        line: The whole line.
        fetch: Finds the messages that stand elsewhere in the segment.

    Raises:
        DamagedLine: The line is not what was written.
    """
    check(line)
    _, _, ok, id, model, messages, sampling, completion, failure, clock, _ = _CALL_LINE.read(_json(line))
    request = ChatRequest(model, tuple([_read_part(part, fetch) for part in messages]), _read_sampling(sampling))
    return CallRecord(_read_id(id), request, *_answer(ok, completion, failure, clock))
