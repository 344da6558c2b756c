"""Refusals in the words of real servers: what each teaches, and what teaches nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import EndpointError
from agentscale.models.openai_chat.refusals import Change, change_of
from agentscale.models.openai_chat.spelling import Spelt, spell
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CallId, ChatRequest, Message
from agentscale.schema.experiment import ModelSpec
from agentscale.schema.profile import Profile

CALL = CallId(7, "t", "s1", 0, "m/-/0", "agent", 0, 0, 0, 0, "b")
SAMPLING = Sampling(temperature=0.2, top_p=0.9, max_tokens=8, stop=("Q:",), seed=3)
REQUEST = ChatRequest("x", (Message("system", "Be brief."), Message("user", "2 + 2?")), SAMPLING)
SPEC = ModelSpec(model="m", reasoning_effort="minimal", json_schema={"type": "object"}, extra={"top_k": 4})


def sent(profile: Profile = Profile()) -> Spelt:  # noqa: B008 a frozen record
    return spell(SPEC, REQUEST, CALL, profile, stream=True)


def refused(said: Any, status: int = 400, profile: Profile = Profile()) -> Change | None:  # noqa: B008
    text = said if isinstance(said, str) else json.dumps(said)
    return change_of(EndpointError("refused", kind="refused", status=status, said=text), sent(profile))


def openai(message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


CAP = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
WARM = "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported."
ROLE = "Unsupported value: 'messages[0].role' does not support 'system' with this model."
SERDE = "Failed to deserialize the JSON body: response_format.type: unknown variant `json_schema`, expected `text`"

TAUGHT: dict[str, tuple[Any, tuple[str, str | None]]] = {
    "openai: the cap has another name": (
        openai(CAP, "max_tokens", "unsupported_parameter"),
        ("max_tokens", "max_completion_tokens"),
    ),
    "a proxy hands on the message alone": ({"error": {"message": CAP}}, ("max_tokens", "max_completion_tokens")),
    "openai: one temperature only": (openai(WARM, "temperature", "unsupported_value"), ("temperature", None)),
    "openai: no stop": (
        openai("Unsupported parameter: 'stop' is not supported with this model.", "stop"),
        ("stop", None),
    ),
    "openai, older": (openai("Unrecognized request argument supplied: seed"), ("seed", None)),
    "openai: no system": (openai(ROLE, "messages[0].role", "unsupported_value"), ("system", "user")),
    "vllm: a template without system": (
        {
            "object": "error",
            "message": "System role not supported",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        ("system", "user"),
    ),
    "vllm: strict fields": (
        {
            "object": "error",
            "code": 400,
            "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'reasoning_effort'), "
            "'msg': 'Extra inputs are not permitted', 'input': 'minimal'}]",
        },
        ("reasoning_effort", None),
    ),
    "mistral": (
        {
            "object": "error",
            "message": {
                "detail": [
                    {
                        "type": "extra_forbidden",
                        "loc": ["body", "seed"],
                        "msg": "Extra inputs are not permitted",
                        "input": {"temperature": 0.2},
                    }
                ]
            },
        },
        ("seed", None),
    ),
    "fastapi": (
        {"detail": [{"loc": ["body", "top_p"], "msg": "extra fields not permitted", "type": "value_error.extra"}]},
        ("top_p", None),
    ),
    "anthropic": (
        {"error": {"type": "invalid_request_error", "message": "seed: Extra inputs are not permitted"}},
        ("seed", None),
    ),
    "groq": (openai("property 'stream_options' is unsupported"), ("stream_options", None)),
    "xai": (
        {"code": "400", "error": "Model grok does not support parameter reasoningEffort."},
        ("reasoning_effort", None),
    ),
    "gemini": (
        {"error": {"code": 400, "message": 'Invalid JSON payload received. Unknown name "seed": Cannot find field.'}},
        ("seed", None),
    ),
    "llama.cpp": (
        {"error": {"code": 400, "message": "Unsupported param: stop", "type": "invalid_request_error"}},
        ("stop", None),
    ),
    "deepseek": (openai("This response_format type is unavailable now"), ("json_schema", "json_object")),
    "a strict deserializer": (SERDE, ("json_schema", "json_object")),
    "openai: an older model and a schema": (
        openai(
            "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
            "response_format",
        ),
        ("json_schema", "json_object"),
    ),
    "llama.cpp, older: no schema": (
        {"error": {"message": 'response_format type must be one of "text" or "json_object", but got: json_schema'}},
        ("json_schema", "json_object"),
    ),
    "openai, older: no schema": (
        openai("Invalid value: 'json_schema'. Supported values are: 'json_object' and 'text'.", "response_format.type"),
        ("json_schema", "json_object"),
    ),
    "plain text": ("stream is not supported by this server", ("stream", None)),
}


@pytest.mark.parametrize(("said", "taught"), TAUGHT.values(), ids=TAUGHT.keys())
def test_a_refusal_by_name_teaches_one_change(said: Any, taught: tuple[str, str | None]) -> None:
    for status in (400, 422):
        change = refused(said, status)
        assert change is not None
        assert (change.parameter, change.to) == taught


UNTAUGHT: dict[str, Any] = {
    "out of range": openai("Invalid 'temperature': decimal above maximum value. Expected <= 1, got 2.", "temperature"),
    "too large a cap": openai(
        "max_tokens is too large: 9. This model supports at most 4 completion tokens", "max_tokens"
    ),
    "another value is right": openai(
        "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. "
        "Supported values are: 'low', 'medium', and 'high'.",
        "reasoning_effort",
        "unsupported_value",
    ),
    "llama.cpp: a value of another type": {"error": {"code": 400, "message": "Field 'seed': type must be number"}},
    "llama.cpp: out of range": {"error": {"message": "Field 'top_p': Value must be between 0 <= value <= 1"}},
    "a cap from a list": openai("max_tokens must be one of 16, 32", "max_tokens"),
    "two that exclude each other": openai("`temperature` and `top_p` cannot both be specified for this model."),
    "a schema with a fault": openai(
        "Invalid schema for response_format 'answer': 'oneOf' is not permitted.", "response_format"
    ),
    "an unknown model": openai("The model `m` does not exist", "model", "model_not_found"),
    "messages": openai("Invalid value for 'content': expected a string, got null.", "messages.[1].content"),
    "turns that must alternate": {"message": "Conversation roles must alternate user/assistant/user/assistant/..."},
    "too long": {
        "error": {"message": "the request exceeds the available context size", "type": "exceed_context_size_error"}
    },
    "a field of one's own": openai("Unrecognized request argument supplied: top_k", "top_k"),
    "what was not sent": openai("Unsupported parameter: 'logprobs' is not supported with this model."),
    "no words": "",
}


@pytest.mark.parametrize("said", UNTAUGHT.values(), ids=UNTAUGHT.keys())
def test_what_is_the_users_to_mend_teaches_nothing(said: Any) -> None:
    assert refused(said) is None


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, None])
def test_only_a_refused_body_teaches(status: Any) -> None:
    assert refused(openai(CAP, "max_tokens"), status) is None


def test_the_cap_goes_back_to_its_old_name_where_the_new_one_is_unknown_and_is_never_left_out() -> None:
    later = Profile(renamed={"max_tokens": "max_completion_tokens"})
    change = refused(openai("Unrecognized request argument supplied: max_completion_tokens"), profile=later)
    assert change is not None
    assert (change.parameter, change.to) == ("max_tokens", "max_tokens")


def test_who_says_the_persona_goes_from_developer_to_system_to_user_and_no_further() -> None:
    said = {"error": {"message": "Unexpected message role."}}
    steps = [refused(said, profile=Profile(system=system)) for system in ("developer", "system", "user")]
    assert [step and step.to for step in steps] == ["system", "user", None]


def test_a_server_that_knows_no_developer_is_told_by_its_list_of_roles() -> None:
    said = openai("Invalid value: 'developer'. Supported values are: 'system' and 'user'.", "messages[0].role")
    change = refused(said, profile=Profile(system="developer"))
    assert change is not None
    assert (change.parameter, change.to) == ("system", "system")


def test_json_without_a_schema_is_the_last_form_before_none() -> None:
    change = refused(openai("response_format is not supported"), profile=Profile(structured="json_object"))
    assert change is not None
    assert (change.parameter, change.to) == ("json_schema", None)


@given(st.text(max_size=80), st.sampled_from([400, 422]))
def test_any_body_teaches_one_change_or_nothing(said: str, status: int) -> None:
    change = refused(said, status)
    assert change is None or change.parameter in {*sent().names, "system"}


def test_a_body_that_is_nested_without_end_is_read_as_text() -> None:
    assert refused("[" * 4000) is None
