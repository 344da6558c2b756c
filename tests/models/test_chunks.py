"""A streamed answer is the unstreamed one in pieces."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import EndpointError
from agentscale.models.base import Answered
from agentscale.models.openai_chat import LessonBook, OpenAIChat
from agentscale.models.openai_chat.chunks import merged
from agentscale.models.openai_chat.reading import read_completion
from agentscale.schema.calls import CallId, ChatRequest, Completion, Message, Usage
from agentscale.schema.experiment import ModelSpec
from agentscale.transport import Address, EndpointClient, Secret

CALL = CallId(7, "t", "s1", 0, "m/-/0", "agent", 0, 0, 0, 0, "b")
USAGE = {"prompt_tokens": 12, "completion_tokens": 3}


def piece(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def read(*events: dict[str, Any]) -> Completion | str:
    whole = merged(events)
    return whole if isinstance(whole, str) else read_completion(whole)


def test_pieces_make_the_whole_with_its_usage_and_its_end() -> None:
    pieces = [piece(role="assistant", content=""), piece(content="Final "), piece(content="answer: B"), piece("stop")]
    assert read(*pieces, {"choices": [], "usage": USAGE}) == Completion("Final answer: B", "stop", Usage(12, 3))


@given(
    st.lists(st.text(max_size=5)), st.lists(st.text(min_size=1, max_size=5)), st.sampled_from(["stop", "length", None])
)
def test_however_it_is_cut_the_answer_is_the_same(texts: list[str], thoughts: list[str], finish: str | None) -> None:
    events = [piece(reasoning_content=thought) for thought in thoughts]
    events += [piece(content=text) for text in texts] + [piece(finish)]
    message = {"content": "".join(texts), "reasoning_content": "".join(thoughts) if thoughts else None}
    assert read(*events) == read_completion({"choices": [{"message": message, "finish_reason": finish}]})


def test_the_last_of_several_usages_holds() -> None:
    early = {**piece(content="B"), "usage": {"prompt_tokens": 12, "completion_tokens": 1}}
    completion = read(early, {**piece("stop"), "usage": USAGE}, {"choices": [], "usage": None})
    assert completion == Completion("B", "stop", Usage(12, 3))


def test_other_choices_are_left_out() -> None:
    other = {"choices": [{"index": 1, "delta": {"content": "X"}, "finish_reason": "length"}]}
    assert read(piece(content="B"), other, piece("stop")) == Completion("B", "stop")


def test_refusals_thinking_and_parts_are_read_as_ever() -> None:
    assert read(piece(refusal="I "), piece("stop", refusal="cannot.")) == Completion("I cannot.", "refusal")
    assert read(piece(content="<thi"), piece(content="nk>A?</think>B")) == Completion("B", "unknown", reasoning="A?")
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": "A?"}]}]
    assert read(piece(content=thinking), piece(content="B")) == Completion("B", "unknown", reasoning="A?")


def test_a_whole_completion_is_its_own_stream() -> None:
    whole = {"choices": [{"message": {"content": "B"}, "finish_reason": "stop"}], "usage": USAGE}
    assert read(whole) == Completion("B", "stop", Usage(12, 3))


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ([], "a stream without a choice"),
        ([{}], "a stream without a choice"),
        ([{"choices": "x"}], "a stream without a choice"),
        ([piece(reasoning=4)], "a piece of 'reasoning' that is no text"),
        ([piece(content=4)], "content with a part that is neither text nor thinking"),
        ([piece(content="B"), {"choices": [], "usage": []}], "a list where 'usage' should be a dict"),
    ],
)
def test_what_is_no_stream_of_a_completion_is_told(events: list[Any], problem: str) -> None:
    assert read(*events) == problem


KEY = "sk-canary-0123456789"


def asked(handler: Any, seen: list[dict[str, Any]], book: LessonBook | None = None) -> Answered:
    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        answer = handler(seen[-1])
        assert isinstance(answer, httpx.Response)
        return answer

    async def main() -> Answered:
        address = Address("here", "http://127.0.0.1:1/v1", Secret(KEY), max_retries=0, stream=True)
        client = EndpointClient(address, transport=httpx.MockTransport(handle))
        model = OpenAIChat(ModelSpec(model="m"), client, book)
        try:
            return await model.complete(ChatRequest("x", (Message("user", "2 + 2?"),)), CALL)
        finally:
            await model.aclose()

    return asyncio.run(main())


def streamed(*events: Any) -> httpx.Response:
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    return httpx.Response(200, content=body, headers={"content-type": "text/event-stream"})


def test_a_streaming_endpoint_is_asked_for_a_stream_with_its_usage() -> None:
    seen: list[dict[str, Any]] = []
    answered = asked(lambda body: streamed(piece(content="B"), {**piece("stop"), "usage": USAGE}), seen)
    assert answered == Answered(Completion("B", "stop", Usage(12, 3)))
    assert (seen[0]["stream"], seen[0]["stream_options"]) == (True, {"include_usage": True})


def test_a_key_that_comes_back_in_pieces_is_cut_out_of_the_whole() -> None:
    answered = asked(lambda body: streamed(*[piece(content=char, reasoning=char) for char in KEY]), [])
    assert answered.completion == Completion("***", "unknown", reasoning="***")


def test_a_server_that_knows_no_stream_is_asked_without_and_no_warning_is_made_of_it() -> None:
    def handler(body: dict[str, Any]) -> httpx.Response:
        for name in ("stream_options", "stream"):
            if name in body:
                return httpx.Response(400, json={"error": {"message": f"Unrecognized request argument: {name}"}})
        return httpx.Response(200, json={"choices": [{"message": {"content": "B"}}]})

    seen: list[dict[str, Any]] = []
    book = LessonBook()
    assert asked(handler, seen, book).completion.text == "B"
    assert [sorted(body.keys() & {"stream", "stream_options"}) for body in seen] == [
        ["stream", "stream_options"],
        ["stream"],
        [],
    ]
    assert [lesson.warning for lesson in book.lessons] == [None, None]


def test_a_stream_of_something_else_is_malformed() -> None:
    with pytest.raises(EndpointError, match="got a stream without a choice in"):
        asked(lambda body: streamed({"hello": KEY}), [])
