"""The recorder: once per identity, never by arrival order, and nothing asked in replay."""

import asyncio
from pathlib import Path

import pytest

from agentscale.engine.recorder import Recorder, RunStopped
from agentscale.errors import EndpointError, RecordingMiss
from agentscale.models.base import Answered
from agentscale.recording import Answer, Recording
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CallId, ChatRequest, Completion, Message


class Counting:
    """A model that counts, waits a turn of the loop, and says how many calls came before."""

    identity = {"model": "counting"}

    def __init__(self, *, fails: int = 0) -> None:
        self.asked = 0
        self.under_way = 0
        self.most_under_way = 0
        self.fails = fails

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        self.asked += 1
        number = self.asked
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        if number <= self.fails:
            raise EndpointError("the server said 500", kind="server", status=500)
        return Answered(Completion(f"draw {number}"))

    async def aclose(self) -> None:
        """Holds nothing."""


REQUEST = ChatRequest("small", (Message("user", "hello"),), Sampling())


def call_id(copy: int, sample: str = "q") -> CallId:
    return CallId(0, "t", sample, 0, f"m/-/{copy}", "agent", 0, 0, 0, 0, "body")


async def _ask(recorder: Recorder, model: Counting, copy: int) -> Answer:
    call = call_id(copy)
    return await recorder.ask(call, call.key, REQUEST, model)


async def _ask_all(recorder: Recorder, model: Counting, copies: list[int]) -> list[Answer]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_ask(recorder, model, copy)) for copy in copies]
    return [task.result() for task in tasks]


@pytest.mark.parametrize("mode", ["live", "record"])
def test_sixteen_equal_agents_get_sixteen_draws_and_a_repeat_gets_its_own_again(tmp_path: Path, mode: str) -> None:
    model = Counting()
    recording = Recording.open(tmp_path, write=True) if mode == "record" else None
    recorder = Recorder(mode, recording, concurrency=8)
    first = asyncio.run(_ask_all(recorder, model, list(range(16))))
    assert len({record.completion.text for record in first}) == 16
    again = Recorder(mode, recording, concurrency=8) if mode == "record" else recorder
    repeated = asyncio.run(_ask_all(again, model, list(range(16))[::-1]))
    assert [r.completion for r in repeated[::-1]] == [r.completion for r in first]
    assert model.asked == 16
    if recording is not None:
        recording.close()


def test_a_call_asked_by_many_at_once_is_made_once() -> None:
    model = Counting()
    records = asyncio.run(_ask_all(Recorder("live", None, concurrency=4), model, [5] * 20))
    assert model.asked == 1
    assert len({record.completion.text for record in records}) == 1


def test_no_more_calls_are_under_way_than_allowed() -> None:
    model = Counting()
    asyncio.run(_ask_all(Recorder("live", None, concurrency=3), model, list(range(30))))
    assert model.most_under_way == 3


def test_a_failure_is_asked_once_a_run_and_again_in_the_next(tmp_path: Path) -> None:
    model = Counting(fails=1)
    recording = Recording.open(tmp_path, write=True)
    one = Recorder("record", recording, concurrency=1)
    first = asyncio.run(_ask_all(one, model, [0, 0]))
    assert [record.failure.kind for record in first] == ["server", "server"]
    assert model.asked == 1
    next_run = Recorder("record", recording, concurrency=1)
    (second,) = asyncio.run(_ask_all(next_run, model, [0]))
    assert second.failure is None
    assert model.asked == 2
    recording.close()


def test_a_replay_answers_recorded_failures_and_asks_nothing(tmp_path: Path) -> None:
    recording = Recording.open(tmp_path, write=True)
    asyncio.run(_ask_all(Recorder("record", recording, concurrency=1), Counting(fails=1), [0, 1]))
    recording.close()
    silent = Counting()
    replayed = Recording.open(tmp_path)
    records = asyncio.run(_ask_all(Recorder("replay", replayed, concurrency=1), silent, [0, 1]))
    assert [record.failure is None for record in records] == [False, True]
    assert silent.asked == 0
    replayed.close()


def test_a_miss_names_the_nearest_recorded_call_and_the_difference(tmp_path: Path) -> None:
    recording = Recording.open(tmp_path, write=True)
    asyncio.run(_ask_all(Recorder("record", recording, concurrency=1), Counting(), [0]))
    recording.close()
    replayed = Recording.open(tmp_path)
    other = ChatRequest("small", (Message("user", "goodbye"),), Sampling())
    missing = CallId(0, "t", "q", 0, "m/-/0", "agent", 0, 0, 0, 0, "other body")
    with pytest.raises(RecordingMiss) as caught:
        Recorder("replay", replayed, concurrency=1).known(missing, missing.key, other)
    assert str(caught.value).splitlines() == [
        "the recording holds no call of 'm/-/0' for sample 'q', round 0, replicate 0",
        "  nearest recorded: 'm/-/0', sample 'q', round 0, replicate 0",
        "  --- recorded",
        "  +++ asked",
        "  @@ -1 +1 @@",
        "  -user: hello",
        "  +user: goodbye",
        "  to ask for what is missing: agentscale run FILE --out FOLDER",
    ]
    replayed.close()


def test_a_miss_in_an_empty_recording_says_so(tmp_path: Path) -> None:
    recording = Recording.open(tmp_path)
    call = call_id(0)
    with pytest.raises(RecordingMiss, match="the recording is empty\n  record it: agentscale run FILE --out FOLDER"):
        Recorder("replay", recording, concurrency=1).known(call, call.key, REQUEST)
    recording.close()


def test_a_stopped_recorder_asks_nothing_more_and_lets_what_is_under_way_end() -> None:
    model = Counting()
    recorder = Recorder("live", None, concurrency=2)

    async def stop_midway() -> list[Answer | BaseException]:
        tasks = [asyncio.create_task(_ask(recorder, model, copy)) for copy in range(6)]
        await asyncio.sleep(0)
        recorder.stop()
        await asyncio.wait(tasks)
        return [task.exception() or task.result() for task in tasks]

    ended = asyncio.run(stop_midway())
    assert sum(isinstance(each, Answer) for each in ended) == 2
    assert sum(isinstance(each, RunStopped) for each in ended) == 4
    assert model.asked == 2


def test_who_waits_for_a_call_that_is_broken_off_never_hangs() -> None:
    recorder = Recorder("live", None, concurrency=1)

    class Broken(Counting):
        async def complete(self, request: ChatRequest, call: CallId) -> Answered:
            await asyncio.sleep(0)
            raise ValueError("a defect of the model's code")

    async def both() -> list[type]:
        tasks = [asyncio.create_task(_ask(recorder, Broken(), 0)) for _ in range(2)]
        await asyncio.wait(tasks, timeout=5)
        return [asyncio.CancelledError if task.cancelled() else type(task.exception()) for task in tasks]

    assert asyncio.run(both()) == [ValueError, asyncio.CancelledError]
