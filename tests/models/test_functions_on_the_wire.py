"""Tools on the wire: what leaves, what is read back, and what happens where a server knows none."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.models.openai_chat import LessonBook, OpenAIChat
from agentscale.models.openai_chat.chunks import merged
from agentscale.models.openai_chat.reading import read_completion
from agentscale.models.openai_chat.spelling import spell
from agentscale.schema.calls import CallId, ChatRequest, Completion, Message
from agentscale.schema.experiment import ModelSpec
from agentscale.schema.profile import Profile
from agentscale.schema.tools import CALLING, Tool, ToolCall, split_calls, with_calls
from agentscale.transport import Address, EndpointClient

CALL = CallId(7, "t", "s1", 0, "m/-/0", "agent", 0, 0, 0, 0, "b")
ADD = Tool(
    name="add",
    description="Adds.",
    parameters={"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    version="add/1",
)
SPEC = ModelSpec(model="m")
WANTED = with_calls("I add.", [ToolCall("add", {"a": 1}), ToolCall("add", {"a": 2})])
MESSAGES = (
    Message("system", "Be brief."),
    Message("user", "1 + 2?"),
    Message("assistant", WANTED),
    Message("tool", "2"),
    Message("tool", "3"),
    Message("assistant", with_calls("", [ToolCall("add", {"a": 3})])),
    Message("tool", "4"),
)
REQUEST = ChatRequest("small", MESSAGES, tools=(ADD,))


def said(message: dict[str, Any], finish: str = "tool_calls") -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", **message}, "finish_reason": finish}]}


def function(name: Any, arguments: Any) -> dict[str, Any]:
    return {"id": "x", "type": "function", "function": {"name": name, "arguments": arguments}}


def test_tools_calls_and_results_are_spelt_as_functions() -> None:
    body = spell(SPEC, REQUEST, CALL, Profile()).body
    assert body["tools"] == [
        {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": ADD.parameters}}
    ]
    one, two, three = "call00000", "call00001", "call00002"
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "1 + 2?"},
        {
            "role": "assistant",
            "content": "I add.",
            "tool_calls": [{**function("add", '{"a": 1}'), "id": one}, {**function("add", '{"a": 2}'), "id": two}],
        },
        {"role": "tool", "tool_call_id": one, "content": "2"},
        {"role": "tool", "tool_call_id": two, "content": "3"},
        {"role": "assistant", "content": None, "tool_calls": [{**function("add", '{"a": 3}'), "id": three}]},
        {"role": "tool", "tool_call_id": three, "content": "4"},
    ]


def test_without_tools_a_request_is_what_it_always_was() -> None:
    request = ChatRequest("small", (Message("user", "<tool_call>{}</tool_call>"),))
    assert spell(SPEC, request, CALL, Profile()).body == {
        "model": "m",
        "messages": [{"role": "user", "content": "<tool_call>{}</tool_call>"}],
    }


def test_in_words_turns_alternate_and_nothing_is_a_function() -> None:
    body = spell(SPEC, REQUEST, CALL, Profile(tools="text", system="user")).body
    assert "tools" not in body
    roles = [message["role"] for message in body["messages"]]
    assert roles == ["user", "assistant", "user", "assistant", "user"]
    assert body["messages"][0]["content"].startswith("Be brief.\n\nYou have tools.")
    assert '{"name": "add"' in body["messages"][0]["content"]
    assert body["messages"][1]["content"] == WANTED
    assert body["messages"][2]["content"] == (
        "<tool_response>\n2\n</tool_response>\n<tool_response>\n3\n</tool_response>"
    )


@pytest.mark.parametrize(
    ("arguments", "read"),
    [('{"a": 1}', {"a": 1}), ({"a": 1}, {"a": 1}), ("", {}), (None, {}), ("a=1", "a=1"), ("[1]", [1])],
)
def test_calls_are_read_whatever_their_arguments(arguments: Any, read: Any) -> None:
    completion = read_completion(said({"content": None, "tool_calls": [function("add", arguments)]}, "stop"))
    assert isinstance(completion, Completion)
    assert split_calls(completion.text).calls == (ToolCall("add", read),)
    assert completion.finish == CALLING


@pytest.mark.parametrize("calls", [[{}], ["add"], [{"function": {"name": 3}}], {"function": {}}])
def test_calls_that_are_none_make_an_answer_malformed(calls: Any) -> None:
    assert "tool_calls" in str(read_completion(said({"content": "", "tool_calls": calls})))


def test_a_cut_answer_with_calls_stays_cut() -> None:
    completion = read_completion(said({"content": "I", "tool_calls": [function("add", '{"a')]}, "length"))
    assert isinstance(completion, Completion)
    assert completion.finish == "length"


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


@given(st.lists(st.integers(1, 9), max_size=6), st.data())
def test_a_stream_of_pieces_gives_the_calls_of_the_whole(values: list[int], data: st.DataObject) -> None:
    events = [delta(role="assistant", content="Hm.")]
    for index, value in enumerate(values):
        text = json.dumps({"a": value})
        at = data.draw(st.integers(0, len(text)))
        head = {**function("add", ""), "index": index}
        events.append(delta(tool_calls=[head]))
        for piece in (text[:at], text[at:]):
            events.append(delta(tool_calls=[{"index": index, "function": {"arguments": piece}}]))
    whole = merged(events)
    assert isinstance(whole, dict)
    completion = read_completion(whole)
    assert isinstance(completion, Completion)
    assert split_calls(completion.text).calls == tuple(ToolCall("add", {"a": value}) for value in values)


def test_pieces_without_an_index_begin_a_call_with_each_name() -> None:
    pieces = [{"function": {"name": "add", "arguments": '{"a": '}}, {"function": {"arguments": "1}"}}]
    again = [{"function": {"name": "add", "arguments": '{"a": 2}'}}]
    whole = merged([delta(tool_calls=pieces), delta(tool_calls=again)])
    assert isinstance(whole, dict)
    completion = read_completion(whole)
    assert isinstance(completion, Completion)
    assert split_calls(completion.text).calls == (ToolCall("add", {"a": 1}), ToolCall("add", {"a": 2}))


REFUSALS = [
    "registry.ollama.ai/library/gemma:2b does not support tools",
    '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
    "tools param requires --jinja flag",
    "This model doesn't support function calling: tools are not supported",
]


@pytest.mark.parametrize("words", REFUSALS)
def test_a_server_that_knows_no_tools_is_asked_again_in_words_and_the_run_says_so(words: str) -> None:
    seen: list[dict[str, Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        if "tools" in seen[-1]:
            return httpx.Response(400, json={"error": {"message": words}})
        return httpx.Response(200, json=said({"content": WANTED}, "stop"))

    book = LessonBook()

    async def main() -> Completion:
        address = Address("here", "http://127.0.0.1:8080/v1")
        client = EndpointClient(address, transport=httpx.MockTransport(handler))
        model = OpenAIChat(SPEC, client, book)
        answered = await model.complete(ChatRequest("small", MESSAGES[:2], tools=(ADD,)), CALL)
        await model.aclose()
        return answered.completion

    completion = asyncio.run(main())
    assert len(seen) == 2
    assert split_calls(completion.text).calls == split_calls(WANTED).calls
    (lesson,) = book.lessons
    assert (lesson.parameter, lesson.to) == ("tools", "text")
    assert "tools were told of in the system message" in str(lesson.warning)


@pytest.mark.parametrize("words", ["Invalid schema for function 'add'", "tools[0].function.name is too long"])
def test_a_fault_in_a_tool_is_the_users_to_mend(words: str) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"error": {"message": words}})

    async def main() -> None:
        client = EndpointClient(Address("here", "http://127.0.0.1:8080/v1"), transport=httpx.MockTransport(handler))
        model = OpenAIChat(SPEC, client, LessonBook())
        try:
            await model.complete(ChatRequest("small", MESSAGES[:2], tools=(ADD,)), CALL)
        finally:
            await model.aclose()

    with pytest.raises(Exception, match=words.split("[", maxsplit=1)[0]):
        asyncio.run(main())
