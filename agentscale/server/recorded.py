"""The door to a recording: what was answered once is answered again, and nothing else is.

A caller that says who it is gets the answer of its own call, or of the call of the same place with the same messages,
which models of another kind made. Any other gets the answers that were recorded to its body, one after the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from agentscale.engine.recorder import difference
from agentscale.errors import EndpointError
from agentscale.recording import CallRecord
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CallId, ChatRequest, Completion
from agentscale.schema.record import digest
from agentscale.server.doors import Asked
from agentscale.server.refused import Refused
from agentscale.store import RunFolder

_LOOKED_AT = 1000
"""Bodies among which the nearest is looked for."""


class RecordingDoor:
    """Answers from the recording of a run folder. Its calls are read once, at the start, and their digests are kept.

    Args:
        folder: The run folder.

    Raises:
        StoreError: It has no recording, or a damaged one.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._recording = folder.recording()
        self._names = _names(folder)
        self._places: dict[str, str] = {}
        self._bodies: dict[str, list[str]] = defaultdict(list)
        self._near: dict[tuple[str, ...], str] = {}
        self._given: dict[str, int] = defaultdict(int)
        self._index()

    def _index(self) -> None:
        orders: dict[str, tuple[object, ...]] = {}
        for record in self._recording.records():
            key = record.key
            self._places[_place(record.id, record.request)] = key
            orders[key] = _order(record.id)
            for likeness in _likenesses(record.id):
                self._near.setdefault(likeness, key)
            for name in {record.request.model, self._names.get(record.request.model, record.request.model)}:
                self._bodies[_body(name, record.request)].append(key)
        for keys in self._bodies.values():
            keys.sort(key=orders.__getitem__)

    @property
    def models(self) -> Sequence[str]:
        """The models as their endpoints know them, and as the experiment calls them."""
        return sorted({*self._names, *self._names.values()})

    def answers(self, asked: Asked) -> list[Completion]:
        """What was recorded.

        Raises:
            Refused: Nothing was recorded to this call or body, or all of it has been given.
            EndpointError: The recorded answer is a failure.
        """
        if asked.call is None:
            return [_completion(self._read(key)) for key in self._next(asked)]
        if asked.n > 1:
            raise Refused(f"n is {asked.n}, and a recorded call has one answer", param="n")
        key = asked.call.key
        known = self._recording.get(key) or self._recording.get(self._places.get(_place(asked.call, asked.request), ""))
        if known is None:
            raise _miss(_told(asked.call), self._nearest_call(asked.call), asked.request)
        return [_completion(known)]

    def odds(self, asked: Asked) -> Mapping[str, float]:
        """Not known.

        Raises:
            Refused: Always.
        """
        raise Refused.no_logprobs("a recording holds what was said, not how likely it was")

    def close(self) -> None:
        """Lets go of the recording's files."""
        self._recording.close()

    def _read(self, key: str) -> CallRecord:
        record = self._recording.get(key)
        assert record is not None  # the key is of the index
        return record

    def _next(self, asked: Asked) -> list[str]:
        body = _body(asked.model, asked.request)
        keys = self._bodies.get(body, [])
        if not keys:
            raise _miss("this body", self._nearest(asked), asked.request)
        first = self._given[body]
        if first + asked.n > len(keys):
            raise Refused(
                f"{len(keys)} answers to this body are recorded, and {first} have been given; {asked.n} more are asked "
                "for. Start the server again to begin anew",
                status=404,
                code="recording_miss",
            )
        self._given[body] += asked.n
        return keys[first : first + asked.n]

    def _nearest_call(self, call: CallId) -> CallRecord | None:
        found = (self._near[likeness] for likeness in _likenesses(call) if likeness in self._near)
        key = next(found, None)
        return None if key is None else self._read(key)

    def _nearest(self, asked: Asked) -> CallRecord | None:
        """Among the first bodies, the one that has most words in common with what is asked."""
        wanted = _words(asked.request)
        ranked = ((len(wanted & found) / len(wanted | found), record) for found, record in self._some())
        return max(ranked, key=lambda pair: pair[0], default=(0.0, None))[1]

    def _some(self) -> Iterator[tuple[set[str], CallRecord]]:
        for keys, _ in zip(self._bodies.values(), range(_LOOKED_AT), strict=False):
            record = self._read(keys[0])
            yield _words(record.request), record


def _names(folder: RunFolder) -> Mapping[str, str]:
    """What each model of the experiment is called where it was asked."""
    models = folder.header.experiment["models"]
    return {name: spec.get("model") or name for name, spec in models.items()}


def _place(call: CallId, request: ChatRequest) -> str:
    messages = [[message.role, message.content] for message in request.messages]
    return digest([replace(call, body="").spelt, messages])


def _body(model: str, request: ChatRequest) -> str:
    """A body without its endpoint seed, which recordings keep as a rule and not as a number."""
    sampling = request.sampling.model_copy(update={"seed": None})
    return digest([model, [[each.role, each.content] for each in request.messages], sampling.model_dump(mode="json")])


def _likenesses(call: CallId) -> list[tuple[str, ...]]:
    """What near calls have in common, the nearest first."""
    sample, slot = call.sample_id, call.slot
    return [(sample, slot, str(call.round), str(call.replicate)), (sample, slot), (sample,), ()]


def _order(call: CallId) -> tuple[object, ...]:
    """The order in which equal bodies are answered: replicate by replicate, copy by copy."""
    config, _, copy = call.slot.rpartition("/")
    number = int(copy) if copy.isdecimal() else 0
    return (call.replicate, number, config, call.round, call.turn, call.step, call.attempt, call.key)


def _words(request: ChatRequest) -> set[str]:
    return {word for message in request.messages for word in message.content.split()} or {""}


def _completion(record: CallRecord) -> Completion:
    if record.completion is not None:
        return record.completion
    assert record.failure is not None  # one of the two is given
    raise EndpointError(record.failure.message, kind=record.failure.kind, status=record.failure.status)


def _told(call: CallId) -> str:
    return f"{call.slot!r}, sample {call.sample_id!r}, round {call.round}, replicate {call.replicate}"


def _miss(what: str, nearest: CallRecord | None, request: ChatRequest) -> Refused:
    lines = [f"the recording holds no call of {what}"]
    if nearest is None:
        lines.append("it is empty")
    else:
        lines += [f"nearest recorded: {_told(nearest.id)}", *_differences(nearest.request, request)]
    return Refused("\n  ".join(lines), status=404, code="recording_miss")


def _differences(recorded: ChatRequest, asked: ChatRequest) -> list[str]:
    before, after = _said(recorded.sampling), _said(asked.sampling)
    sampling = [] if before == after else [f"sampling: recorded {before}, asked {after}"]
    return [*sampling, *difference(recorded, asked)]


def _said(sampling: Sampling) -> str:
    given = sampling.model_dump(mode="json", exclude_defaults=True, exclude={"seed"})
    return ", ".join(f"{name} {value}" for name, value in given.items()) or "none"
