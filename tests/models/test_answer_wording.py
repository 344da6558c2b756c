from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.models.wording import worded
from agentscale.schema.calls import ANSWER_MARK

PROMPT = "What is 3 + 4 in base 10? Think first. Final answer: <number>"
PERSONAS = [None, "sceptic", "teacher", "poet", "lawyer", "cook", "pilot", "nurse", "judge"]


def text(**changes: object) -> str:
    usual = {"prompt": PROMPT, "channel": 0, "model": 0, "persona": None, "wording": 0.0, "label": "7", "found": "7"}
    return worded(**{**usual, **changes})  # type: ignore[arg-type]


def words(sentences: str) -> set[str]:
    return set(re.findall(r"[a-z]{4,}", sentences.lower()))


def test_the_last_line_is_the_mark_with_the_answer_and_the_mark_stands_nowhere_else() -> None:
    for channel, persona, changed in product(range(30), PERSONAS, (None, True, False)):
        written = text(channel=channel, persona=persona, changed=changed)
        assert written.splitlines()[-1] == f"{ANSWER_MARK} 7"
        assert written.count(ANSWER_MARK) == 1


def test_without_a_label_nothing_can_be_taken_for_an_answer() -> None:
    for channel, persona, changed, wording in product(range(30), PERSONAS, (None, True, False), (0.0, 0.3, 0.6, 0.9)):
        written = text(channel=channel, persona=persona, changed=changed, wording=wording, label=None, found="")
        assert not re.search(r"\d|\b[A-Z]\b", written)
        assert "answer" not in written.lower()


def test_an_answer_is_two_to_five_short_sentences() -> None:
    for channel, persona, wording in product(range(12), PERSONAS, (0.0, 0.3, 0.6, 0.9)):
        n_words = len(text(channel=channel, persona=persona, wording=wording).split())
        assert 15 <= n_words <= 45


def test_channels_share_fewer_words_than_the_wordings_of_one_channel() -> None:
    said = [[words(text(channel=k, wording=w)) for w in (0.0, 0.3, 0.6, 0.9)] for k in range(12)]
    common = set.intersection(*(s for channel in said for s in channel))

    def overlap(a: set[str], b: set[str]) -> float:
        return len((a & b) - common) / len((a | b) - common)

    within = min(max(overlap(channel[0], other) for other in channel[1:]) for channel in said)
    between = max(overlap(a, b) for k, m in product(range(12), repeat=2) if k < m for a in said[k] for b in said[m])
    assert between < 0.2 < within


def test_seventy_two_channels_are_told_apart_by_their_words() -> None:
    assert len({text(channel=k) for k in range(72)}) == 72


@pytest.mark.parametrize("differs", [{"model": 1}, {"persona": "poet"}, {"channel": 1}, {"wording": 0.9}], ids=str)
def test_model_persona_channel_and_draw_show_in_the_words(differs: dict[str, object]) -> None:
    assert text(**differs) != text()


def test_a_revision_says_whether_it_was_convinced() -> None:
    assert text(changed=True) != text(changed=False)


@given(st.text(), st.text(), st.floats(0, 1, exclude_max=True), st.integers(0, 10**6), st.text())
def test_any_prompt_and_choice_leave_one_mark(prompt: str, found: str, wording: float, channel: int, name: str) -> None:
    written = text(prompt=prompt, found=found, wording=wording, channel=channel, persona=name, label="B")
    assert written.lower().count(ANSWER_MARK.lower()) == 1
    assert written.endswith(f"\n{ANSWER_MARK} B")
