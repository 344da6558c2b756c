"""A refusal by name is learnt once, applied at once, kept, and shown where it changes the treatment."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from agentscale.errors import EndpointError
from agentscale.models.openai_chat import LessonBook, OpenAIChat
from agentscale.schema.agents import Sampling
from agentscale.schema.calls import CallId, ChatRequest, Message
from agentscale.schema.experiment import ModelSpec
from agentscale.schema.profile import Lesson, Place, Profile
from agentscale.transport import Address, EndpointClient

GOOD = {"choices": [{"message": {"content": "4"}, "finish_reason": "stop"}]}
REQUEST = ChatRequest(
    "x", (Message("system", "Be brief."), Message("user", "2 + 2?")), Sampling(temperature=0.2, max_tokens=8, seed=1)
)
Judge = Callable[[dict[str, Any]], str | None]
"""What a server has to object to a body."""


class Server:
    """Objects to bodies, in OpenAI's words."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.bodies: list[dict[str, Any]] = []

    async def __call__(self, asked: httpx.Request) -> httpx.Response:
        body = json.loads(asked.content)
        self.bodies.append(body)
        await asyncio.sleep(0.001)
        objection = self.judge(body)
        return (
            httpx.Response(400, json={"error": {"message": objection}}) if objection else httpx.Response(200, json=GOOD)
        )


class Desk:
    """Models that share a lesson book, before one server."""

    def __init__(self, judge: Judge, known: tuple[Lesson, ...] = ()) -> None:
        self.server = Server(judge)
        self.kept: list[tuple[Lesson, ...]] = []
        self.book = LessonBook(known, self.kept.append)
        self.one_model = False

    def ask(self, *specs: ModelSpec, endpoint: str = "here") -> list[str | EndpointError]:
        async def one(model: OpenAIChat, number: int) -> str | EndpointError:
            try:
                call = CallId(7, "t", str(number), 0, "m/-/0", "agent", 0, 0, 0, 0, "b")
                return (await model.complete(REQUEST, call)).completion.text
            except EndpointError as error:
                return error

        async def main() -> list[str | EndpointError]:
            address = Address(endpoint, "http://127.0.0.1:1/v1", max_in_flight=64)
            client = EndpointClient(address, transport=httpx.MockTransport(self.server))
            models = [OpenAIChat(spec, client, self.book) for spec in specs]
            if self.one_model:
                models = models[:1] * len(models)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(model, number)) for number, model in enumerate(models)]
            await client.aclose()
            return [task.result() for task in tasks]

        return asyncio.run(main())


PLAIN = ModelSpec(model="m")


def picky(body: dict[str, Any]) -> str | None:
    if "max_tokens" in body:
        return (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
    if "temperature" in body:
        return "Unsupported value: 'temperature' does not support 0.2. Only the default (1) value is supported."
    if body["messages"][0]["role"] == "system":
        return "Unsupported value: 'messages[0].role' does not support 'system' with this model."
    return None


def test_a_call_learns_until_it_is_taken_and_the_next_one_knows() -> None:
    desk = Desk(picky)
    assert desk.ask(PLAIN) == ["4"]
    assert len(desk.server.bodies) == 4
    assert desk.server.bodies[-1] == {
        "model": "m",
        "messages": [{"role": "user", "content": "Be brief.\n\n2 + 2?"}],
        "max_completion_tokens": 8,
        "seed": 1,
    }
    assert desk.ask(PLAIN) == ["4"]
    assert len(desk.server.bodies) == 5


def test_every_lesson_is_kept_as_soon_as_it_is_learnt_and_once() -> None:
    desk = Desk(picky)
    desk.ask(*[PLAIN] * 32)
    assert [len(kept) for kept in desk.kept] == [1, 2, 3]
    told = [(each.parameter, each.to, each.source) for each in desk.kept[-1]]
    assert told == [
        ("max_tokens", "max_completion_tokens", "refusal"),
        ("temperature", None, "refusal"),
        ("system", "user", "refusal"),
    ]
    assert len(desk.server.bodies) <= 32 * 4


def test_the_first_call_goes_ahead_and_the_others_profit() -> None:
    desk = Desk(picky)
    desk.one_model = True
    assert desk.ask(*[PLAIN] * 32) == ["4"] * 32
    assert len(desk.server.bodies) == 3 + 32


def test_what_was_learnt_before_is_not_learnt_again() -> None:
    first = Desk(picky)
    first.ask(PLAIN)
    again = Desk(picky, first.kept[-1])
    assert again.ask(*[PLAIN] * 8) == ["4"] * 8
    assert (len(again.server.bodies), again.kept) == (8, [])


def test_a_lesson_holds_for_its_model_at_its_endpoint_alone() -> None:
    desk = Desk(lambda body: picky(body) if body["model"] == "m" else None)
    desk.ask(PLAIN)
    desk.ask(ModelSpec(model="other"))
    assert desk.server.bodies[-1]["temperature"] == 0.2
    assert desk.book.taught(Place("elsewhere", "m")) == ()
    desk.ask(PLAIN, endpoint="elsewhere")
    assert len(desk.book.taught(Place("elsewhere", "m"))) == 3


@pytest.mark.parametrize(
    "objection",
    [
        "Unsupported parameter: 'max_tokens' and 'max_completion_tokens' are not supported with this model.",
        "Unsupported parameter: 'temperature' is not supported with this model.",
        "The model `m` does not exist",
    ],
)
def test_a_server_that_is_never_content_is_an_error_after_few_requests(objection: str) -> None:
    desk = Desk(lambda body: objection)
    outcomes = desk.ask(*[PLAIN] * 8)
    assert all(isinstance(outcome, EndpointError) and outcome.kind == "refused" for outcome in outcomes)
    assert len(desk.server.bodies) <= 8 * 3


def test_the_cap_on_tokens_is_renamed_at_most_once_and_never_left_out() -> None:
    def knows_no_cap(body: dict[str, Any]) -> str | None:
        name = next((name for name in ("max_tokens", "max_completion_tokens") if name in body), None)
        return name and f"Unrecognized request argument supplied: {name}"

    desk = Desk(knows_no_cap)
    (outcome,) = desk.ask(PLAIN)
    assert isinstance(outcome, EndpointError)
    assert len(desk.server.bodies) == 2


def test_a_profile_that_leaves_out_what_was_asked_for_says_so_once() -> None:
    desk = Desk(lambda body: None)
    desk.ask(*[ModelSpec(model="o3")] * 4)
    (lesson,) = desk.book.lessons
    assert lesson.warning == (
        "model 'o3' at endpoint 'here': temperature was not sent, so the experiment's value had no effect "
        "(by profile openai-reasoning)"
    )
    assert len(desk.kept) == 1


def test_a_profile_that_the_file_no_longer_gives_leaves_no_trace_in_what_is_sent() -> None:
    strict = Desk(lambda body: None)
    strict.ask(ModelSpec(model="m", profile=Profile(unsent=("temperature",))))
    later = Desk(lambda body: None, strict.book.lessons)
    later.ask(PLAIN)
    assert later.server.bodies[0]["temperature"] == 0.2


def test_what_changes_the_treatment_is_a_warning_and_a_new_name_is_none() -> None:
    desk = Desk(picky)
    desk.ask(PLAIN)
    assert [each.warning for each in desk.book.lessons] == [
        None,
        "model 'm' at endpoint 'here': temperature was not sent, so the experiment's value had no effect (the endpoint "
        "says \"Unsupported value: 'temperature' does not support 0.2. Only the default (1) value is supported.\")",
        "model 'm' at endpoint 'here': personas were put before the question, as the user's words (the endpoint says "
        "\"Unsupported value: 'messages[0].role' does not support 'system' with this model.\")",
    ]


def test_learning_changes_no_identity_and_what_the_file_says_does() -> None:
    client = EndpointClient(Address.nowhere())
    plain = OpenAIChat(PLAIN, client).identity
    assert plain == {"model": "m", "profile": "openai-chat"}
    desk = Desk(picky)
    desk.ask(PLAIN)
    assert OpenAIChat(PLAIN, client, desk.book).identity == plain
    asked = ModelSpec(model="m", profile=Profile(preset="plain"), reasoning_effort="low", extra={"top_k": 4})
    assert OpenAIChat(asked, client).identity == {
        "model": "m",
        "profile": {"preset": "plain"},
        "reasoning_effort": "low",
        "extra": {"top_k": 4},
    }
