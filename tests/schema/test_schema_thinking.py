"""Thinking is told apart once and for all, in time that grows with the text alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.schema.thinking import Spoken, split_thinking

PIECES = st.sampled_from(["<think>", "</think>", "<thinking>", "</thinking>", "A", " ", "\n", "<", "answer: B"])
texts = st.lists(PIECES, max_size=12).map("".join)


@given(texts)
def test_a_text_that_was_split_has_nothing_left_to_split(text: str) -> None:
    assert split_thinking(split_thinking(text).text) == (None, split_thinking(text).text)


@given(texts)
def test_what_is_said_is_the_end_of_the_text_and_nothing_is_thought_twice(text: str) -> None:
    thinking, said = split_thinking(text)
    assert text.endswith(said)
    assert len(thinking or "") + len(said) <= len(text)


@given(st.text())
def test_a_text_without_tags_is_left_as_it_is(text: str) -> None:
    assert split_thinking(text) == Spoken(None, text)


@given(texts.filter(lambda text: "<" not in text), texts.filter(lambda text: "<" not in text))
def test_a_block_and_what_follows_it_come_apart(thought: str, said: str) -> None:
    assert split_thinking(f"<think>{thought}</think>{said}") == (thought.strip(), said.lstrip())


@pytest.mark.parametrize("piece", ["<think>", "</think>", "<think></think>", "<thin", " ", "</think> <think>"])
def test_a_hostile_text_takes_no_longer_than_its_length_explains(piece: str) -> None:
    before = time.process_time()
    split_thinking(piece * (2_000_000 // len(piece)))
    assert time.process_time() - before < 5
