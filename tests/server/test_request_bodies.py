"""Whatever the body, the server answers with an answer or a refusal, and never breaks."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from agentscale import api
from agentscale.server.application import application
from agentscale.server.bodies import ChatBody
from agentscale.server.simulated import SimulatorDoor

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)
FIELDS = st.sampled_from(sorted(ChatBody.model_fields)) | st.text(max_size=8)


@pytest.fixture(scope="module")
def client(experiment: Path) -> TestClient:
    return TestClient(application(SimulatorDoor(api.load(experiment))), raise_server_exceptions=False)


def refused_or_answered(reply: Any) -> None:
    said = reply.json() if reply.headers["content-type"] == "application/json" else {"choices": []}
    assert ("choices" in said and reply.status_code == 200) or (
        reply.status_code in (400, 404) and isinstance(said["error"]["message"], str)
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=ANYTHING)
def test_any_json_is_answered_or_refused(client: TestClient, body: Any) -> None:
    refused_or_answered(client.post("/v1/chat/completions", content=json.dumps(body)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(FIELDS, ANYTHING, min_size=1, max_size=3))
def test_a_good_body_with_any_fields_changed_is_answered_or_refused(
    client: TestClient, prompts: list[str], changes: dict[str, Any]
) -> None:
    body = {"model": "small", "messages": [{"role": "user", "content": prompts[0]}]}
    refused_or_answered(client.post("/v1/chat/completions", content=json.dumps({**body, **changes})))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary())
def test_any_bytes_are_refused(client: TestClient, raw: bytes) -> None:
    for path in ("chat/completions", "embeddings"):
        assert client.post(f"/v1/{path}", content=raw).status_code == 400


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.fixed_dictionaries({"model": st.sampled_from(["lexical", "none"]), "input": ANYTHING}))
def test_any_input_of_an_embedding_gets_vectors_or_a_refusal(client: TestClient, body: dict[str, Any]) -> None:
    reply = client.post("/v1/embeddings", content=json.dumps(body))
    assert reply.status_code in (200, 400, 404)
    if reply.status_code == 200:
        assert len(reply.json()["data"]) == (1 if isinstance(body["input"], str) else len(body["input"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=st.text(st.characters(min_codepoint=32, max_codepoint=126)) | ANYTHING.map(json.dumps))
def test_any_header_of_a_call_is_refused_unless_it_spells_one(
    client: TestClient, prompts: list[str], header: str
) -> None:
    body = {"model": "small", "messages": [{"role": "user", "content": prompts[0]}]}
    reply = client.post(
        "/v1/chat/completions", content=json.dumps(body), headers={"X-Agentscale-Call": header.encode("ascii")}
    )
    assert reply.status_code == 400
    assert "spells no call" in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"messages": []}, "messages: List should have at least 1 item"),
        ({"messages": "hello"}, "messages: Input should be a valid array"),
        (
            {"messages": [{"role": "function", "content": "x"}]},
            "messages.0.role: Input should be 'system', 'developer'",
        ),
        ({"model": 3}, "model: Input should be a valid string"),
        ({"max_tokens": "12"}, "max_tokens: Input should be a valid integer"),
        ({"stream_options": {"include_usage": True}}, "stream_options is allowed only with stream: true"),
        ({"response_format": {"type": "json_object"}}, "response_format is not supported here"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(
    client: TestClient, prompts: list[str], changes: dict[str, Any], message: str
) -> None:
    body = {"model": "small", "messages": [{"role": "user", "content": prompts[0]}], **changes}
    reply = client.post("/v1/chat/completions", content=json.dumps(body))
    assert reply.status_code == 400
    assert message in reply.json()["error"]["message"]
