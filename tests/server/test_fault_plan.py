"""A plan of faults is a pure function of seed and request; a faulty answer is what its name says."""

import asyncio
import json
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agentscale.server.answers import HUGE_BYTES, Scene, answer
from agentscale.server.faults import FAULTS, FaultPlan
from agentscale.server.speaking import speak

BODY = json.dumps({"choices": [{"message": {"role": "assistant", "content": "x" * 200}}]}).encode()


@given(st.integers(0, 2**31), st.integers(0, 10_000))
def test_the_fault_of_a_request_depends_on_seed_and_number_alone(seed: int, n: int) -> None:
    shares = {"error": 0.3, "hang": 0.3}
    assert FaultPlan(seed=seed, shares=shares).fault(n) == FaultPlan(seed=seed, shares=shares).fault(n)


def test_faults_happen_as_often_as_the_plan_says() -> None:
    plan = FaultPlan(seed=1, shares={"error": 0.25, "reset": 0.05})
    found = Counter(plan.fault(n) for n in range(4000))
    assert set(found) == {None, "error", "reset"}
    assert abs(found["error"] / 4000 - 0.25) < 0.03
    assert abs(found["reset"] / 4000 - 0.05) < 0.015


def test_a_plan_without_shares_spoils_nothing_and_one_that_sums_to_one_everything() -> None:
    assert {FaultPlan().fault(n) for n in range(100)} == {None}
    assert None not in {FaultPlan(shares={"error": 0.5, "closed": 0.5}).fault(n) for n in range(200)}


def test_a_storm_refuses_every_request_of_its_time_and_then_ends() -> None:
    plan = FaultPlan(storm_every_s=10, storm_s=3)
    assert [at for at in range(20) if plan.fault(at, float(at)) == "busy"] == [7, 8, 9, 17, 18, 19]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"shares": {"error": 0.7, "hang": 0.7}}, "the shares of faults sum to 1.4; allowed: at most 1"),
        ({"storm_every_s": 5, "storm_s": 5}, "storm_s must be below storm_every_s"),
        ({"shares": {"eror": 0.1}}, "Input should be 'busy'"),
        ({"shares": {"error": -0.1}}, "greater than or equal to 0"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        FaultPlan.model_validate(wrong)


@pytest.mark.parametrize("fault", FAULTS)
def test_only_a_slow_answer_is_good_in_spite_of_its_fault(fault: str) -> None:
    spoken = answer(fault, Scene(BODY, FaultPlan()))  # type: ignore[arg-type]
    assert spoken.good == (fault == "slow")
    if fault not in ("huge", "endless"):
        said = b"".join(spoken.wire()).partition(b"\r\n\r\n")[2]
        assert (said == BODY) == (fault == "slow")


def test_a_good_answer_announces_its_length_and_holds_the_body() -> None:
    head, _, said = b"".join(answer(None, Scene(BODY, FaultPlan())).wire()).partition(b"\r\n\r\n")
    assert f"content-length: {len(BODY)}".encode() in head
    assert said == BODY


def test_a_skewed_clock_is_years_ahead_and_asks_for_the_same_wait() -> None:
    from email.utils import parsedate_to_datetime

    head = answer("busy_skewed", Scene(BODY, FaultPlan(retry_after_s=7), 1_000_000.0)).wire()
    lines = dict(line.split(": ", 1) for line in next(iter(head)).decode().split("\r\n") if ": " in line)
    here, until = (parsedate_to_datetime(lines[name]) for name in ("date", "retry-after"))
    assert (until - here).total_seconds() == 7
    assert here.year >= 2039


@pytest.mark.parametrize("fault", ["busy", "busy_skewed", "error", "wrong_type", "not_json"])
def test_complaints_repeat_what_they_are_told_to_repeat(fault: str) -> None:
    said = b"".join(answer(fault, Scene(BODY, FaultPlan(), echo="Bearer sk-x")).wire())  # type: ignore[arg-type]
    head, _, complaint = said.partition(b"\r\n\r\n")
    assert b"Bearer sk-x" in complaint
    assert f"content-length: {len(complaint)}".encode() in head


@pytest.mark.parametrize("fault", ["huge", "endless"])
def test_a_huge_body_is_made_piece_by_piece(fault: str) -> None:
    pieces = iter(answer(fault, Scene(BODY, FaultPlan())).wire())  # type: ignore[arg-type]
    next(pieces)
    sizes = [len(piece) for piece in pieces]
    assert sum(sizes) >= HUGE_BYTES
    assert max(sizes) < 2**20 + 100


async def _said(fault: str | None) -> tuple[bytes, bool]:
    """What a caller hears that waits a tenth of a second for more, and whether it heard the end of the connection."""

    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await speak(answer(fault, Scene(BODY, FaultPlan(slow_s=0.05))), reader, writer)  # type: ignore[arg-type]
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        done.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        heard, ended = b"", False
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                with suppress(ConnectionError):
                    while piece := await reader.read(65536):
                        heard += piece
                ended = True
        writer.close()
        await done.wait()
    return heard, ended


def test_answers_are_spoken_whole_in_drops_by_half_or_not_at_all() -> None:
    assert asyncio.run(_said(None))[0].endswith(BODY)
    assert asyncio.run(_said("slow"))[0].endswith(BODY)
    assert asyncio.run(_said("closed")) == (b"", True)
    assert asyncio.run(_said("hang")) == (b"", False)
    heard, ended = asyncio.run(_said("hang_midway"))
    assert heard.endswith(BODY[: len(BODY) // 2])
    assert not ended
    assert asyncio.run(_said("reset"))[1]
