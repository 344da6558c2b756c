"""Which samples are asked, and in which words."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.experiment.questions import prompt, question, select
from agentscale.schema.tasks import Sample, Task, TaskSpec

SPEC = TaskSpec(
    name="quiz",
    description="",
    kind="choice",
    instruction="End with the letter.",
    extract=("mark",),
    version="1",
    licence="MIT",
    source="here",
)


def task(levels: list[int], name: str = "quiz") -> Task:
    samples = tuple(Sample(id=f"q{i}", input="?", target="A", level=level) for i, level in enumerate(levels))
    return Task(spec=SPEC.model_copy(update={"name": name}), samples=samples)


def ids(chosen: Task) -> list[str]:
    return [sample.id for sample in chosen.samples]


many = st.lists(st.integers(1, 4), min_size=1, max_size=40)


def test_a_question_is_input_choices_a_blank_line_and_the_instruction() -> None:
    sample = Sample(id="q", input="Which is red?", choices=("blood", "grass"), target="A")
    assert prompt(sample, SPEC) == "Which is red?\nA) blood\nB) grass\n\nEnd with the letter."


def test_a_question_without_choices_has_none_listed() -> None:
    assert prompt(Sample(id="q", input="1 + 1?", target="2"), SPEC) == "1 + 1?\n\nEnd with the letter."


def test_the_words_of_a_question_do_not_depend_on_its_target() -> None:
    one, other = (Sample(id="q", input="?", choices=("a", "b"), target=target) for target in "AB")
    assert prompt(one, SPEC) == prompt(other, SPEC)
    assert (question(one, SPEC).target, question(other, SPEC).target) == ("A", "B")


@settings(deadline=None)
@given(many, st.integers(1, 50), st.integers(1, 50), st.integers(0, 5))
def test_a_larger_limit_contains_the_smaller(levels: list[int], a: int, b: int, seed: int) -> None:
    small, large = (select(task(levels), levels=None, limit=limit, seed=seed) for limit in sorted((a, b)))
    assert set(ids(small)) <= set(ids(large))
    assert len(small.samples) == min(a, b, len(levels))


@settings(deadline=None)
@given(many, st.integers(1, 50), st.integers(0, 5))
def test_samples_stay_in_the_files_order(levels: list[int], limit: int, seed: int) -> None:
    whole = ids(task(levels))
    chosen = ids(select(task(levels), levels=None, limit=limit, seed=seed))
    assert chosen == [sample for sample in whole if sample in set(chosen)]


@settings(deadline=None)
@given(many, st.integers(1, 50), st.integers(0, 5))
def test_levels_are_drawn_evenly(levels: list[int], limit: int, seed: int) -> None:
    there = Counter(levels)
    drawn = Counter(sample.level for sample in select(task(levels), levels=None, limit=limit, seed=seed).samples)
    # A level has at most one more than any other that still has samples left: that of the last round.
    least = min((drawn[level] for level in there if drawn[level] < there[level]), default=limit)
    assert all(count <= least + 1 for count in drawn.values())


@settings(deadline=None)
@given(many, st.integers(0, 5))
def test_leaving_a_level_out_moves_no_draw_within_another(levels: list[int], seed: int) -> None:
    levels = [*levels, 1, 2]
    both = select(task(levels), levels=[1, 2], limit=2, seed=seed).samples
    alone = select(task(levels), levels=[2], limit=1, seed=seed).samples
    assert [sample.id for sample in both if sample.level == 2] == [sample.id for sample in alone]


def test_the_draw_depends_on_seed_and_task() -> None:
    levels = [1] * 40
    chosen = [
        ids(select(task(levels, name), levels=None, limit=10, seed=seed))
        for seed, name in ((1, "a"), (2, "a"), (1, "b"))
    ]
    assert len({tuple(one) for one in chosen}) == 3


@pytest.mark.parametrize("limit", [None, 3, 100])
def test_a_limit_beyond_the_task_takes_all(limit: int | None) -> None:
    assert ids(select(task([1, 2, 1]), levels=None, limit=limit, seed=0)) == ["q0", "q1", "q2"]


def test_a_subset_is_still_that_task() -> None:
    whole = task([1] * 5)
    assert select(whole, levels=None, limit=2, seed=0).digest == whole.digest
