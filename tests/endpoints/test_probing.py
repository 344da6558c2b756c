"""The doctor sees what a server can and cannot, learns its spelling, and says why where nothing can be asked."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from agentscale.endpoints.probing import Examination, examine
from agentscale.errors import EndpointError
from agentscale.transport import Address, EndpointClient

Answer = Callable[[dict[str, Any], int], dict[str, Any] | tuple[int, str]]


def _examined(answer: Answer, models: Any = None) -> Examination:
    count = iter(range(10_000))

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/models"):
            return httpx.Response(200, json={"data": models or []})
        body = json.loads(request.content)
        if request.url.path.endswith("/embeddings"):
            return httpx.Response(404, json={"error": {"message": "no such path"}})
        given = answer(body, next(count))
        if isinstance(given, tuple):
            return httpx.Response(given[0], json={"error": {"message": given[1]}})
        if body.get("stream"):
            lines = [f"data: {json.dumps(given)}\n\n"] * 3 + ["data: [DONE]\n\n"]
            return httpx.Response(200, text="".join(lines), headers={"content-type": "text/event-stream"})
        return httpx.Response(200, json=given)

    async def main() -> Examination:
        address = Address("here", "http://here/v1", max_retries=0)
        client = EndpointClient(address, transport=httpx.MockTransport(handle))
        try:
            return await examine(client, "m")
        finally:
            await client.aclose()

    return asyncio.run(main())


def _said(text: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    capped = body.get("max_tokens", body.get("max_completion_tokens", 99)) <= 2
    choice = {"message": {"content": text[:6] if capped else text}, "finish_reason": "length" if capped else "stop"}
    n = body.get("n", 1)
    return {"choices": [{**choice, **more}] * n, "usage": {"prompt_tokens": 5, "completion_tokens": 3}}


def _able(body: dict[str, Any], number: int) -> dict[str, Any]:
    """A server that can all: its texts hang on the seed, or on the number of the request where it is warm."""
    warm = body.get("temperature", 1) > 0
    mark = body.get("seed", number) if warm else 0
    text = f"Rivers slowly carve valleys {mark}"
    for stop in body.get("stop", []):
        text = text.partition(stop)[0]
    more = {"logprobs": {"content": [{"token": "R"}]}} if body.get("logprobs") else {}
    return _said(text, body, **more)


def _states(found: Examination) -> dict[str, str]:
    return {finding.name: finding.state for finding in found.findings}


def test_a_server_that_can_all_is_seen_to() -> None:
    found = _examined(_able, [{"id": "m", "meta": {"n_ctx_train": 8192}}])
    assert _states(found) == {**dict.fromkeys(_states(found), "yes"), "embeddings": "no"}
    assert len(found.findings) == 13
    assert found.profile.model_dump(exclude_defaults=True) == {}


def test_a_server_that_draws_anew_at_temperature_0_ignores_seeds_and_n_and_keeps_usage_to_itself() -> None:
    def unable(body: dict[str, Any], number: int) -> dict[str, Any]:
        answer = _said(f"Water runs everywhere {number}", {**body, "n": 1})
        return {"choices": answer["choices"]}

    states = _states(_examined(unable))
    wrong = {"usage", "greedy", "greedy at once", "seed", "several", "logprobs", "stop"}
    assert {name for name, state in states.items() if state == "no"} == {*wrong, "embeddings"}
    assert states["context"] == "unclear"


def test_what_is_refused_becomes_a_profile_and_the_rest_is_tried_all_the_same() -> None:
    def picky(body: dict[str, Any], number: int) -> dict[str, Any] | tuple[int, str]:
        for name in ("max_tokens", "temperature", "logprobs"):
            if name in body:
                return 400, f"unsupported parameter: {name}"
        return _able({**body, "temperature": 1}, number)

    found = _examined(picky)
    assert found.profile.renamed == {"max_tokens": "max_completion_tokens"}
    assert found.profile.unsent == ("temperature",)
    assert _states(found)["logprobs"] == "no"
    assert _states(found)["usage"] == "yes"


@pytest.mark.parametrize("status", [401, 500])
def test_a_server_that_answers_nothing_is_an_error(status: int) -> None:
    with pytest.raises(EndpointError):
        _examined(lambda body, number: (status, "no"))


def test_a_model_that_takes_no_chat_at_all_is_an_error_with_its_words() -> None:
    with pytest.raises(EndpointError, match=r"takes no chat request for 'm': .*unknown model"):
        _examined(lambda body, number: (404, "unknown model"))
