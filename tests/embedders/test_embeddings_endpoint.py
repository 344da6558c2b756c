"""The embedder at an endpoint: what leaves, what comes back in which order, and every way an answer can be wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest

from agentscale.embedders import embed_texts, resolve
from agentscale.embedders.endpoint import TOGETHER, TOGETHER_CHARS, read_vectors
from agentscale.errors import EndpointError, SpecError
from agentscale.schema.embedding import read
from agentscale.transport import Address, EndpointClient, Secret

Answer = Callable[[dict[str, Any]], httpx.Response]


def vector(text: str) -> list[float]:
    return [float(len(text)), 1.0, 0.5]


def honest(body: dict[str, Any]) -> httpx.Response:
    entries = [{"index": at, "embedding": vector(text), "object": "embedding"} for at, text in enumerate(body["input"])]
    return httpx.Response(200, json={"object": "list", "data": entries[::-1], "model": body["model"]})


class Endpoint:
    """An endpoint in memory; remembers the requests."""

    def __init__(self, answer: Answer = honest, **limits: Any) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer
        key = Secret("sk-0123456789abcdef0123")
        self._address = Address("here", "http://embeddings.test/v1", key, **{"max_retries": 0, **limits})

    def embed(self, texts: list[str]) -> np.ndarray:
        async def ask() -> np.ndarray:
            client = EndpointClient(self._address, transport=httpx.MockTransport(self._handle))
            try:
                return await embed_texts(client, "bge-m3", texts)
            finally:
                await client.aclose()

        return asyncio.run(ask())

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.requests]

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(json.loads(request.content))


def test_a_request_holds_model_texts_and_plain_numbers_and_goes_where_embeddings_are() -> None:
    endpoint = Endpoint()
    endpoint.embed(["one", "three"])
    assert endpoint.bodies == [{"model": "bge-m3", "input": ["one", "three"], "encoding_format": "float"}]
    (request,) = endpoint.requests
    assert (request.method, request.url.path) == ("POST", "/v1/embeddings")
    assert request.headers["authorization"] == "Bearer sk-0123456789abcdef0123"


def test_azure_is_asked_by_deployment() -> None:
    endpoint = Endpoint(azure_version="2024-10-21")
    endpoint.embed(["one"])
    assert endpoint.requests[0].url.path == "/v1/openai/deployments/bge-m3/embeddings"
    assert endpoint.requests[0].url.params["api-version"] == "2024-10-21"


def test_vectors_stand_by_index_and_in_the_order_of_the_texts_over_many_requests() -> None:
    texts = [f"{'x' * (at % 50)}{at}" for at in range(5 * TOGETHER + 3)]
    endpoint = Endpoint()
    np.testing.assert_array_equal(endpoint.embed(texts), [vector(text) for text in texts])
    assert sorted(len(body["input"]) for body in endpoint.bodies) == [3, *[TOGETHER] * 5]


def test_long_texts_share_fewer_to_a_request() -> None:
    endpoint = Endpoint()
    endpoint.embed(["y" * (TOGETHER_CHARS // 2 - 1)] * 5)
    assert sorted(len(body["input"]) for body in endpoint.bodies) == [1, 2, 2]


def test_a_refusal_that_may_pass_is_asked_again() -> None:
    refusals = iter([httpx.Response(503), httpx.Response(429, headers={"retry-after": "0"})])
    endpoint = Endpoint(lambda body: next(refusals, None) or honest(body), max_retries=4)
    assert endpoint.embed(["one"]).shape == (1, 3)
    assert len(endpoint.requests) == 3


def test_one_request_that_fails_for_good_fails_them_all_and_is_the_error() -> None:
    def answer(body: dict[str, Any]) -> httpx.Response:
        return httpx.Response(400, json={"error": "too long"}) if "bad" in body["input"] else honest(body)

    with pytest.raises(EndpointError, match="too long") as caught:
        Endpoint(answer).embed(["good"] * 2 * TOGETHER + ["bad"])
    assert (caught.value.status, caught.value.model) == (400, "bge-m3")
    assert "sk-0123456789" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({}, "no list of vectors"),
        ({"data": {"index": 0}}, "no list of vectors"),
        ({"data": [[1.0, 2.0]]}, "no list of vectors"),
        ({"data": [{"index": 0, "embedding": [1.0]}]}, "1 vectors whose indices are not 0 to 1"),
        ({"data": [{"index": 0, "embedding": [1.0]}] * 2}, "indices"),
        ({"data": [{"index": at, "embedding": [1.0]} for at in (0, 2)]}, "indices"),
        ({"data": [{"index": at, "embedding": [1.0]} for at in (0, 1, 2)]}, "3 vectors"),
        ({"data": [{"embedding": [1.0]}, {"embedding": [1.0]}]}, "indices"),
        ({"data": [{"index": at, "embedding": [1.0]} for at in ([0], {})]}, "indices"),
        ({"data": [{"index": at, "embedding": [1.0]} for at in (False, True)]}, "indices"),
        ({"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]}, "of 1 and 2 numbers"),
        ({"data": [{"index": at, "embedding": []} for at in (0, 1)]}, "not a list of finite numbers"),
        ({"data": [{"index": at, "embedding": "AACAPw=="} for at in (0, 1)]}, "not a list of finite numbers"),
        ({"data": [{"index": at, "embedding": [1.0, None]} for at in (0, 1)]}, "not a list of finite numbers"),
        ({"data": [{"index": at, "embedding": [float("nan")]} for at in (0, 1)]}, "not a list of finite numbers"),
        ({"data": [{"index": at, "embedding": [True]} for at in (0, 1)]}, "not a list of finite numbers"),
    ],
)
def test_an_answer_that_is_not_one_vector_a_text_is_malformed(data: dict[str, Any], problem: str) -> None:
    assert problem in str(read_vectors(data, 2))


def test_a_malformed_answer_is_an_error_that_shows_its_beginning() -> None:
    with pytest.raises(EndpointError, match="no list of vectors under 'data' in") as caught:
        Endpoint(lambda body: httpx.Response(200, json={"result": "ok"})).embed(["one"])
    assert caught.value.kind == "malformed"


def test_requests_that_differ_in_the_length_of_vectors_are_malformed() -> None:
    def answer(body: dict[str, Any]) -> httpx.Response:
        n = len(body["input"])
        return httpx.Response(200, json={"data": [{"index": at, "embedding": [1.0] * n} for at in range(n)]})

    with pytest.raises(EndpointError, match="vectors of 1 and of 32 numbers"):
        Endpoint(answer).embed(["one"] * (TOGETHER + 1))


def test_the_signature_is_the_model_and_its_dimension_and_nothing_of_where_it_is() -> None:
    asked: list[list[str]] = []

    def ask(texts: list[str]) -> np.ndarray:
        asked.append(list(texts))
        return np.array([vector(text) for text in texts])

    embed = resolve(read("endpoint:here:bge-m3:latest"), ask)
    assert embed.identity == "endpoint@bge-m3:latest"
    assert asked == []
    assert embed.signature == resolve(read("endpoint:there:bge-m3:latest"), ask).signature == "endpoint@bge-m3:latest:3"


def test_only_visible_texts_are_sent_and_their_beginning_alone() -> None:
    sent: list[str] = []

    def ask(texts: list[str]) -> np.ndarray:
        sent.extend(texts)
        return np.array([vector(text) for text in texts])

    rows = resolve(read("endpoint::m"), ask)(["", "one", " \u200b", "x" * 30_000, "half \ud800"])
    assert [len(text) for text in sent] == [3, 20_000, 6]
    assert sent[-1] == "half \ufffd"
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [0, 1, 0, 1, 1], atol=1e-6)


def test_where_nobody_may_be_asked_that_is_told() -> None:
    with pytest.raises(SpecError, match="no endpoint may be asked"):
        resolve(read("endpoint::m"))(["one"])
