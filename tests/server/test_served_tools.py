"""The official client's tools work against the server, and a run over HTTP is the run within the process."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from agentscale import api
from agentscale.server.hosting import Served

EXPERIMENT = """
name: handy
seed: 5
models: {small: {simulated: {model: 0, tool_rate: 1.0}}}
tools: [calculator]
task: {name: knowledge, limit: 2}
team: {size: 2, tools: calculator}
protocol: {debate: {rounds: 1}}
embedder: lexical
"""
OVER_HTTP = """
name: handy
seed: 5
endpoints: {here: {base_url: "%s"}}
models: {small: {endpoint: here, model: small}}
tools: [calculator]
task: {name: knowledge, limit: 2}
team: {size: 2, tools: calculator}
protocol: {debate: {rounds: 1}}
embedder: lexical
"""
ADD: Any = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Adds.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
        },
    },
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    path = tmp_path / "handy.yaml"
    path.write_text(EXPERIMENT, "utf-8")
    with api.serve(path) as served:
        yield served


@pytest.fixture
def client(served: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=served.base_url, api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def asked(tmp_path: Path, served: Served) -> list[Any]:
    question = next(iter(api.load(tmp_path / "handy.yaml").questions.values()))
    return [{"role": "user", "content": question.prompt}]


def test_a_model_calls_a_function_and_answers_once_it_has_the_result(client: openai.OpenAI, asked: list[Any]) -> None:
    said = client.chat.completions.create(model="small", messages=asked, tools=[ADD])
    choice = said.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    (call,) = choice.message.tool_calls or []
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments)) == ("add", {"a": 2, "b": 2})
    result = {"role": "tool", "tool_call_id": call.id, "content": "4"}
    later = [*asked, choice.message.model_dump(exclude_none=True), result]
    ended = client.chat.completions.create(model="small", messages=later, tools=[ADD])
    assert ended.choices[0].finish_reason == "stop"
    assert "Final answer: " in (ended.choices[0].message.content or "")


def test_a_stream_brings_the_same_call_in_pieces(client: openai.OpenAI, asked: list[Any]) -> None:
    stream = client.chat.completions.create(model="small", messages=asked, tools=[ADD], stream=True)
    choices = [piece.choices[0] for piece in stream]
    pieces = [piece for choice in choices for piece in choice.delta.tool_calls or []]
    assert [piece.function.name for piece in pieces if piece.function and piece.function.name] == ["add"]
    text = "".join(piece.function.arguments or "" for piece in pieces if piece.function)
    assert json.loads(text) == {"a": 2, "b": 2}
    assert choices[-1].finish_reason == "tool_calls"


def test_tool_choice_none_is_honoured_and_a_forced_one_is_refused(client: openai.OpenAI, asked: list[Any]) -> None:
    said = client.chat.completions.create(model="small", messages=asked, tools=[ADD], tool_choice="none")
    assert said.choices[0].message.tool_calls is None
    with pytest.raises(openai.BadRequestError, match="tool_choice is supported here as auto and none only"):
        client.chat.completions.create(model="small", messages=asked, tools=[ADD], tool_choice="required")


@pytest.mark.parametrize("profile", ["", ", profile: {tools: text}"])
@pytest.mark.parametrize("stream", ["", ", stream: true"])
def test_a_run_over_http_says_what_the_run_within_the_process_says(
    served: Served, tmp_path: Path, profile: str, stream: str
) -> None:
    text = OVER_HTTP % served.base_url
    text = text.replace("model: small}", f"model: small{profile}}}").replace('"}}', f'"{stream}}}}}')
    path = tmp_path / "over.yaml"
    path.write_text(text, "utf-8")
    here = api.run(tmp_path / "handy.yaml", out=tmp_path / "here")
    over = api.run(path, out=tmp_path / "over")
    final = [[event.text for event in each.events if event.role == "agent"] for each in over.transcripts()]
    assert final == [[event.text for event in each.events if event.role == "agent"] for each in here.transcripts()]
    assert over.tally is not None
    assert over.tally.tool_uses == (0 if profile else 8)  # the simulator uses tools that it is offered as functions
