"""The hostile server does what its log says, and repeats the key that it was sent."""

import asyncio
from pathlib import Path

from agentscale.bench.accounts import read_log
from agentscale.bench.hostile_server import answer_of
from agentscale.bench.serving import serving
from agentscale.schema.record import digest_of
from agentscale.server.faults import FaultPlan

CANARY = "Bearer sk-canary-0123456789abcdef"


def heard(log: Path, plan: FaultPlan, *calls: str) -> list[str]:
    """What the server says to one request after another on one connection."""

    async def ask(port: int) -> list[str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        said = []
        for call in calls:
            headers = [f"X-Agentscale-Call: {call}", f"Authorization: {CANARY}", "Content-Length: 2"]
            head = "\r\n".join(["POST /v1 HTTP/1.1", *headers, "", ""])
            writer.write(head.encode() + b"{}")
            answer = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = int(answer.partition("content-length: ")[2].split("\r\n")[0])
            said.append((await reader.readexactly(length)).decode())
        writer.close()
        return said

    with serving("hostile_server", str(log), plan.model_dump_json(), "0") as url:
        return asyncio.run(ask(int(url.rpartition(":")[2])))


def test_the_same_call_gets_the_same_answer_and_others_get_theirs(tmp_path: Path) -> None:
    one, other, again = heard(tmp_path / "log", FaultPlan(), "ab01", "cd02", "ab01")
    assert one == again != other
    assert answer_of("ab01", CANARY).splitlines()[-1] == "Final answer: B"
    assert answer_of(digest_of("ab01"), CANARY).splitlines()[-1] in one
    requests = read_log((tmp_path / "log").read_bytes().splitlines())
    assert [(request.key, request.fault, request.good) for request in requests] == [
        (digest_of("ab01"), None, True),
        (digest_of("cd02"), None, True),
        (digest_of("ab01"), None, True),
    ]


def test_answers_and_complaints_repeat_the_key(tmp_path: Path) -> None:
    assert CANARY in heard(tmp_path / "good", FaultPlan(), "ab01")[0]
    assert CANARY in heard(tmp_path / "bad", FaultPlan(shares={"error": 1.0}), "ab01")[0]
    assert not read_log((tmp_path / "bad").read_bytes().splitlines())[0].good
