"""The accounts of a run find each way in which a call may be lost, asked twice, or made up."""

import json

import pytest

from agentscale.bench.accounts import Accounts, accounts, read_log
from agentscale.recording import CallRecord, Clock
from agentscale.schema.calls import CallId, ChatRequest, Completion, Failure, Message

REQUEST = ChatRequest("m", (Message("user", "?"),))


def record(slot: str, failure: str | None = None) -> CallRecord:
    call = CallId(0, "t", "q", 0, slot, "agent", 0, 0, 0, 0, "b")
    why = None if failure is None else Failure(failure, "said why")
    return CallRecord(call, REQUEST, Completion("x") if failure is None else None, why, Clock(0.0, 0.0, 0))


ONE, TWO = record("m/0"), record("m/1")
FAILED = record("m/1", "server")


def log(*requests: tuple[str, str | None, bool]) -> list[bytes]:
    lines = []
    for number, (key, fault, good) in enumerate(requests):
        lines += [{"at": float(number), "n": number, "key": key, "fault": fault}]
        lines += [{"at": number + 0.5, "n": number, "good": good}]
    return [json.dumps(line).encode() for line in lines]


def settled(*requests: tuple[str, str | None, bool], records: list[CallRecord], planned: int = 2) -> Accounts:
    return accounts(planned, read_log(log(*requests)), records)


def test_a_run_whose_calls_are_answered_or_failed_with_a_reason_is_settled() -> None:
    tries = [(ONE.key, "error", False), (ONE.key, None, True), (FAILED.key, "error", False)]
    found = settled(*tries, records=[ONE, FAILED])
    assert found.settled
    assert (found.answered, found.failed, found.requests, found.faults) == (1, {"server": 1}, 3, {"error": 2})


@pytest.mark.parametrize(
    ("tries", "records", "account"),
    [
        ([(ONE.key, None, True)], [ONE], "lost"),
        ([(ONE.key, None, True), (TWO.key, None, True)], [ONE], "lost"),
        ([(ONE.key, "error", False), (TWO.key, None, True)], [ONE, TWO], "unproved"),
        ([(ONE.key, None, True), (TWO.key, None, True), (ONE.key, None, True)], [ONE, TWO], "asked_again"),
        ([(ONE.key, None, True), (FAILED.key, None, True)], [ONE, FAILED], "wasted"),
    ],
)
def test_what_is_wrong_is_counted_under_its_name(
    tries: list[tuple[str, str | None, bool]], records: list[CallRecord], account: str
) -> None:
    found = settled(*tries, records=records)
    assert not found.settled
    assert getattr(found, account) >= 1


def test_an_answer_that_came_too_late_is_not_wasted() -> None:
    late = record("m/1", "timeout")
    assert settled((ONE.key, None, True), (late.key, "slow", True), records=[ONE, late]).settled


def test_the_longest_hang_is_of_hangs_alone_and_an_open_end_is_none() -> None:
    lines = log((ONE.key, "hang", False), (TWO.key, None, True))
    assert accounts(2, read_log(lines), [ONE, TWO]).longest_hang_s == 0.5
    assert read_log(lines[:1])[0].held_s is None
