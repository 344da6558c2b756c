"""Options in another order: the same for whoever answers by content, told apart by letters alone."""

from collections.abc import Callable, Iterator

import pytest

from agentscale.errors import SpecError
from agentscale.experiment import Sweep
from agentscale.schema.run import QuestionRecord, Transcript

TEAM = {"size": 5, "layer": "L3"}


def contents(record: QuestionRecord, trial: Transcript) -> Iterator[str | None]:
    """What every answer of a trial says, whatever its letter."""
    for event in trial.events:
        yield None if event.answer is None else record.choices["ABCD".index(event.answer)]


def test_every_question_keeps_its_options_and_its_right_one(make_sweep: Callable[..., Sweep]) -> None:
    plain = make_sweep().questions
    for seed in range(5):
        permuted = make_sweep(seed=seed, task={"name": "./capitals", "permute": True}).questions
        for key, record in permuted.items():
            before = plain[key]
            assert record.choices == tuple(before.choices[place] for place in record.order)
            assert sorted(record.choices) == sorted(before.choices)
            right = record.choices["ABCD".index(record.target)]
            assert right == before.choices["ABCD".index(before.target)]
            assert all(
                f"{letter}) {choice}\n" in record.prompt for letter, choice in zip("ABCD", record.choices, strict=True)
            )


def test_the_order_hangs_on_the_seed_and_the_question_and_not_on_what_else_is_asked(make_sweep) -> None:
    task = {"name": "./capitals", "permute": True}
    every = make_sweep(task=task).questions
    assert make_sweep(task=task).questions == every
    few = make_sweep(task={**task, "limit": 2}).questions
    assert few.items() <= every.items()
    orders = {record.order for record in every.values()}
    assert len(orders) > 1
    assert {key: r.order for key, r in make_sweep(seed=9, task=task).questions.items()} != {
        key: r.order for key, r in every.items()
    }


@pytest.mark.parametrize("protocol", ["vote", {"debate": {"rounds": 1, "see": "answer"}}])
def test_permuting_changes_nothing_for_models_that_answer_by_content(make_sweep, play, protocol) -> None:
    keys = {"team": TEAM, "protocol": protocol, "replicates": 3}
    plain = make_sweep(**keys)
    straight, _ = play(plain, "plain")
    permuted = make_sweep(task={"name": "./capitals", "permute": True}, **keys)
    mixed, _ = play(permuted, "permuted")
    (cell,) = plain.header.cells
    letters = []
    for one, other in zip(straight.transcripts(cell.id), mixed.transcripts(cell.id), strict=True):
        before, after = (sweep.questions[cell.task, one.sample_id] for sweep in (plain, permuted))
        assert list(contents(before, one)) == list(contents(after, other))
        assert [event.correct for event in one.events] == [event.correct for event in other.events]
        assert (one.tied, one.score) == (other.tied, other.score)
        letters += [(a.answer, b.answer) for a, b in zip(one.events, other.events, strict=True)]
    assert any(a != b for a, b in letters)


def test_what_has_no_options_is_not_permuted(make_sweep) -> None:
    with pytest.raises(SpecError, match=r"task.permute: the task 'sums' wants a number, and has no options"):
        make_sweep(task={"name": "sums", "permute": True})
