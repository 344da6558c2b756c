"""A model that walks step chains errs as often as it says, and each call has its own draws."""

from __future__ import annotations

from collections import Counter

import pytest

from agentscale.environments import Hanoi
from agentscale.errors import EndpointError
from agentscale.models.stepping import SteppingModel
from agentscale.schema.calls import CallId, ChatRequest, Message
from agentscale.schema.experiment import ModelSpec, Stepping
from agentscale.schema.run import QuestionRecord

WORLD = Hanoi(disks=4)
TOLD = WORLD.observe("CBAA", 4, 1)
RIGHT = WORLD.right(TOLD)
PLACE = ("digest", "h")


def asked(spec: Stepping, attempt: int = 0, told: str = TOLD, walks: bool = True) -> str:
    record = QuestionRecord(task="hanoi", sample_id="h", prompt=TOLD, target="x")
    model = SteppingModel(spec, {PLACE: record}, {PLACE: WORLD.answer} if walks else {})
    call = CallId(1, *PLACE, 0, "m/-/0", "agent", 3, 0, 0, attempt, "body")
    return model.answer(ChatRequest("m", (Message("user", told),)), call).completion.text


def said(text: str) -> str | None:
    return text.partition("Final answer: ")[2] or None


def test_without_errors_every_answer_is_right() -> None:
    assert {said(asked(Stepping(error=0), attempt)) for attempt in range(20)} == {RIGHT}


def test_errors_and_unreadable_answers_come_as_often_as_stated() -> None:
    answers = Counter(said(asked(Stepping(error=0.25, unreadable=0.1), attempt)) for attempt in range(2_000))
    assert answers[None] / 2_000 == pytest.approx(0.1, abs=0.03)
    assert answers[RIGHT] / (2_000 - answers[None]) == pytest.approx(0.75, abs=0.04)
    wrong = [count for answer, count in answers.items() if answer not in (None, RIGHT)]
    assert len(wrong) == 2
    assert max(wrong) < 1.3 * min(wrong)


def test_long_answers_take_more_than_750_tokens_and_are_wrong() -> None:
    text = asked(Stepping(error=0, long=1))
    assert said(text) not in (None, RIGHT)
    assert len(text.split()) * 1.3 > 750


def test_each_step_of_a_call_errs_by_itself() -> None:
    told = WORLD.observe("AAAA", 1, 4)
    right = WORLD.right(told)
    answers = [said(asked(Stepping(error=0.2), attempt, told)) for attempt in range(1_000)]
    assert answers.count(right) / 1_000 == pytest.approx(0.8**4, abs=0.05)


def test_a_call_gets_the_same_answer_whenever_it_is_asked() -> None:
    spec = Stepping(error=0.5)
    assert [asked(spec, attempt) for attempt in range(30)] == [asked(spec, attempt) for attempt in range(30)]


def test_where_no_step_is_right_nothing_is_named() -> None:
    assert said(asked(Stepping(error=0), told=WORLD.observe("AAAA", 2, 1))) is None


def test_a_question_without_steps_is_refused_with_what_to_ask() -> None:
    with pytest.raises(EndpointError, match="kind `step`"):
        asked(Stepping(), walks=False)


def test_shares_of_the_same_answers_are_at_most_one() -> None:
    with pytest.raises(ValueError, match="together at most 1"):
        Stepping(unreadable=0.6, long=0.6)
    with pytest.raises(ValueError, match="exactly one of model, simulated, scripted, stepping, policy"):
        ModelSpec(stepping=Stepping(), model="x")
