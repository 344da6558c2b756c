"""The official client and curl both work against the server."""

import base64
import json
import math
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import openai
import pytest

from agentscale import embedders
from agentscale.schema.embedding import EmbedderSpec
from agentscale.server.hosting import Served


@pytest.fixture
def client(served: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=served.base_url, api_key="none", max_retries=0) as client:
        yield client


def user(text: str) -> Any:
    return [{"role": "user", "content": text}]


def test_a_chat_answers_with_its_reasoning_its_answer_and_its_usage(client: openai.OpenAI, prompts: list[str]) -> None:
    said = client.chat.completions.create(model="small", messages=user(prompts[0]))
    assert "Final answer: " in (said.choices[0].message.content or "")
    assert said.choices[0].finish_reason == "stop"
    assert said.usage is not None
    assert said.usage.total_tokens == said.usage.prompt_tokens + said.usage.completion_tokens > 0


def test_a_stream_says_what_the_whole_says_and_the_usage_last(client: openai.OpenAI, prompts: list[str]) -> None:
    whole = client.chat.completions.create(model="small", messages=user(prompts[0]), seed=1)
    stream = client.chat.completions.create(
        model="small", messages=user(prompts[0]), seed=1, stream=True, stream_options={"include_usage": True}
    )
    pieces = list(stream)
    said = [piece.choices[0] for piece in pieces if piece.choices]
    assert "".join(choice.delta.content or "" for choice in said) == whole.choices[0].message.content
    assert [choice.finish_reason for choice in said if choice.finish_reason] == ["stop"]
    assert pieces[-1].usage == whole.usage
    assert all(piece.usage is None for piece in pieces[:-1])


def test_n_answers_come_as_n_choices(client: openai.OpenAI, prompts: list[str]) -> None:
    many = client.chat.completions.create(model="small", messages=user(prompts[0]), n=8)
    assert [choice.index for choice in many.choices] == list(range(8))
    assert len({choice.message.content for choice in many.choices}) > 1


def test_equal_bodies_get_one_draw_after_the_other_and_with_a_seed_always_the_same(
    client: openai.OpenAI, prompts: list[str]
) -> None:
    def ask(**settings: Any) -> str | None:
        said = client.chat.completions.create(model="small", messages=user(prompts[0]), **settings)
        return said.choices[0].message.content

    assert len({ask() for _ in range(8)}) > 1
    assert len({ask(seed=4) for _ in range(4)}) == 1
    assert len({ask(seed=seed) for seed in range(12)}) > 1


def test_caps_and_stops_cut_the_text(client: openai.OpenAI, prompts: list[str]) -> None:
    cut = client.chat.completions.create(model="small", messages=user(prompts[0]), max_completion_tokens=8)
    assert cut.choices[0].finish_reason == "length"
    assert cut.usage is not None
    assert cut.usage.completion_tokens == 8
    stopped = client.chat.completions.create(model="small", messages=user(prompts[0]), stop=["Final"], seed=1)
    assert "Final" not in (stopped.choices[0].message.content or "")
    assert stopped.choices[0].finish_reason == "stop"


def test_reasoning_stands_apart_where_it_is_asked_for(client: openai.OpenAI, prompts: list[str]) -> None:
    whole = client.chat.completions.create(model="small", messages=user(prompts[0]), seed=1).choices[0].message
    apart = (
        client.chat.completions.create(model="small", messages=user(prompts[0]), seed=1, reasoning_effort="low")
        .choices[0]
        .message
    )
    assert apart.content is not None
    assert apart.content.startswith("Final answer: ")
    assert f"{apart.model_extra['reasoning_content']}\n{apart.content}" == whole.content  # type: ignore[index]


def test_the_answer_bears_the_logarithm_of_how_often_it_is_given(client: openai.OpenAI, prompts: list[str]) -> None:
    many = client.chat.completions.create(
        model="small", messages=user(prompts[0]), n=128, logprobs=True, top_logprobs=2
    )
    given: Counter[tuple[str, float]] = Counter()
    for choice in many.choices:
        assert choice.logprobs is not None
        tokens = choice.logprobs.content or []
        assert "".join(token.token for token in tokens) == choice.message.content
        assert all(token.logprob == 0 for token in tokens[:-1])
        if "Final answer: " in (choice.message.content or ""):
            given[tokens[-1].token, math.exp(tokens[-1].logprob)] += 1
            likeliest = [token.logprob for token in tokens[-1].top_logprobs]
            assert likeliest == sorted(likeliest, reverse=True)
            assert len(likeliest) == 2
    for (_, probability), times in given.items():
        assert times / 128 == pytest.approx(
            probability, abs=4.5 * math.sqrt(probability * (1 - probability) / 128) + 1e-9
        )


def test_a_stream_bears_the_same_logarithms_as_the_whole(client: openai.OpenAI, prompts: list[str]) -> None:
    asked: Any = {"model": "small", "messages": user(prompts[0]), "seed": 2, "logprobs": True, "top_logprobs": 1}
    (whole,) = client.chat.completions.create(**asked).choices
    pieces = [piece.choices[0] for piece in client.chat.completions.create(**asked, stream=True) if piece.choices]
    assert whole.logprobs is not None
    assert [
        told for piece in pieces if piece.logprobs for told in piece.logprobs.content or []
    ] == whole.logprobs.content


def test_how_likely_an_answer_is_after_others_is_not_known(client: openai.OpenAI, prompts: list[str]) -> None:
    later: Any = [*user(prompts[0]), {"role": "assistant", "content": "Final answer: A"}, *user("Sure?")]
    with pytest.raises(openai.BadRequestError, match="is known only of a first one"):
        client.chat.completions.create(model="small", messages=later, logprobs=True)


def test_embeddings_are_those_of_the_embedder_in_either_form(client: openai.OpenAI) -> None:
    texts = ["The bridge has four spans.", "Elimination leaves a single survivor."]
    wanted = embedders.resolve(EmbedderSpec(name="lexical"))(texts)
    said = client.embeddings.create(model="lexical", input=texts)  # the client asks for base64 by default
    plain = client.embeddings.create(model="lexical", input=texts, encoding_format="float")
    for answer in (said, plain):
        assert np.array_equal(np.array([each.embedding for each in answer.data], dtype=np.float32), wanted)
    assert said.usage.prompt_tokens > 0


def test_models_are_listed_and_found_one_by_one(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["small", "large", *embedders.EMBEDDERS]
    assert client.models.retrieve("large").id == "large"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("larger")


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"model": "smol"}, openai.NotFoundError, "served: small, large"),
        ({"messages": user("What is the time?")}, openai.BadRequestError, "no message holds the text of a question"),
        ({"top_logprobs": 3}, openai.BadRequestError, "top_logprobs is allowed only with logprobs: true"),
        ({"logprobs": True, "top_logprobs": 21}, openai.BadRequestError, "less than or equal to 20"),
        (
            {"tool_choice": "required", "tools": [{"type": "function", "function": {"name": "f"}}]},
            openai.BadRequestError,
            "tool_choice is supported here as auto and none only",
        ),
        ({"temperature": 3}, openai.BadRequestError, "temperature: Input should be less than or equal to 2"),
        ({"n": 0}, openai.BadRequestError, "n: Input should be greater than or equal to 1"),
        ({"extra_body": {"top_k": 3}}, openai.BadRequestError, "Unrecognized request argument supplied: top_k"),
        ({"extra_headers": {"X-Agentscale-Call": "[1]"}}, openai.BadRequestError, "spells no call"),
    ],
)
def test_what_cannot_be_answered_is_refused_as_openai_refuses(
    client: openai.OpenAI, prompts: list[str], settings: dict[str, Any], error: type[openai.APIStatusError], said: str
) -> None:
    with pytest.raises(error) as refused:
        client.chat.completions.create(**{"model": "small", "messages": user(prompts[0]), **settings})
    assert said in refused.value.message
    assert refused.value.type == "invalid_request_error"


def curl(*args: str) -> str:
    program = shutil.which("curl")
    if program is None:
        pytest.skip("no curl on this machine")
    command = [program, "-sS", "--max-time", "20", *args]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_curl_gets_chats_streams_vectors_models_health_and_refusals(served: Served, prompts: list[str]) -> None:
    chat, body = f"{served.base_url}/chat/completions", {"model": "small", "messages": user(prompts[0]), "seed": 1}
    said = json.loads(curl(chat, "-d", json.dumps(body)))
    text = said["choices"][0]["message"]["content"]
    assert "Final answer: " in text
    *events, done = [line for line in curl("-N", chat, "-d", json.dumps({**body, "stream": True})).split("\n") if line]
    assert done == "data: [DONE]"
    deltas = [json.loads(line.removeprefix("data: "))["choices"][0]["delta"] for line in events]
    assert "".join(delta.get("content", "") for delta in deltas) == text
    body = {"model": "lexical", "input": "one text", "encoding_format": "base64"}
    (vector,) = json.loads(curl(f"{served.base_url}/embeddings", "-d", json.dumps(body)))["data"]
    row = np.frombuffer(base64.b64decode(vector["embedding"]), "<f4")
    assert math.isclose(float(np.linalg.norm(row)), 1, abs_tol=1e-6)
    assert "small" in curl(f"{served.base_url}/models")
    assert json.loads(curl(served.base_url.removesuffix("v1") + "health"))["status"] == "ok"
    refused = json.loads(curl("-w", "%{stderr}%{http_code}", f"{served.base_url}/nothing"))
    assert refused["error"]["message"] == "GET /v1/nothing is not served: Not Found"
    assert json.loads(curl(chat, "-d", "{"))["error"]["type"] == "invalid_request_error"


def test_the_client_of_openai_sends_a_file_waits_for_its_batch_and_reads_the_answers(
    client: openai.OpenAI, prompts: list[str]
) -> None:
    def line(name: str, body: dict[str, Any]) -> str:
        return json.dumps({"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body})

    good = {"model": "small", "messages": user(prompts[0]), "seed": 1}
    content = "\n".join([line("right", good), line("wrong", {**good, "model": "absent"})]).encode()
    file = client.files.create(file=("requests.jsonl", content), purpose="batch")
    batch = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"mine": "yes"}
    )
    assert batch.status == "in_progress"
    while batch.status == "in_progress":
        batch = client.batches.retrieve(batch.id)
    assert batch.request_counts is not None
    assert (batch.request_counts.completed, batch.request_counts.failed) == (1, 1)
    assert batch.output_file_id is not None
    assert batch.error_file_id is not None
    told = json.loads(client.files.content(batch.output_file_id).text)
    whole = client.chat.completions.create(model="small", messages=user(prompts[0]), seed=1)
    assert told["custom_id"] == "right"
    assert told["response"]["body"]["choices"][0]["message"]["content"] == whole.choices[0].message.content
    refused = json.loads(client.files.content(batch.error_file_id).text)
    assert (refused["custom_id"], refused["response"]["status_code"]) == ("wrong", 404)
