"""A recorded trial read by another chain: events, the team's answer, and what stays as it was."""

import numpy as np
import pytest

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.run import Event, QuestionRecord, Transcript
from agentscale.scoring import decide, reread

QUESTION = QuestionRecord(task="quiz", sample_id="q", prompt="Which?", choices=("red", "green", "blue"), target="B")


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
    assert decide(["A", "A", None], "A", "choice", never) == ("A", False, True, 1.0)
    assert decide([None], "A", "choice", never) == (None, False, None, None)
    drawn = {decide(["A", "B"], "A", "choice", lambda at=at: keyed(at, "tie")).answer for at in range(20)}
    assert drawn == {"A", "B"}
