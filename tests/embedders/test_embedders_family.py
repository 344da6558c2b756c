"""What holds for every embedder, and what each is known by."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.embedders import EMBEDDERS, Embedder
from agentscale.embedders import resolve as resolve_spec
from agentscale.errors import SpecError
from agentscale.schema.embedding import EmbedderSpec, read

TEXTS = [
    "The capital of France is Paris.",
    "Paris is France's capital city.",
    "Mitochondria produce energy for the cell.",
]


def resolve(name: str) -> Embedder:
    return resolve_spec(EmbedderSpec(name=name))


@cache
def known(name: str) -> Embedder:
    return resolve(name)


def embedder(name: str) -> Embedder:
    """The member, where what it needs is installed."""
    try:
        known(name).check()
    except SpecError as missing:
        pytest.skip(str(missing))
    return known(name)


every = pytest.mark.parametrize("name", sorted(EMBEDDERS))


@every
def test_rows_have_length_one_and_the_stated_shape(name: str) -> None:
    vectors = embedder(name)(TEXTS)
    assert vectors.shape == (3, embedder(name).dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


@every
@pytest.mark.parametrize("blank", ["", " ", "\n\t ", "\u200b\ufeff", "\x01 \x02"])
def test_a_text_that_nobody_can_see_is_a_zero_row_among_others(name: str, blank: str) -> None:
    vectors = embedder(name)([TEXTS[0], blank, TEXTS[2]])
    assert not vectors[1].any()
    np.testing.assert_array_equal(vectors[[0, 2]], embedder(name)([TEXTS[0], TEXTS[2]]))


@every
def test_no_texts_make_no_rows(name: str) -> None:
    assert embedder(name)([]).shape == (0, embedder(name).dimension)


@every
def test_a_text_has_its_vector_whatever_stands_beside_it(name: str) -> None:
    together = embedder(name)(TEXTS)
    alone = np.concatenate([embedder(name)([text]) for text in TEXTS])
    assert together.tobytes() == alone.tobytes()
    assert embedder(name)(TEXTS[::-1])[::-1].tobytes() == alone.tobytes()


@every
def test_equal_texts_are_one_vector(name: str) -> None:
    first, _, second = embedder(name)([TEXTS[0], TEXTS[1], TEXTS[0]])
    assert first.tobytes() == second.tobytes()


@every
def test_nearer_wording_and_topic_is_nearer(name: str) -> None:
    cosines = embedder(name)(TEXTS) @ embedder(name)(TEXTS).T
    assert cosines[0, 1] > cosines[0, 2] + 0.2


@every
def test_the_signature_holds_name_version_and_dimension(name: str) -> None:
    member = embedder(name)
    assert member.signature == f"{name}@{member.version}:{member.dimension}"


@every
@settings(max_examples=25, deadline=None)
@given(text=st.text(alphabet=st.characters(), max_size=60))
def test_any_text_gives_a_finite_row_of_length_one_or_zero(name: str, text: str) -> None:
    norm = np.linalg.norm(embedder(name)([text])[0])
    assert norm == pytest.approx(1.0, abs=1e-5) or norm == 0.0


@every
def test_lone_surrogates_do_no_harm(name: str) -> None:
    assert np.isfinite(embedder(name)(["half a pair \ud800 here"])).all()


def test_an_unknown_name_lists_the_known_and_finds_the_nearest() -> None:
    with pytest.raises(SpecError) as caught:
        resolve("lexcial")
    assert caught.value.nearest == "lexical"
    assert "use" in str(caught.value)


@pytest.mark.parametrize(
    ("short", "problem"),
    [
        ("use:large", "'use' is one model"),
        ("model2vec", "'model2vec' names no model"),
        ("endpoint:here", "'endpoint:here' names no model"),
        ("endpoint", "'endpoint:' names no model"),
        ("", "unknown embedder ''"),
    ],
)
def test_a_model_that_is_missing_or_too_many_is_told_with_the_form_that_is_right(short: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem) as caught:
        resolve_spec(read(short))
    assert caught.value.allowed


def test_only_the_embedder_of_endpoints_asks_one() -> None:
    with pytest.raises(SpecError, match="asks no endpoint"):
        resolve_spec(EmbedderSpec(name="use", endpoint="here"))


@given(
    st.builds(
        EmbedderSpec,
        name=st.sampled_from(["use", "model2vec", "sentence-transformers"]),
        model=st.none() | st.text(min_size=1),
    )
    | st.builds(
        EmbedderSpec,
        name=st.just("endpoint"),
        endpoint=st.none() | st.text(alphabet="abc/ -.", min_size=1),
        model=st.none() | st.text(min_size=1),
    )
)
def test_the_short_form_says_all_and_is_read_again(spec: EmbedderSpec) -> None:
    assert read(spec.label) == spec


def test_the_lexical_embedder_is_the_same_in_every_process() -> None:
    code = (
        "from agentscale.embedders.lexical import Lexical\nprint(Lexical()(['seven times six is 42']).tobytes().hex())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert outputs == {resolve("lexical")(["seven times six is 42"]).tobytes().hex()}


def test_the_lexical_embedder_sees_wording_and_not_meaning() -> None:
    same_words, other_words = _cosines("dog bites man", "man bites dog", "a hound mauls him")
    assert same_words > 0.7
    assert abs(other_words) < 0.2


def _cosines(reference: str, *others: str) -> list[float]:
    vectors = resolve("lexical")([reference, *others])
    return [float(cosine) for cosine in vectors[1:] @ vectors[0]]


def test_the_lexical_embedder_finds_nothing_in_mere_punctuation() -> None:
    assert not resolve("lexical")(["?! ..."]).any()


def test_the_sentence_encoder_reads_only_the_beginning_of_an_endless_text() -> None:
    start = "a text without end " * 1100
    first, second = embedder("use")([start, start + "that turns elsewhere " * 50])
    np.testing.assert_array_equal(first, second)


def test_the_sentence_encoder_sees_a_paraphrase() -> None:
    vectors = embedder("use")(TEXTS)
    assert vectors[0] @ vectors[1] > 0.8
    assert vectors[0] @ vectors[2] < 0.4


def test_the_sentence_encoder_never_opens_a_socket() -> None:
    code = (
        "import socket, sys\n"
        "def deny(*a, **k): raise SystemExit('network')\n"
        "socket.socket.connect = deny; socket.getaddrinfo = deny\n"
        "from agentscale.embedders.use import SentenceEncoder\n"
        "assert SentenceEncoder()(['hello']).any()\n"
        "assert not {'httpx', 'requests', 'torch', 'onnxruntime', 'scipy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
