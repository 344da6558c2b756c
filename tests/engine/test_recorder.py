"""The recorder: once per identity, never by arrival order, and nothing asked in replay."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentscale.engine.admission import Unlimited
from agentscale.engine.design import Trial
from agentscale.engine.recorder import Ask, BrokenOff, Recorder
from agentscale.errors import EndpointError, RecordingMiss
from agentscale.models.base import Answered, Model
from agentscale.recording import Answer, Recording
from agentscale.schema.agents import Agent, Sampling, Team
from agentscale.schema.calls import CallId, ChatRequest, Completion, Message
from agentscale.schema.run import Cell, Mode, Named


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


def recorder_of(mode: Mode, recording: Recording | None, model: Model, **options: Any) -> Recorder:
    return Recorder(mode, recording, {"small": model}, **options)


def wanted(call: CallId, request: ChatRequest = REQUEST) -> Ask:
    agent = Agent(slot=call.slot, config_id="m/-", copy_index=0, model=request.model)
    vote = Named(name="vote")
    team = Team(agents=(agent,))
    cell = Cell(id="c", task="t", layer="L1", team_name="m", size=1, team=team, protocol=vote, topology=None)
    return Ask(Trial(cell, call.sample_id, call.replicate), agent, call, call.key, request)


async def ask_all(recorder: Recorder, copies: list[int]) -> list[Answer]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(recorder.ask(wanted(call_id(copy)))) for copy in copies]
    return [task.result() for task in tasks]


@pytest.mark.parametrize("mode", ["live", "record"])
def test_sixteen_equal_agents_get_sixteen_draws_and_a_repeat_gets_its_own_again(tmp_path: Path, mode: str) -> None:
    model = Counting()
    recording = Recording.open(tmp_path, write=True) if mode == "record" else None
    recorder = recorder_of(mode, recording, model, concurrency=8)
    first = asyncio.run(ask_all(recorder, list(range(16))))
    assert len({record.completion.text for record in first}) == 16
    again = recorder_of(mode, recording, model, concurrency=8) if mode == "record" else recorder
    repeated = asyncio.run(ask_all(again, list(range(16))[::-1]))
    assert [r.completion for r in repeated[::-1]] == [r.completion for r in first]
    assert model.asked == 16
    if recording is not None:
        recording.close()


def test_a_call_asked_by_many_at_once_is_made_once() -> None:
    model = Counting()
    records = asyncio.run(ask_all(recorder_of("live", None, model, concurrency=4), [5] * 20))
    assert model.asked == 1
    assert len({record.completion.text for record in records}) == 1


def test_no_more_calls_are_under_way_than_allowed() -> None:
    model = Counting()
    asyncio.run(ask_all(recorder_of("live", None, model, concurrency=3), list(range(30))))
    assert model.most_under_way == 3


def test_a_failure_is_asked_once_a_run_and_again_in_the_next(tmp_path: Path) -> None:
    model = Counting(fails=1)
    recording = Recording.open(tmp_path, write=True)
    one = recorder_of("record", recording, model, concurrency=1)
    first = asyncio.run(ask_all(one, [0, 0]))
    assert [record.failure.kind for record in first] == ["server", "server"]
    assert model.asked == 1
    next_run = recorder_of("record", recording, model, concurrency=1)
    (second,) = asyncio.run(ask_all(next_run, [0]))
    assert second.failure is None
    assert model.asked == 2
    recording.close()


def test_a_replay_answers_recorded_failures_and_asks_nothing(tmp_path: Path) -> None:
    recording = Recording.open(tmp_path, write=True)
    asyncio.run(ask_all(recorder_of("record", recording, Counting(fails=1), concurrency=1), [0, 1]))
    recording.close()
    silent = Counting()
    replayed = Recording.open(tmp_path)
    records = asyncio.run(ask_all(recorder_of("replay", replayed, silent, concurrency=1), [0, 1]))
    assert [record.failure is None for record in records] == [False, True]
    assert silent.asked == 0
    replayed.close()


def test_a_miss_names_the_nearest_recorded_call_and_the_difference(tmp_path: Path) -> None:
    recording = Recording.open(tmp_path, write=True)
    asyncio.run(ask_all(recorder_of("record", recording, Counting(), concurrency=1), [0]))
    recording.close()
    replayed = Recording.open(tmp_path)
    other = ChatRequest("small", (Message("user", "goodbye"),), Sampling())
    missing = CallId(0, "t", "q", 0, "m/-/0", "agent", 0, 0, 0, 0, "other body")
    with pytest.raises(RecordingMiss) as caught:
        recorder_of("replay", replayed, Counting(), concurrency=1).known(wanted(missing, other))
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


def test_a_miss_whose_messages_are_recorded_says_what_else_may_have_changed(tmp_path: Path) -> None:
    recording = Recording.open(tmp_path, write=True)
    asyncio.run(ask_all(recorder_of("record", recording, Counting(), concurrency=1), [0]))
    missing = CallId(0, "t", "q", 0, "m/-/0", "agent", 0, 0, 0, 0, "other body")
    with pytest.raises(RecordingMiss) as caught:
        recorder_of("replay", recording, Counting(), concurrency=1).known(wanted(missing))
    assert str(caught.value).splitlines()[2:] == [
        "  the messages are the same: the sampling, the model, the task or the seed changed",
        "  to ask for what is missing: agentscale run FILE --out FOLDER",
    ]
    recording.close()


def test_a_miss_in_an_empty_recording_says_so(tmp_path: Path) -> None:
    recording = Recording.open(tmp_path)
    with pytest.raises(RecordingMiss, match="the recording is empty\n  record it: agentscale run FILE --out FOLDER"):
        recorder_of("replay", recording, Counting(), concurrency=1).known(wanted(call_id(0)))
    recording.close()


def test_a_stopped_recorder_asks_nothing_more_and_lets_what_is_under_way_end() -> None:
    model = Counting()
    recorder = recorder_of("live", None, model, concurrency=2)

    async def stop_midway() -> list[Answer | BaseException]:
        tasks = [asyncio.create_task(recorder.ask(wanted(call_id(copy)))) for copy in range(6)]
        await asyncio.sleep(0)
        recorder.stop()
        await asyncio.wait(tasks)
        return [task.exception() or task.result() for task in tasks]

    ended = asyncio.run(stop_midway())
    assert sum(isinstance(each, Answer) for each in ended) == 2
    assert sum(isinstance(each, BrokenOff) for each in ended) == 4
    assert model.asked == 2


def test_a_call_whose_model_was_stopped_before_it_was_sent_is_no_failure_and_not_in_flight(tmp_path: Path) -> None:
    class Stopped(Counting):
        async def complete(self, request: ChatRequest, call: CallId) -> Answered:
            if call.slot.endswith("/0"):
                return await super().complete(request, call)
            raise EndpointError("no try, since the client was stopped", kind="stopped")

    async def both(recording: Recording) -> list[type]:
        recorder = recorder_of("record", recording, Stopped(), concurrency=2)
        tasks = [asyncio.create_task(recorder.ask(wanted(call_id(copy)))) for copy in (0, 1)]
        await asyncio.wait(tasks)
        return [type(task.exception() or task.result()) for task in tasks]

    with Recording.open(tmp_path, write=True) as recording:
        assert asyncio.run(both(recording)) == [Answer, BrokenOff]
        assert list(recording.keys()) == [call_id(0).key]
    with Recording.open(tmp_path, write=True) as recording:
        assert recording.n_in_flight == 0


class Queued(Counting):
    """A model with one place: the first call leaves and hangs, the others wait for its place."""

    async def complete_in_turn(self, request: ChatRequest, call: CallId, leaving: Callable[[], None]) -> Answered:
        if call.slot.endswith("/0"):
            leaving()
            leaving()  # a second try
        await asyncio.sleep(60)
        raise AssertionError("it hangs")


def test_of_calls_that_wait_to_be_sent_only_those_that_left_are_in_flight(tmp_path: Path) -> None:
    async def broken_off(recording: Recording) -> None:
        recorder = recorder_of("record", recording, Queued(), concurrency=3)
        tasks = [asyncio.create_task(recorder.ask(wanted(call_id(copy)))) for copy in range(3)]
        await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    with Recording.open(tmp_path, write=True) as recording:
        asyncio.run(broken_off(recording))
    with Recording.open(tmp_path, write=True) as recording:
        assert recording.n_in_flight == 1
        assert recording.was_in_flight(call_id(0).key)


def test_the_clock_of_a_call_runs_from_when_it_left(tmp_path: Path) -> None:
    left: list[float] = []

    class Late(Counting):
        async def complete_in_turn(self, request: ChatRequest, call: CallId, leaving: Callable[[], None]) -> Answered:
            await asyncio.sleep(0.01)
            left.append(time.time())
            leaving()
            return await self.complete(request, call)

    with Recording.open(tmp_path, write=True) as recording:
        (answer,) = asyncio.run(ask_all(recorder_of("record", recording, Late(), concurrency=1), [0]))
    assert answer.clock.started_s >= left[0]


def test_who_waits_for_a_call_that_ends_without_an_answer_makes_it_on_its_own_account() -> None:
    class Broken(Counting):
        async def complete(self, request: ChatRequest, call: CallId) -> Answered:
            await asyncio.sleep(0)
            raise ValueError("a defect of the model's code")

    async def both() -> list[type]:
        recorder = recorder_of("live", None, Broken(), concurrency=1)
        tasks = [asyncio.create_task(recorder.ask(wanted(call_id(0)))) for _ in range(2)]
        await asyncio.wait(tasks, timeout=5)
        return [type(task.exception()) for task in tasks]

    assert asyncio.run(both()) == [ValueError, ValueError]


def test_a_caller_that_is_cancelled_takes_neither_the_call_nor_its_other_callers_with_it() -> None:
    model = Counting()

    async def cancel_one_of_three(index: int) -> list[str]:
        recorder = recorder_of("live", None, model, concurrency=1)
        tasks = [asyncio.create_task(recorder.ask(wanted(call_id(0)))) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[index].cancel()
        await asyncio.wait(tasks, timeout=5)
        return ["cancelled" if task.cancelled() else type(task.result()).__name__ for task in tasks]

    assert asyncio.run(cancel_one_of_three(0)) == ["cancelled", "Answer", "Answer"]
    assert asyncio.run(cancel_one_of_three(2)) == ["Answer", "Answer", "cancelled"]
    assert model.asked == 3  # the cancelled first call was asked again, and the other one once


def test_a_failed_call_records_the_retries_that_were_made(tmp_path: Path) -> None:
    class Tired(Counting):
        async def complete(self, request: ChatRequest, call: CallId) -> Answered:
            raise EndpointError("the server said 500", kind="server", status=500, retries=3)

    with Recording.open(tmp_path, write=True) as recording:
        (answer,) = asyncio.run(ask_all(recorder_of("record", recording, Tired(), concurrency=1), [0]))
        assert answer.clock.retries == 3
        assert [record.clock.retries for record in recording.records()] == [3]


class Cap(Unlimited):
    """A budget of so many calls that notes whom it was asked about."""

    def __init__(self, calls: int) -> None:
        self.left = calls
        self.told: list[str] = []

    def may_ask(self, trial: Trial, agent: Agent) -> bool:
        self.left -= 1
        return self.left >= 0

    def spent(self, trial: Trial, agent: Agent, answer: Answer) -> None:
        self.told.append(f"{trial.sample_id} {agent.slot}")


def test_a_budget_refuses_a_call_before_it_is_made_and_is_told_of_those_that_were_made() -> None:
    model, cap = Counting(), Cap(2)

    async def three() -> list[type]:
        recorder = recorder_of("live", None, model, concurrency=1, budget=cap)
        tasks = [asyncio.create_task(recorder.ask(wanted(call_id(copy)))) for copy in (0, 0, 1, 2)]
        await asyncio.wait(tasks, timeout=5)
        return [type(task.exception() or task.result()) for task in tasks]

    assert asyncio.run(three()) == [Answer, Answer, Answer, BrokenOff]
    assert model.asked == 2
    assert cap.told == ["q m/-/0", "q m/-/1"]
