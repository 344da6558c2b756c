"""A question is found in any prompt that holds its words, and no other is taken for it."""

from collections.abc import Sequence

import pytest

from agentscale.schema.calls import Message
from agentscale.schema.run import QuestionRecord
from agentscale.server.questions import QuestionFinder

ASK = "Think step by step. End with:\n\nFinal answer: X"


def question(name: str, text: str, *choices: str) -> QuestionRecord:
    lines = [f"{letter}) {choice}" for letter, choice in zip("ABCDEFGH", choices, strict=False)]
    prompt = "\n".join([text, *lines, "", ASK])
    return QuestionRecord(task="t", sample_id=name, prompt=prompt, choices=choices, target="A")


SUMS = [question("short", "1 + 1"), question("long", "1 + 1 + 1")]
RIVERS = [
    question("longest", "Which river is it?", "Nile", "Amazon"),
    question("shortest", "Which river is it?", "Roe", "Amazon"),
    question("capital", "What is the capital\nof Peru?", "Lima", "Quito"),
]


def found(records: Sequence[QuestionRecord], *said: str) -> str | None:
    finder = QuestionFinder((("digest", record.sample_id), record) for record in records)
    hit = finder.find([Message("user", text) for text in said])
    return None if hit is None else hit.record.sample_id


@pytest.mark.parametrize("record", RIVERS)
@pytest.mark.parametrize("form", ["{}", "You are agent 7. Solve:\n\n  {}\n\nReply in JSON.", "> {} <"])
def test_a_question_is_found_in_whatever_stands_around_its_prompt(record: QuestionRecord, form: str) -> None:
    assert found(RIVERS, form.format(record.prompt)) == record.sample_id


def test_white_space_and_the_instruction_play_no_part() -> None:
    assert found(RIVERS, "Which   river is it?\n\n\tA) Roe\nB)  Amazon\nJust the letter.") == "shortest"


def test_the_text_alone_is_enough_where_one_question_only_has_it() -> None:
    assert found(RIVERS, "What is the capital of Peru?") == "capital"
    assert found(RIVERS, "Which river is it?") is None


def test_the_longest_is_meant_and_only_as_words_of_its_own() -> None:
    assert found(SUMS, "What is 1 + 1 + 1?") == "long"
    assert found(SUMS, "What is 1 + 1?") == "short"
    assert found(SUMS, "What is 11 + 12?") is None


def test_the_last_message_that_holds_a_question_counts() -> None:
    assert found([*SUMS, *RIVERS], "1 + 1", "What is the capital of Peru?", "Are you sure?") == "capital"
    assert found(RIVERS, "Good morning.") is None
