"""A recorded trial read by another chain: events, the team's answer, and what stays as it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.run import Event, QuestionRecord, Transcript
from agentscale.scoring import decide, plurality, reread
from agentscale.scoring.checks import Checked

QUESTION = QuestionRecord(task="quiz", sample_id="q", prompt="Which?", choices=("red", "green", "blue"), target="B")


def is_a(answer: str) -> bool:
    return answer == "A"


def never() -> np.random.Generator:
    raise AssertionError("there is no tie to be drawn")


def trial(*texts: str, finish: str = "stop", error: str | None = None) -> Transcript:
    events = tuple(
        Event(
            key=f"k{at}",
            round=0,
            slot=f"m/-/{at}",
            text=text,
            answer=None,
            missing="no_answer",
            correct=None,
            finish=finish,
            error=error,
        )
        for at, text in enumerate(texts)
    )
    keys = tuple(event.key for event in events)
    return Transcript(
        cell="c",
        sample_id="q",
        replicate=0,
        expected=tuple(e.slot for e in events),
        events=events,
        final=keys,
        answer=None,
        tied=False,
        correct=None,
        score=None,
    )


def test_another_chain_finds_other_answers_in_the_same_texts_and_the_team_decides_anew() -> None:
    old = trial("green", "Final answer: B", "Final answer: A")
    marked = reread(old, QUESTION, kind="choice", chain=["mark"], rng=lambda: keyed(1, "tie"))
    assert [event.answer for event in marked.events] == [None, "B", "A"]
    assert (marked.tied, marked.score) == (True, 0.5)
    worded = reread(old, QUESTION, kind="choice", chain=["mark", "option_text"], rng=never)
    assert [event.answer for event in worded.events] == ["B", "B", "A"]
    assert [event.correct for event in worded.events] == [True, True, False]
    assert (worded.answer, worded.tied, worded.correct, worded.score) == ("B", False, True, 1.0)
    assert [event.text for event in worded.events] == [event.text for event in old.events]


def test_what_was_cut_off_or_failed_stays_missing() -> None:
    cut = reread(trial("Final answer: B", finish="length"), QUESTION, kind="choice", chain=["mark"], rng=never)
    assert (cut.events[0].answer, cut.events[0].missing, cut.answer, cut.score) == (None, "truncated", None, None)
    failed = trial("", error="status: 500")
    assert reread(failed, QUESTION, kind="choice", chain=["mark"], rng=never) == failed


def test_an_unknown_extractor_is_named() -> None:
    with pytest.raises(SpecError, match="extractor of a choice 'marc'"):
        reread(trial("B"), QUESTION, kind="choice", chain=["marc"], rng=never)


def test_a_decision_draws_only_where_there_is_a_tie() -> None:
    assert decide(["A", "A", None], is_a, never) == ("A", False, True, 1.0)
    assert decide([None], is_a, never) == (None, False, None, None)
    drawn = {decide(["A", "B"], is_a, lambda at=at: keyed(at, "tie")).answer for at in range(20)}
    assert drawn == {"A", "B"}


def test_weights_break_what_counting_would_leave_tied_and_a_weight_of_nothing_is_no_vote() -> None:
    assert decide(["A", "B"], is_a, never, (2.0, 1.0)) == ("A", False, True, 1.0)
    assert decide(["A", "B", "B"], is_a, never, (0.5, 0.1, 0.1)).answer == "A"
    assert decide(["A", None], is_a, never, (0.0, 5.0)) == (None, False, None, None)
    assert decide(["A", "B", "A"], is_a, lambda: keyed(0, "tie"), (0.5, 1.0, 0.5)).tied


@given(votes=st.lists(st.tuples(st.sampled_from("AB"), st.floats(0, 9)), min_size=1), data=st.data())
def test_the_order_of_weighted_votes_changes_nothing(votes: list[tuple[str, float]], data: st.DataObject) -> None:
    mixed = data.draw(st.permutations(votes))
    one, other = ([list(part) for part in zip(*each, strict=True)] for each in (votes, mixed))
    assert plurality(*one) == plurality(*other)


def test_a_trial_that_one_reply_or_weights_decide_is_read_anew_the_same_way() -> None:
    old = trial("Final answer: B", "Final answer: A", "Final answer: A")
    decided = old.model_copy(update={"decider": "k0"})
    assert reread(decided, QUESTION, kind="choice", chain=["mark"], rng=never).answer == "B"
    weighted = old.model_copy(update={"weights": (3.0, 1.0, 1.0)})
    assert reread(weighted, QUESTION, kind="choice", chain=["mark"], rng=never).answer == "B"
    assert reread(old, QUESTION, kind="choice", chain=["mark"], rng=never).answer == "A"


def test_what_was_asked_on_the_side_is_no_answer_to_the_question() -> None:
    old = trial("Final answer: B", "7", "Final answer: A")
    roles = ("agent", "probe", "grader")
    events = tuple(e.model_copy(update={"role": role}) for e, role in zip(old.events, roles, strict=True))
    mixed = old.model_copy(update={"events": events, "final": ("k0",)})
    anew = reread(mixed, QUESTION, kind="choice", chain=["mark"], rng=never)
    assert anew.events[0].answer == anew.answer == "B"
    assert anew.events[1:] == mixed.events[1:]


def test_a_check_tells_how_answers_vote_and_which_are_right() -> None:
    told = {"A": Checked("red", False, "case 1"), "B": Checked("blue", True), "C": Checked("C", None, "limit: time")}
    old = trial("Final answer: A", "Final answer: B", "Final answer: C", "Final answer: B")
    anew = reread(old, QUESTION, kind="choice", chain=["mark"], rng=never, check=told.__getitem__)
    assert [event.answer for event in anew.events] == ["red", "blue", None, "blue"]
    assert [event.check for event in anew.events] == ["case 1", None, "limit: time", None]
    assert (anew.events[2].missing, anew.answer, anew.score) == ("unchecked", "blue", 1.0)
