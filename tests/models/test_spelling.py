"""How a request is spelt: every difference of a server or a model is a value of its profile."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.models.openai_chat.spelling import Spelt, expected_tokens, spell
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CallId, ChatRequest, Message
from agentscale.schema.experiment import ModelSpec
from agentscale.schema.profile import Profile

CALL = CallId(7, "t", "s1", 0, "m/-/0", "agent", 0, 0, 0, 0, "b")
TALK = (Message("system", "Be brief."), Message("user", "2 + 2?"), Message("assistant", "5"), Message("user", "Sure?"))
SAMPLING = Sampling(temperature=0.5, top_p=0.9, max_tokens=8, stop=("Q:",), seed=3)
SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}}


def spelt(profile: Profile, messages: tuple[Message, ...] = TALK, stream: bool = False, **spec: Any) -> Spelt:
    return spell(ModelSpec(model="m", **spec), ChatRequest("x", messages, SAMPLING), CALL, profile, stream=stream)


def test_the_usual_spelling_is_the_api_itself() -> None:
    body = spelt(Profile(), reasoning_effort="low").body
    assert [each["role"] for each in body.pop("messages")] == ["system", "user", "assistant", "user"]
    assert body == {
        "model": "m",
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 8,
        "stop": ["Q:"],
        "seed": 3,
        "reasoning_effort": "low",
    }


def test_a_renamed_parameter_keeps_its_value() -> None:
    asked = spelt(Profile(renamed={"max_tokens": "max_completion_tokens", "seed": "random_seed"}))
    assert (asked.body["max_completion_tokens"], asked.body["random_seed"]) == (8, 3)
    assert not {"max_tokens", "seed"} & asked.body.keys()
    assert asked.names["max_tokens"] == "max_completion_tokens"


def test_what_is_not_taken_is_not_sent_and_told_only_where_it_was_asked_for() -> None:
    asked = spelt(Profile(unsent=("temperature", "reasoning_effort")))
    assert "temperature" not in asked.body
    assert asked.omitted == ("temperature",)


def test_a_developer_says_the_persona() -> None:
    messages = spelt(Profile(system="developer")).body["messages"]
    assert [each["role"] for each in messages] == ["developer", "user", "assistant", "user"]


def test_a_persona_without_a_role_of_its_own_opens_the_users_first_message() -> None:
    messages = spelt(Profile(system="user")).body["messages"]
    assert messages == [
        {"role": "user", "content": "Be brief.\n\n2 + 2?"},
        {"role": "assistant", "content": "5"},
        {"role": "user", "content": "Sure?"},
    ]
    alone = spelt(Profile(system="user"), (Message("system", "Be brief."),))
    assert alone.body["messages"] == [{"role": "user", "content": "Be brief."}]


@given(st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), st.text(max_size=5)), max_size=6))
def test_folding_keeps_every_text_in_order_and_leaves_no_system(turns: list[tuple[Any, str]]) -> None:
    messages = tuple(Message(role, text) for role, text in turns)
    folded = spelt(Profile(system="user"), messages).body["messages"]
    assert all(each["role"] in ("user", "assistant") for each in folded)
    personas = [message.content for message in messages if message.role == "system"]
    texts = [each["content"] for each in folded if each["role"] == "assistant"]
    assert texts == [message.content for message in messages if message.role == "assistant"]
    assert "\n\n".join(personas) in "".join(each["content"] for each in folded)


@pytest.mark.parametrize(
    ("structured", "field", "value"),
    [
        (
            "json_schema",
            "response_format",
            {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}},
        ),
        ("json_object", "response_format", {"type": "json_object"}),
        ("guided_json", "guided_json", SCHEMA),
        ("format", "format", SCHEMA),
    ],
)
def test_a_schema_is_asked_for_in_the_servers_form(structured: Any, field: str, value: Any) -> None:
    asked = spelt(Profile(structured=structured), json_schema=SCHEMA)
    assert asked.body[field] == value
    assert (asked.structured, asked.names["json_schema"]) == (structured, field)
    assert field not in spelt(Profile(structured=structured)).body


def test_further_fields_go_as_they_stand() -> None:
    assert spelt(Profile(), extra={"top_k": 40, "chat_template_kwargs": {"a": [1]}}).body["top_k"] == 40


def test_a_stream_asks_for_its_usage_unless_the_server_knows_neither() -> None:
    assert spelt(Profile(), stream=True).body["stream_options"] == {"include_usage": True}
    assert "stream_options" not in spelt(Profile(unsent=("stream_options",)), stream=True).body
    plain = spelt(Profile(unsent=("stream",)), stream=True)
    assert not {"stream", "stream_options"} & plain.body.keys()
    assert not {"stream", "stream_options"} & plain.names.keys()


@given(texts=st.lists(st.text(max_size=50), max_size=4), cap=st.integers(1, 10_000))
def test_a_call_is_expected_to_use_a_quarter_of_its_characters_and_the_cap_of_its_answer(
    texts: list[str], cap: int
) -> None:
    messages = tuple(Message("user", text) for text in texts)
    asked = sum(map(len, texts)) // 4
    assert expected_tokens(ChatRequest("x", messages, Sampling(max_tokens=cap))) == asked + cap
    assert expected_tokens(ChatRequest("x", messages)) is None
