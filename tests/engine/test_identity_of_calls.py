"""The identity of a call: what makes two calls one, and what does not."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.engine.identity import BodyForm, TrialId
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import Call, CallId, ChatRequest, Message
from agentscale.schema.record import digest

HELLO = ChatRequest("small", (Message("user", "hello"),), Sampling(temperature=1.0))
QWEN = {"model": "qwen", "profile": "openai-chat"}


def body_digest(request: ChatRequest, identity: dict[str, Any]) -> str:
    return BodyForm(request.sampling, identity).digest(request.messages)


def test_equal_bodies_of_two_slots_are_two_calls() -> None:
    trial = TrialId(seed=1, task="t", sample_id="q", replicate=0)
    keys = {trial.call(Call(f"qwen/-/{copy}", HELLO.messages), 0, body_digest(HELLO, QWEN)).key for copy in range(16)}
    assert len(keys) == 16


def test_a_derived_seed_is_no_part_of_the_body() -> None:
    derived = dataclasses.replace(HELLO, sampling=Sampling(temperature=1.0, seed="derived"))
    fixed = dataclasses.replace(HELLO, sampling=Sampling(temperature=1.0, seed=7))
    assert body_digest(derived, QWEN) == body_digest(HELLO, QWEN)
    assert body_digest(fixed, QWEN) != body_digest(HELLO, QWEN)


def test_the_models_name_in_the_file_is_no_part_of_the_body() -> None:
    assert body_digest(dataclasses.replace(HELLO, model="renamed"), QWEN) == body_digest(HELLO, QWEN)


@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(HELLO, messages=(Message("user", "hello "),)),
        dataclasses.replace(HELLO, messages=(Message("system", "hello"),)),
        dataclasses.replace(HELLO, messages=(*HELLO.messages, Message("user", ""))),
        dataclasses.replace(HELLO, sampling=Sampling(temperature=0.9)),
        dataclasses.replace(HELLO, sampling=Sampling(temperature=1.0, max_tokens=5)),
    ],
)
def test_another_message_or_sampling_is_another_body(other: ChatRequest) -> None:
    assert body_digest(other, QWEN) != body_digest(HELLO, QWEN)


def test_another_model_or_profile_is_another_body() -> None:
    assert (
        len({body_digest(HELLO, identity) for identity in (QWEN, {**QWEN, "model": "x"}, {**QWEN, "profile": "y"})})
        == 3
    )


FIELDS = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 3),
        "task": st.sampled_from(["t", "u"]),
        "sample_id": st.text(max_size=3),
        "replicate": st.integers(0, 2),
        "salt": st.sampled_from(["", "cell"]),
    }
)


@given(FIELDS, FIELDS, st.integers(0, 2), st.integers(0, 2))
def test_keys_are_equal_exactly_where_identities_are(one: dict, other: dict, first: int, second: int) -> None:
    call = Call("qwen/-/0", HELLO.messages)
    left = TrialId(**one).call(call, first, "body")
    right = TrialId(**other).call(call, second, "body")
    assert (left.key == right.key) == (left == right)


TEXT = st.text(st.characters(), max_size=20) | st.just('\ud83d\ude00 \ud800 \x00\x7f\\"\u2028')


@given(TEXT, TEXT, st.sampled_from([Sampling(), HELLO.sampling, Sampling(stop=("\n", "\u00e9"), max_tokens=3)]))
def test_the_body_is_the_digest_of_its_canonical_json_whatever_the_text(
    said: str, name: str, sampling: Sampling
) -> None:
    messages = (Message("system", name), Message("user", said))
    plain = {
        "identity": {"model": name, "profile": "openai-chat"},
        "messages": [["system", name], ["user", said]],
        "sampling": sampling.model_dump(mode="json", exclude_defaults=True),
    }
    assert BodyForm(sampling, plain["identity"]).digest(messages) == digest(plain)


@given(TEXT, TEXT, st.integers(0, 2**64), st.integers(0, 9))
def test_the_key_is_the_digest_of_the_list_of_the_fields(sample: str, salt: str, seed: int, number: int) -> None:
    call = CallId(seed, "t", sample, number, "m/-/0", "agent", number, 0, 1, 2, "body", salt)
    assert call.key == digest(list(dataclasses.astuple(call)))
