"""Each fault on demand is heard as what it is, and leaves the server as it was."""

import http.client
import json
from pathlib import Path
from typing import Any

import pytest

from agentscale import api
from agentscale.server.hosting import Served


def heard(served: Served, prompt: str, timeout_s: float = 5.0) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=timeout_s)
    body = json.dumps({"model": "small", "messages": [{"role": "user", "content": prompt}], "seed": 1})
    try:
        connection.request("POST", "/v1/chat/completions", body)
        reply = connection.getresponse()
        return reply, reply.read(200_000)
    finally:
        connection.close()


def with_fault(experiment: Path, fault: str) -> Any:
    return api.serve(experiment, faults=f"{fault}=1,slow_s=0.2,retry_after_s=7")


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("429", 429, "application/json"),
        ("503", 503, "application/json"),
        ("500", 500, "application/json"),
        ("wrong_type", 200, "application/json"),
        ("not_json", 200, "text/html"),
        ("truncate", 200, "application/json"),
        ("malformed", 200, "application/json"),
    ],
)
def test_a_refusal_or_a_spoilt_body_arrives_whole(
    experiment: Path, prompts: list[str], fault: str, status: int, kind: str
) -> None:
    with with_fault(experiment, fault) as served:
        reply, body = heard(served, prompts[0])
    assert reply.status == status
    assert reply.headers["content-type"] == kind
    if fault == "429":
        assert reply.headers["retry-after"] == "7"
    if fault in ("truncate", "malformed", "not_json"):
        with pytest.raises(ValueError, match=r"."):
            json.loads(body)
    if fault == "wrong_type":
        assert json.loads(body)["choices"][0]["message"]["content"] == 42


def test_a_skewed_clock_announces_one_date_only(experiment: Path, prompts: list[str]) -> None:
    with with_fault(experiment, "503") as served:
        reply, _ = heard(served, prompts[0])
    assert len(reply.headers.get_all("date", [])) == 1


@pytest.mark.parametrize("fault", ["closed", "reset"])
def test_a_broken_connection_is_broken(experiment: Path, prompts: list[str], fault: str) -> None:
    with with_fault(experiment, fault) as served, pytest.raises((ConnectionError, http.client.HTTPException)):
        heard(served, prompts[0])


@pytest.mark.parametrize("fault", ["hang", "hang_midway"])
def test_a_server_that_hangs_says_no_more_and_ends_all_the_same(
    experiment: Path, prompts: list[str], fault: str
) -> None:
    with with_fault(experiment, fault) as served, pytest.raises(TimeoutError):
        heard(served, prompts[0], timeout_s=0.3)


@pytest.mark.parametrize("fault", ["big", "endless"])
def test_a_huge_body_goes_on_and_on(experiment: Path, prompts: list[str], fault: str) -> None:
    with with_fault(experiment, fault) as served:
        assert len(heard(served, prompts[0])[1]) == 200_000


def test_a_slow_answer_is_the_answer(experiment: Path, prompts: list[str]) -> None:
    with api.serve(experiment) as served:
        at_once = json.loads(heard(served, prompts[0])[1])
    with with_fault(experiment, "slow") as served:
        slowly = json.loads(heard(served, prompts[0])[1])
    assert slowly["choices"] == at_once["choices"]


def test_only_what_is_posted_meets_faults(experiment: Path) -> None:
    with with_fault(experiment, "500") as served:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)
        for path in ("/health", "/v1/models"):
            connection.request("GET", path)
            reply = connection.getresponse()
            assert (reply.status, bool(reply.read())) == (200, True)
        connection.close()


def test_the_same_seed_is_the_same_trouble(experiment: Path, prompts: list[str]) -> None:
    def statuses(seed: int) -> list[int]:
        with api.serve(experiment, faults="429=0.3,500=0.3", seed=seed) as served:
            return [heard(served, prompts[0])[0].status for _ in range(20)]

    assert statuses(1) == statuses(1) != statuses(2)
    assert set(statuses(1)) == {200, 429, 500}
