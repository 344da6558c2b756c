"""Vectors beside a run: embedders side by side, what an interruption leaves, and what float16 costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from agentscale.analysis import effective_channels
from agentscale.analysis.vectors import TextVectors, kept_dimension
from agentscale.errors import EndpointError, SpecError
from agentscale.randomness import keyed


def embedder(dimension: int, shift: int = 0):
    def embed(texts: Sequence[str]) -> np.ndarray:
        return np.stack([np.roll(np.arange(1.0, dimension + 1), len(text) + shift) for text in texts])

    return embed


def vectors(root: Path, signature: str, dimension: int, texts: Sequence[str], shift: int = 0) -> np.ndarray:
    table = TextVectors(root, signature, embedder(dimension, shift))
    return table.at(np.array([table.row(text) for text in texts]))


def test_two_embedders_lie_side_by_side_and_neither_sees_the_others_vectors(tmp_path: Path) -> None:
    texts = ["a", "ab", "abc"]
    first = vectors(tmp_path, "one@1:8", 8, texts), vectors(tmp_path, "two@1:5", 5, texts)
    again = vectors(tmp_path, "one@1:8", 8, texts, shift=3), vectors(tmp_path, "two@1:5", 5, texts, shift=3)
    for kept, seen in zip(first, again, strict=True):
        np.testing.assert_array_equal(kept, seen)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one@1_8", "two@1_5"]


@pytest.mark.parametrize(
    ("one", "other"), [("e@a/b:4", "e@a_b:4"), ("e@a:b:4", "e@a/b:4"), ("e@a b:4", "e@a\u00e9b:4")]
)
def test_signatures_that_differ_in_signs_that_no_folder_may_have_are_kept_apart(
    tmp_path: Path, one: str, other: str
) -> None:
    before = vectors(tmp_path, one, 4, ["text"])
    assert not np.array_equal(vectors(tmp_path, other, 4, ["text"], shift=1), before)
    np.testing.assert_array_equal(vectors(tmp_path, one, 4, ["text"], shift=2), before)


@pytest.mark.parametrize("identity", ["use@0.2.1", "endpoint@BAAI/bge-m3:latest", "endpoint@text_3", "e@m_12"])
def test_the_dimension_of_kept_vectors_is_known_without_a_model(tmp_path: Path, identity: str) -> None:
    assert kept_dimension(tmp_path, identity) is None
    vectors(tmp_path, f"{identity}:6", 6, ["text"])
    vectors(tmp_path, "other@1:9", 9, ["text"])
    assert kept_dimension(tmp_path, identity) == 6
    assert kept_dimension(tmp_path, identity[:-1]) is None


def test_one_name_with_vectors_of_two_dimensions_is_told_with_the_remedy(tmp_path: Path) -> None:
    for dimension in (6, 8):
        vectors(tmp_path, f"endpoint@m:{dimension}", dimension, ["text"])
    with pytest.raises(SpecError, match="6 and of 8 numbers") as caught:
        kept_dimension(tmp_path, "endpoint@m")
    assert str(tmp_path) in str(caught.value)


def test_an_embedder_that_fails_half_way_leaves_whole_blocks_and_the_next_goes_on_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentscale.analysis.vectors._TOGETHER", 3)
    asked: list[int] = []

    def failing(texts: Sequence[str]) -> np.ndarray:
        asked.append(len(texts))
        if len(asked) == 3:
            raise EndpointError("the endpoint is gone")
        return embedder(4)(texts)

    texts = ["x" * n for n in range(1, 12)]
    table = TextVectors(tmp_path, "t@1:4", failing)
    with pytest.raises(EndpointError):
        table.at(np.array([table.row(text) for text in texts]))
    assert len(list((tmp_path / "t@1_4").iterdir())) == 2
    counted: list[str] = []

    def counting(texts: Sequence[str]) -> np.ndarray:
        counted.extend(texts)
        return embedder(4)(texts)

    again = TextVectors(tmp_path, "t@1:4", counting)
    found = again.at(np.array([again.row(text) for text in texts]))
    assert counted == texts[6:]
    np.testing.assert_array_equal(found, vectors(tmp_path / "anew", "t@1:4", 4, texts))


def test_a_disk_that_fills_up_while_writing_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: object, block: np.ndarray) -> None:
        file.write(b"half a block")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("agentscale.analysis.vectors.np.save", full)
    table = TextVectors(tmp_path, "t", embedder(4))
    assert table.at(np.array([table.row("text")])).any()
    assert "No space left" in table.warnings[0]
    assert list((tmp_path / "t").iterdir()) == []


@pytest.mark.parametrize("dimension", [64, 384, 3072])
@pytest.mark.parametrize("noise", [0.0, 1e-3, 0.03, 0.3, 3.0])
def test_keeping_half_precision_moves_no_channel_count_by_more_than_is_stated(
    tmp_path: Path, dimension: int, noise: float
) -> None:
    rng = keyed(3, "half", str(dimension), str(noise))
    z = rng.normal(size=dimension) + noise * rng.normal(size=(16, dimension))
    table = TextVectors(tmp_path, "t", lambda texts: z)
    kept = table.at(np.array([table.row(f"text {at}") for at in range(16)]))
    assert effective_channels(kept) == pytest.approx(effective_channels(z), rel=3e-4)
