from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import EndpointError
from agentscale.models.base import Answered, Model
from agentscale.models.openai_chat import OpenAIChat
from agentscale.models.openai_chat.reading import read_completion
from agentscale.models.openai_chat.spelling import spell
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CallId, ChatRequest, Completion, Message, Usage
from agentscale.schema.experiment import ModelSpec
from agentscale.schema.profile import Profile
from agentscale.transport import Address, EndpointClient, Secret

LOOPBACK = "http://127.0.0.1:8080/v1"
GOOD = {
    "choices": [{"message": {"role": "assistant", "content": "4"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
}


def call(**changes: Any) -> CallId:
    fields = {"seed": 7, "task": "t", "sample_id": "s1", "replicate": 0, "slot": "m/-/0", "role": "agent", "round": 0}
    return CallId(**{**fields, "turn": 0, "step": 0, "attempt": 0, "body": "b", **changes})


def request(**sampling: Any) -> ChatRequest:
    return ChatRequest("small", (Message("system", "Be brief."), Message("user", "2 + 2?")), Sampling(**sampling))


def complete(
    answer: Any, base_url: str = LOOPBACK, sampling: Mapping[str, Any] = {}, key: str | None = None
) -> tuple[Answered, httpx.Request]:
    seen: list[httpx.Request] = []

    def handler(asked: httpx.Request) -> httpx.Response:
        seen.append(asked)
        return httpx.Response(200, json=answer)

    async def main() -> Answered:
        address = Address("here", base_url, Secret(key) if key else None)
        model: Model = OpenAIChat(
            ModelSpec(model="tiny-1b"), EndpointClient(address, transport=httpx.MockTransport(handler))
        )
        try:
            return await model.complete(request(**sampling), call())
        finally:
            await model.aclose()

    return asyncio.run(main()), seen[0]


def test_an_answer_is_read_whole() -> None:
    answered, asked = complete(GOOD)
    assert answered == Answered(Completion("4", "stop", Usage(12, 3)), retries=0)
    assert asked.url == "http://127.0.0.1:8080/v1/chat/completions"


def test_what_the_sampling_leaves_open_is_not_sent() -> None:
    assert json.loads(complete(GOOD)[1].content) == {
        "model": "tiny-1b",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 2?"}],
    }


def test_what_the_sampling_says_is_sent() -> None:
    sampling = {"temperature": 0.0, "top_p": 0.9, "max_tokens": 8, "stop": ("\n", "Q:"), "seed": 0}
    sent = json.loads(complete(GOOD, sampling=sampling)[1].content)
    del sent["model"], sent["messages"]
    assert sent == {"temperature": 0.0, "top_p": 0.9, "max_tokens": 8, "stop": ["\n", "Q:"], "seed": 0}


def derived_seed(**who: Any) -> int:
    return spell(ModelSpec(model="m"), request(seed="derived"), call(**who), Profile()).body["seed"]


@given(st.integers(0, 50), st.integers(0, 50))
def test_a_derived_seed_is_31_bits_and_follows_the_call(one: int, other: int) -> None:
    first, second = (derived_seed(sample_id=str(sample)) for sample in (one, other))
    assert 0 <= first < 2**31
    assert (first == second) == (one == other)


def test_copies_of_a_configuration_get_different_derived_seeds() -> None:
    seeds = {derived_seed(slot=f"m/-/{copy}") for copy in range(64)}
    assert len(seeds) == 64


@pytest.mark.parametrize("base_url", [LOOPBACK, "http://localhost:1/v1", "http://[::1]:1/v1"])
def test_the_calls_identity_travels_on_this_machine(base_url: str) -> None:
    assert CallId.read(complete(GOOD, base_url)[1].headers["X-Agentscale-Call"]) == call()


@pytest.mark.parametrize("base_url", ["https://api.openai.com/v1", "http://10.0.0.1/v1", "http://127.0.0.1.example/v1"])
def test_the_calls_identity_travels_nowhere_else(base_url: str) -> None:
    asked = complete(GOOD, base_url)[1]
    assert not [name for name in asked.headers if name.startswith("x-")]


def test_azure_is_asked_at_the_deployments_address_with_its_own_key_header() -> None:
    def handler(asked: httpx.Request) -> httpx.Response:
        seen.append(asked)
        return httpx.Response(200, json=GOOD)

    seen: list[httpx.Request] = []
    address = Address("here", "https://mine.openai.azure.com", Secret("canary-key"), azure_version="2024-10-21")
    model = OpenAIChat(ModelSpec(model="gpt"), EndpointClient(address, transport=httpx.MockTransport(handler)))
    asyncio.run(model.complete(request(), call()))
    assert seen[0].url.path == "/openai/deployments/gpt/chat/completions"
    assert seen[0].url.params["api-version"] == "2024-10-21"
    assert (seen[0].headers["api-key"], "authorization" in seen[0].headers) == ("canary-key", False)


def test_the_identity_holds_neither_address_nor_key() -> None:
    client = EndpointClient(Address("here", LOOPBACK, Secret("canary-key")), transport=httpx.MockTransport(None))  # type: ignore[arg-type]
    assert OpenAIChat(ModelSpec(model="tiny-1b"), client).identity == {"model": "tiny-1b", "profile": "openai-chat"}


def answer(message: Any = None, **choice: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"content": "x"} if message is None else message, **choice}]}


@pytest.mark.parametrize(
    ("data", "completion"),
    [
        (answer(), Completion("x", "unknown")),
        (answer({"content": None}, finish_reason="length"), Completion("", "length")),
        (answer({}), Completion("", "unknown")),
        (answer(finish_reason="eos"), Completion("x", "eos")),
        (answer({"content": "x", "reasoning_content": "hm"}), Completion("x", "unknown", reasoning="hm")),
        (answer({"content": "x", "reasoning": "ah"}), Completion("x", "unknown", reasoning="ah")),
        (
            answer({"content": "x", "reasoning_content": "hm", "reasoning": "ah"}),
            Completion("x", "unknown", reasoning="hm"),
        ),
        ({**answer(), "usage": None}, Completion("x", "unknown")),
        ({**answer(), "usage": {}}, Completion("x", "unknown")),
        ({**answer(), "usage": {"prompt_tokens": 0}}, Completion("x", "unknown", Usage(0, None))),
        (
            {
                **answer(),
                "usage": {
                    "prompt_tokens": 9,
                    "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 0},
                    "completion_tokens": 5,
                    "completion_tokens_details": {"reasoning_tokens": 4},
                },
            },
            Completion("x", "unknown", Usage(9, 5, 8, 4)),
        ),
        ({**answer(), "usage": {"prompt_tokens_details": None}}, Completion("x", "unknown")),
        ({**answer(), "usage": {"prompt_tokens_details": {"cached_tokens": "8"}}}, Completion("x", "unknown")),
        ({**answer(), "usage": {"completion_tokens_details": {"reasoning_tokens": -1}}}, Completion("x", "unknown")),
        ({**answer(), "usage": {"completion_tokens": 5}}, Completion("x", "unknown", Usage(None, 5))),
        ({"choices": [*answer()["choices"], "ignored"]}, Completion("x", "unknown")),
        (answer({"content": "lone \ud800 surrogate"}), Completion("lone \ud800 surrogate", "unknown")),
    ],
)
def test_what_is_absent_is_unknown_and_never_zero(data: dict[str, Any], completion: Completion) -> None:
    assert read_completion(data) == completion


@pytest.mark.parametrize(
    ("content", "text", "reasoning"),
    [
        ("<think>\nA or B?\n</think>\n\nFinal answer: B", "Final answer: B", "A or B?"),
        ("  \n<think>A?</think>B", "B", "A?"),
        ("<thinking>A?</thinking> B", "B", "A?"),
        ("<Think>A?</Think> B", "B", "A?"),
        ("<think></think>B", "B", ""),
        ("A?</think>\nB", "B", "A?"),
        ("<think>A?</think>\n<think>C?</think>\nB", "B", "A?\n\nC?"),
        ("<think>A <think>?</think>B", "B", "A <think>?"),
        ("<think>A?</think>", "", "A?"),
        ("<think>A? Final answer: A", "", "A? Final answer: A"),
        ("<thinking>", "", ""),
        ("<think>A?</think>B\n<think>quoted</think>", "B\n<think>quoted</think>", "A?"),
        ("B, as the tag <think> says", "B, as the tag <think> says", None),
        ("<thinker>A?</thinker>", "<thinker>A?</thinker>", None),
        (" B ", " B ", None),
    ],
)
def test_thinking_at_the_head_of_a_text_is_reasoning(content: str, text: str, reasoning: str | None) -> None:
    assert read_completion(answer({"content": content})) == Completion(text, "unknown", reasoning=reasoning)


@pytest.mark.parametrize(
    ("message", "completion"),
    [
        ({"content": None, "refusal": "I cannot."}, Completion("I cannot.", "refusal")),
        ({"content": "", "refusal": "I cannot."}, Completion("I cannot.", "refusal")),
        ({"content": "4", "refusal": None}, Completion("4", "stop")),
        ({"content": "4", "refusal": ""}, Completion("4", "stop")),
        ({"content": None, "reasoning_content": "hm"}, Completion("", "stop", reasoning="hm")),
    ],
)
def test_a_refusal_that_stands_apart_ends_the_answer(message: dict[str, Any], completion: Completion) -> None:
    assert read_completion(answer(message, finish_reason="stop")) == completion


@pytest.mark.parametrize("thinking", ["A or B?", [{"type": "text", "text": "A or "}, {"type": "text", "text": "B?"}]])
def test_parts_of_thinking_are_reasoning_and_parts_of_text_the_text(thinking: Any) -> None:
    parts = [
        {"type": "thinking", "thinking": thinking},
        {"type": "text", "text": "Final "},
        {"type": "text", "text": "B"},
    ]
    assert read_completion(answer({"content": parts})) == Completion("Final B", "unknown", reasoning="A or B?")


def test_thinking_that_was_cut_off_leaves_no_text_and_the_reason() -> None:
    read = read_completion(answer({"content": "<think>So A or"}, finish_reason="length"))
    assert read == Completion("", "length", reasoning="So A or")


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thinking_follows_the_reasoning_that_the_endpoint_told_apart(field: str) -> None:
    read = read_completion(answer({"content": "<think>second</think>B", field: "first"}))
    assert read == Completion("B", "unknown", reasoning="first\n\nsecond")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({}, "nothing where 'choices' should be a list"),
        ({"choices": None}, "nothing where 'choices' should be a list"),
        ({"choices": {}}, "a dict where 'choices' should be a list"),
        ({"choices": []}, "no choice"),
        ({"choices": ["x"]}, "no choice"),
        ({"choices": [{}]}, "nothing where 'message' should be a dict"),
        ({"choices": [{"text": "legacy"}]}, "nothing where 'message' should be a dict"),
        (answer("x"), "a str where 'message' should be a dict"),
        (answer({"content": 4}), "a int where 'content' should be a str"),
        (answer({"content": [{"type": "text"}]}), "nothing where 'text' should be a str"),
        (answer({"content": [{"type": "image_url"}]}), "content with a part that is neither text nor thinking"),
        (answer({"content": ["x"]}), "content with a part that is neither text nor thinking"),
        (answer({"content": [{"type": "thinking"}]}), "nothing where 'thinking' should be a list"),
        (answer({"refusal": 1}), "a int where 'refusal' should be a str"),
        (answer({"content": False}), "a bool where 'content' should be a str"),
        (answer({"reasoning_content": 1}), "a int where 'reasoning_content' should be a str"),
        (answer({"reasoning": {}}), "a dict where 'reasoning' should be a str"),
        (answer(finish_reason=1), "a int where 'finish_reason' should be a str"),
        ({**answer(), "usage": []}, "a list where 'usage' should be a dict"),
        ({**answer(), "usage": {"prompt_tokens": "9"}}, "a str where 'prompt_tokens' should be a int"),
        ({**answer(), "usage": {"prompt_tokens": 9.5}}, "a float where 'prompt_tokens' should be a int"),
        ({**answer(), "usage": {"completion_tokens": True}}, "'completion_tokens' that is no count"),
        ({**answer(), "usage": {"completion_tokens": -1}}, "'completion_tokens' that is no count"),
    ],
)
def test_wrong_types_are_never_coerced(data: dict[str, Any], problem: str) -> None:
    assert read_completion(data) == problem


def test_a_malformed_answer_is_an_error_with_its_beginning() -> None:
    with pytest.raises(EndpointError) as caught:
        complete({"error": {"message": "out of credit for canary-key"}}, key="canary-key")
    assert (caught.value.kind, caught.value.model) == ("malformed", "tiny-1b")
    assert str(caught.value) == (
        "endpoint 'here' at http://127.0.0.1:8080/v1, model 'tiny-1b': got nothing where 'choices' should be a list in "
        '\'{"error": {"message": "out of credit for ***"}}\'; allowed: a JSON object of the OpenAI API; '
        "check that base_url leads to an OpenAI-compatible API; most end in /v1"
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "usage", "prompt_tokens"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["choices", "usage"]), json_values))
def test_any_object_is_a_completion_or_a_reason(data: dict[str, Any]) -> None:
    read = read_completion(data)
    assert isinstance(read, str) or isinstance(read.text, str)


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        complete(GOOD, key="canary-key")
    assert not [record for record in caplog.records if record.name != "asyncio"]


@pytest.mark.parametrize("stream", [False, True])
def test_the_transport_is_told_what_a_call_will_use(stream: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int | None] = []
    method = "post_events" if stream else "post_json"
    real = getattr(EndpointClient, method)

    async def post(self: EndpointClient, *args: Any, tokens: int | None, **options: Any) -> Any:
        told.append(tokens)
        return await real(self, *args, tokens=tokens, **options)

    async def main() -> None:
        address = Address("here", LOOPBACK, stream=stream)
        transport = httpx.MockTransport(lambda asked: httpx.Response(200, json=GOOD))
        model = OpenAIChat(ModelSpec(model="tiny-1b"), EndpointClient(address, transport=transport))
        await model.complete(request(max_tokens=100), call())
        await model.complete(request(), call())
        await model.aclose()

    monkeypatch.setattr(EndpointClient, method, post)
    asyncio.run(main())
    assert told == [len("Be brief.2 + 2?") // 4 + 100, None]
