"""Requests in batches: what fails is sent again, what is refused is told, and nobody waits for ever."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from agentscale.errors import EndpointError
from agentscale.models.openai_chat.batches import BatchDesk
from agentscale.schema.experiment import BatchSpec
from agentscale.transport import Address, EndpointClient

Result = dict[str, Any] | None
Judge = Callable[[int, str], Result]
"""From the number of the batch and the content of a request to what the batch says of it; ``None`` for nothing."""


def _good(text: str) -> Result:
    return {"response": {"status_code": 200, "body": {"said": text}}}


def _bad(status: int) -> Result:
    return {"response": {"status_code": status, "body": {"error": {"message": f"status {status}"}}}}


def _asked(folder: Path, judge: Judge, contents: list[str], status: str = "completed") -> tuple[list[Any], int]:
    """What came of each request, and how many batches there were."""
    inputs: list[list[dict[str, Any]]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/v1/files":
            form = request.content.decode()
            inputs.append([json.loads(line) for line in form.splitlines() if line.startswith("{")])
            return httpx.Response(200, json={"id": f"f{len(inputs)}"})
        if path == "/v1/batches":
            return httpx.Response(200, json={"id": f"b{len(inputs)}"})
        number = int(path.rpartition("/content")[0][-1]) if path.endswith("/content") else int(path[-1])
        if path.startswith("/v1/batches/"):
            return httpx.Response(200, json={"status": status, "output_file_id": f"o{number}"})
        told = [(line, judge(number, line["body"]["content"])) for line in inputs[number - 1]]
        lines = [json.dumps({"custom_id": line["custom_id"], **found}) for line, found in told if found is not None]
        return httpx.Response(200, text="\n".join(lines))

    async def main() -> list[Any]:
        address = Address("here", "http://here/v1", max_retries=2)
        client = EndpointClient(address, transport=httpx.MockTransport(handle))
        desk = BatchDesk(client, BatchSpec(gather_s=0.02, poll_s=0.01), folder)
        tasks = [
            asyncio.create_task(desk.post_json("/chat/completions", {"content": text}, headers={"call": f"[{text}]"}))
            for text in contents
        ]
        await asyncio.wait(tasks)
        await desk.aclose()
        return [task.exception() or task.result() for task in tasks]

    return asyncio.run(main()), len(inputs)


def test_all_that_is_asked_within_a_while_is_one_batch(tmp_path: Path) -> None:
    answers, batches = _asked(tmp_path / "batches", lambda number, text: _good(text), list("abcdefgh"))
    assert [(answer.data["said"], answer.retries) for answer in answers] == [(text, 0) for text in "abcdefgh"]
    assert batches == 1
    assert list((tmp_path / "batches").iterdir()) == []


@pytest.mark.parametrize("first", [_bad(429), _bad(500), None])
def test_what_failed_or_was_left_out_is_sent_again_alone(tmp_path: Path, first: Result) -> None:
    def judge(number: int, text: str) -> Result:
        return first if number == 1 and text == "b" else _good(text)

    answers, batches = _asked(tmp_path, judge, list("abc"))
    assert [(answer.data["said"], answer.retries) for answer in answers] == [("a", 0), ("b", 1), ("c", 0)]
    assert batches == 2


def test_what_is_refused_is_told_with_the_endpoints_words_and_not_sent_again(tmp_path: Path) -> None:
    answers, batches = _asked(tmp_path, lambda number, text: _bad(400) if text == "a" else _good(text), ["a", "b"])
    assert isinstance(answers[0], EndpointError)
    assert (answers[0].kind, answers[0].status) == ("refused", 400)
    assert "status 400" in answers[0].said
    assert answers[1].data == {"said": "b"}
    assert batches == 1


def test_what_fails_in_every_batch_fails_in_the_end(tmp_path: Path) -> None:
    answers, batches = _asked(tmp_path, lambda number, text: None, ["a"], status="expired")
    assert isinstance(answers[0], EndpointError)
    assert "ended as 'expired', after 2 further batches" in str(answers[0])
    assert batches == 3


def test_a_file_that_is_no_results_is_told(tmp_path: Path) -> None:
    answers, _ = _asked(tmp_path, lambda number, text: {"response": "nonsense"}, ["a"])
    assert isinstance(answers[0], EndpointError)
    assert answers[0].kind == "malformed"
