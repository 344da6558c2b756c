from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import EndpointError
from agentscale.models import Answered
from agentscale.models.scripted import ScriptedModel
from agentscale.schema.calls import CallId, ChatRequest, Message
from agentscale.schema.experiment import Scripted
from agentscale.schema.run import QuestionRecord

TRUTH = {("digest", "s"): QuestionRecord(task="t", sample_id="s", prompt="2+2?", target="4")}
REQUEST = ChatRequest("told", (Message("user", "What is 2+2?"),))


def asked(spec: Scripted, slot: str = "told/-/0", round: int = 0, sample_id: str = "s") -> Answered:
    call = CallId(0, "digest", sample_id, 0, slot, "agent", round, 0, 0, 0, "body")
    return asyncio.run(ScriptedModel(spec, TRUTH).complete(REQUEST, call))


@given(st.lists(st.text(), min_size=1, max_size=5), st.integers(0, 50), st.integers(0, 50))
def test_the_reply_is_copy_plus_round_modulo_the_script(replies: list[str], copy: int, round: int) -> None:
    wanted = replies[(copy + round) % len(replies)].replace("{target}", "4")
    answered = asked(Scripted(replies=tuple(replies)), f"told/a/b/{copy}", round)
    assert answered.completion.text == wanted
    assert answered.retries == 0


def test_the_target_stands_for_the_right_answer_and_other_braces_stay() -> None:
    reply = "{x} {0} {{}} Final answer: {target}"
    assert asked(Scripted(replies=(reply,))).completion.text == "{x} {0} {{}} Final answer: 4"


def test_a_script_without_target_answers_questions_that_nobody_knows() -> None:
    assert asked(Scripted(replies=("hm",)), sample_id="other").completion.text == "hm"


def test_a_target_of_an_unknown_question_is_a_failure_that_says_so() -> None:
    with pytest.raises(EndpointError, match="no truth is known for question 'other'") as caught:
        asked(Scripted(replies=("{target}",)), sample_id="other")
    assert caught.value.kind == "unknown_question"


def test_a_failing_script_fails_as_an_endpoint_does() -> None:
    with pytest.raises(EndpointError, match="fails: false") as caught:
        asked(Scripted(replies=("4",), fails=True))
    assert (caught.value.kind, caught.value.status, caught.value.model) == ("scripted", 500, "told")


def test_finish_and_usage_are_given() -> None:
    completion = asked(Scripted(replies=("one two three",), finish="length")).completion
    assert completion.finish == "length"
    assert (completion.usage.tokens_in, completion.usage.tokens_out) == (4, 4)  # three words of 1.3 tokens, rounded up


def test_two_scripts_have_two_identities() -> None:
    one, two = (ScriptedModel(Scripted(replies=(reply,)), TRUTH).identity for reply in ("a", "b"))
    assert one != two
    asyncio.run(ScriptedModel(Scripted(replies=("a",)), TRUTH).aclose())
