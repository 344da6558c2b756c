"""Transcripts to arrays, and texts to vectors that are kept."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from agentscale.analysis.arrays import read_cell
from agentscale.analysis.vectors import TextVectors
from agentscale.errors import SpecError, StoreError
from agentscale.schema.run import Event, Named


def rows(text: str) -> int:
    return len(text) if text.strip() else -1


def test_answers_are_joined_by_slot_and_not_by_place(build) -> None:
    cell = build.cell(["m/-", "m/-", "n/-"])
    forward = {"m/-/0": "A", "m/-/1": "C", "n/-/0": "B"}
    backward = dict(reversed(forward.items()))
    trials = [build.transcript(cell, "q1", [forward]), build.transcript(cell, "q2", [backward])]
    arrays = read_cell(cell, trials, {"q1": 0, "q2": 1}, rows)
    assert arrays.answers.tolist() == [[[0, 2, 1]], [[0, 2, 1]]]
    assert arrays.item.tolist() == [0, 1]


def test_a_missing_answer_is_missing_and_its_text_stays(build) -> None:
    cell = build.cell(["m/-", "m/-"])
    trial = build.transcript(cell, "q", [{"m/-/0": None, "m/-/1": "B"}], texts=lambda *_: "hm")
    arrays = read_cell(cell, [trial], {"q": 0}, rows)
    assert arrays.answers[0, 0].tolist() == [-1, 1]
    assert arrays.texts[0, 0].tolist() == [2, 2]
    assert arrays.asked.all()


def test_a_failed_call_has_no_text_and_no_answer_but_was_asked(build) -> None:
    cell = build.cell(["m/-"])
    trial = build.transcript(cell, "q", [{"m/-/0": None}])
    failed = trial.events[0].model_copy(update={"error": "timeout: too late", "text": "", "tokens_in": None})
    arrays = read_cell(cell, [trial.model_copy(update={"events": (failed,)})], {"q": 0}, rows)
    assert (arrays.answers[0, 0, 0], arrays.texts[0, 0, 0], arrays.asked[0, 0, 0]) == (-1, -1, True)
    assert np.isnan(arrays.score[0])
    assert arrays.tokens_in[0] == 0


def test_unknown_tokens_are_unknown_and_not_zero(build) -> None:
    cell = build.cell(["m/-", "m/-"])
    trial = build.transcript(cell, "q", [{"m/-/0": "A", "m/-/1": "A"}])
    first, second = trial.events
    unknown = trial.model_copy(update={"events": (first.model_copy(update={"tokens_in": None}), second)})
    arrays = read_cell(cell, [unknown], {"q": 0}, rows)
    assert np.isnan(arrays.tokens_in[0])
    assert (arrays.tokens_out[0], arrays.calls[0]) == (6, 2)


def test_the_last_word_of_a_slot_is_that_of_its_last_asked_round(build) -> None:
    cell = build.cell(["m/-", "m/-"], protocol=Named(name="relay"))
    trial = build.transcript(cell, "q", [{"m/-/0": "B"}, {"m/-/1": "A"}])
    arrays = read_cell(cell, [trial], {"q": 0}, rows)
    assert arrays.n_rounds == 2
    assert arrays.last(arrays.answers).tolist() == [[1, 0]]


def test_a_slot_that_was_never_asked_is_neither_right_nor_missing(build) -> None:
    cell = build.cell(["m/-", "m/-"])
    arrays = read_cell(cell, [build.transcript(cell, "q", [{"m/-/0": "A"}])], {"q": 0}, rows)
    assert arrays.last(arrays.answers).tolist() == [[0, -1]]
    assert arrays.was_asked.tolist() == [[True, False]]


def test_other_roles_and_unused_calls_cost_but_do_not_speak(build) -> None:
    cell = build.cell(["m/-"])
    trial = build.transcript(cell, "q", [{"m/-/0": "A"}])
    spoken = trial.events[0]
    judge = spoken.model_copy(
        update={"key": "judge", "role": "judge", "slot": "judge/0", "answer": "B", "correct": False}
    )
    unused = spoken.model_copy(update={"key": "unused", "used": False, "answer": "C", "correct": False})
    arrays = read_cell(cell, [trial.model_copy(update={"events": (spoken, judge, unused)})], {"q": 0}, rows)
    assert arrays.answers.tolist() == [[[0]]]
    assert arrays.calls[0] == 3


def test_a_later_turn_of_a_round_replaces_an_earlier_one(build) -> None:
    cell = build.cell(["m/-"])
    trial = build.transcript(cell, "q", [{"m/-/0": None}])
    again: Event = trial.events[0].model_copy(update={"key": "again", "turn": 1, "answer": "A", "correct": True})
    arrays = read_cell(cell, [trial.model_copy(update={"events": (*trial.events, again)})], {"q": 0}, rows)
    assert arrays.answers.tolist() == [[[0]]]


def test_replicates_are_averaged_within_their_question_first(build) -> None:
    cell = build.cell(["m/-"])
    trials = [
        build.transcript(cell, "q1", [{"m/-/0": "A"}], replicate=0),
        build.transcript(cell, "q1", [{"m/-/0": "B"}], replicate=1),
        build.transcript(cell, "q2", [{"m/-/0": "A"}]),
    ]
    arrays = read_cell(cell, trials, {"q1": 0, "q2": 1, "q3": 2}, rows)
    np.testing.assert_array_equal(arrays.by_item(arrays.score), [0.5, 1.0, np.nan])


def test_no_transcript_makes_empty_arrays(build) -> None:
    arrays = read_cell(build.cell(["m/-", "m/-"]), [], {"q": 0}, rows)
    assert arrays.answers.shape == (0, 1, 2)
    assert np.isnan(arrays.by_item(arrays.score)).all()


@pytest.mark.parametrize(("sample", "slot", "what"), [("other", "m/-/0", "sample 'other'"), ("q", "x/0", "slot 'x/0'")])
def test_a_transcript_of_another_run_is_named(build, sample: str, slot: str, what: str) -> None:
    cell = build.cell(["m/-"])
    with pytest.raises(StoreError, match=what):
        read_cell(cell, [build.transcript(cell, sample, [{slot: "A"}])], {"q": 0}, rows)


# Vectors


class Counted:
    def __init__(self, dimension: int = 8) -> None:
        self.calls: list[list[str]] = []
        self.dimension = dimension

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.calls.append(list(texts))
        out = np.zeros((len(texts), self.dimension))
        for row, text in zip(out, texts, strict=True):
            row[: len(text)] = range(1, len(text[: self.dimension]) + 1)
        return out


def test_equal_texts_are_embedded_once_and_are_one_row(tmp_path: Path) -> None:
    embed = Counted()
    table = TextVectors(tmp_path, "test@1:8", embed)
    assert [table.row(text) for text in ("ab", "abc", "ab", "  ")] == [0, 1, 0, -1]
    vectors = table.at(np.array([[0, 1], [0, -1]]))
    assert embed.calls == [["ab", "abc"]]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=-1), [[1, 1], [1, 0]], atol=1e-3)
    np.testing.assert_array_equal(vectors[0, 0], vectors[1, 0])


def test_kept_vectors_need_no_embedder_and_are_the_same(tmp_path: Path) -> None:
    first = TextVectors(tmp_path, "test@1:8", Counted())
    before = first.at(np.array([first.row("ab"), first.row("abc")]))
    embed = Counted()
    again = TextVectors(tmp_path, "test@1:8", embed)
    np.testing.assert_array_equal(again.at(np.array([again.row("ab"), again.row("abc")])), before)
    assert embed.calls == []
    assert again.at(np.array([again.row("new!")])).any()
    assert embed.calls == [["new!"]]


def test_another_signature_keeps_its_own_vectors(tmp_path: Path) -> None:
    for signature in ("test@1:8", "test@2:8"):
        embed = Counted()
        table = TextVectors(tmp_path, signature, embed)
        table.at(np.array([table.row("ab")]))
        assert embed.calls == [["ab"]]


def test_two_analyses_at_once_do_not_harm_one_another(tmp_path: Path) -> None:
    one, other = TextVectors(tmp_path, "t", Counted()), TextVectors(tmp_path, "t", Counted())
    for table, texts in ((one, ("a", "ab")), (other, ("ab", "abc"))):
        table.at(np.array([table.row(text) for text in texts]))
    third = TextVectors(tmp_path, "t", Counted())
    places = [third.row(text) for text in ("a", "ab", "abc", "abcd")]
    assert len(set(places)) == 4
    np.testing.assert_allclose((third.at(np.array(places)) > 0).sum(axis=1), [1, 2, 3, 4])


def test_many_texts_are_embedded_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentscale.analysis.vectors._TOGETHER", 3)
    embed = Counted()
    table = TextVectors(tmp_path, "t", embed)
    places = np.array([table.row("x" * n) for n in range(1, 8)])
    np.testing.assert_allclose((table.at(places) > 0).sum(axis=1), range(1, 8))
    assert [len(call) for call in embed.calls] == [3, 3, 1]


def test_a_text_that_the_embedder_cannot_place_is_a_zero_row(tmp_path: Path) -> None:
    table = TextVectors(tmp_path, "t", lambda texts: np.array([[0.0, 0.0], [np.nan, 1.0], [1.0, 1.0]]))
    vectors = table.at(np.array([table.row(text) for text in "abc"]))
    assert vectors.any(axis=1).tolist() == [False, False, True]


@pytest.mark.parametrize("shape", [(1,), (2, 3), (1, 2, 3)])
def test_an_embedder_of_another_shape_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    table = TextVectors(tmp_path, "t", lambda texts: np.ones(shape))
    table.row("a")
    with pytest.raises(SpecError, match="shape"):
        table.flush()


def test_an_embedder_that_changes_its_dimension_is_refused(tmp_path: Path) -> None:
    table = TextVectors(tmp_path, "t", Counted(8))
    table.at(np.array([table.row("a")]))
    changed = TextVectors(tmp_path, "t", Counted(9))
    changed.row("b")
    with pytest.raises(SpecError, match="signature"):
        changed.flush()


@pytest.mark.parametrize("damage", [b"", b"no array", None])
def test_a_damaged_file_of_vectors_is_named_with_the_remedy(tmp_path: Path, damage: bytes | None) -> None:
    table = TextVectors(tmp_path, "t", Counted())
    table.at(np.array([table.row("a")]))
    (path,) = (tmp_path / "t").glob("*.npy")
    path.write_bytes(path.read_bytes()[:-3] if damage is None else damage)
    with pytest.raises(StoreError, match="delete it"):
        TextVectors(tmp_path, "t", Counted())


def test_another_array_among_the_vectors_is_named(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    np.save(tmp_path / "t" / "x.npy", np.ones(3))
    with pytest.raises(StoreError, match="not vectors"):
        TextVectors(tmp_path, "t", Counted())


def test_a_folder_that_cannot_be_written_costs_a_warning_only(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("in the way")
    table = TextVectors(tmp_path, "t", Counted())
    assert table.at(np.array([table.row("a")])).any()
    assert "could not be kept" in table.warnings[0]


def test_half_written_files_are_not_read(tmp_path: Path) -> None:
    table = TextVectors(tmp_path, "t", Counted())
    table.at(np.array([table.row("a")]))
    (tmp_path / "t" / f".torn.{os.getpid()}").write_bytes(b"torn")
    assert TextVectors(tmp_path, "t", Counted()).row("a") == 0
