"""The identity of a call: what makes two calls one, and what does not."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.engine.identity import TrialId, body_digest
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import Call, ChatRequest, Message

HELLO = ChatRequest("small", (Message("user", "hello"),), Sampling(temperature=1.0))
QWEN = {"model": "qwen", "profile": "openai-chat"}


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
