"""YAML is read strictly, as it looks, and every key keeps its line."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.catalog.document import Place, dotted, parse, parse_value, read_document, read_text
from agentscale.errors import SpecError


def value(text: str) -> Any:
    return parse(f"a: {text}\n", "x.yaml", "test").data["a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("12", 12),
        ("-3", -3),
        ("010", 10),
        ("0x10", 16),
        ("0o10", 8),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("1e-3", 0.001),
        ("1.", 1.0),
        (".5", 0.5),
        ("1.2.3", "1.2.3"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("'12'", "12"),
        ("!!str 12", "12"),
        ("[1, {b: c}]", [1, {"b": "c"}]),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_a_scalar_is_what_it_looks_like(text: str, expected: object) -> None:
    made = value(text)
    assert made == expected
    assert type(made) is type(expected)


def test_keys_are_text_as_written() -> None:
    assert parse("1: a\nno: b\n1.0: c\n", "x", "test").data == {"1": "a", "no": "b", "1.0": "c"}


def test_every_key_and_item_keeps_its_line() -> None:
    text = "# a comment\na: 1\nb:\n  c:\n  - x\n  - d: 2\n    e: [3,\n      4]\n"
    document = parse(text, "x.yaml", "test")
    lines = {dotted(keys): place.line for keys, place in document.places.items()}
    assert lines == {
        "a": 2,
        "b": 3,
        "b.c": 4,
        "b.c[0]": 5,
        "b.c[1]": 6,
        "b.c[1].d": 6,
        "b.c[1].e": 7,
        "b.c[1].e[0]": 7,
        "b.c[1].e[1]": 8,
    }
    assert document.place(("b", "c", 1, "f", "g")) == Place("x.yaml", 6)
    assert document.place(("z",)) == Place("x.yaml", None)


def test_anchors_and_merges_are_followed_and_own_keys_go_first() -> None:
    text = "base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\nmade:\n  <<: [*base, *more]\n  a: 9\nsame: *base\n"
    document = parse(text, "x", "test")
    assert document.data["made"] == {"a": 9, "b": 2, "c": 4}
    assert document.data["same"] == {"a": 1, "b": 2}
    assert document.place(("made", "a")).line == 5
    assert document.place(("made", "c")).line == 2


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb: {c: 1,\n  c: 2}\n", 3, "this key stands on line 2 already"),
        ("a: &a\n  <<: *a\n", 2, "'<<' merges what is no mapping"),
        ("a: 1\n? [b]\n: 2\n", 2, "a key is a list or a mapping"),
        ("a: !!set {b}\n", 1, "the tag 'tag:yaml.org,2002:set' is not allowed"),
        ("a: !!int b\n", 1, "'b' cannot be read as a whole number"),
        ("a: !!float .nan\n", 1, "'.nan' cannot be read as a finite number"),
        ("a: " + "9" * 5000 + "\n", 1, f"'{'9' * 40}…' cannot be read as a whole number"),
        ("a: *b\n", 1, "is not YAML: found undefined alias 'b'"),
        ("a: 1\n\tb: 2\n", 2, "is not YAML: while scanning for the next token, found character '\\t'"),
    ],
)
def test_what_is_not_allowed_is_named_with_its_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(text, "x.yaml", "test")
    assert caught.value.problem.startswith(problem)
    assert (caught.value.file, caught.value.line) == ("x.yaml", line)


def test_a_value_alone_is_read_like_one_in_a_file() -> None:
    assert parse_value("[2, no, {a: 1e1}]", "override") == [2, "no", {"a": 10.0}]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [((), ""), (("a", "b", 2, "c"), "a.b[2].c"), (("a", "gpt-4.1"), 'a."gpt-4.1"'), (("", "a b"), '""."a b"')],
)
def test_a_way_is_written_as_overrides_write_it(keys: tuple[str | int, ...], expected: str) -> None:
    assert dotted(keys) == expected


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    assert read_document(tmp_path / "x.yaml", "test").data == {"a": 1}


def test_a_size_cap_holds_where_one_is_set(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert read_text(path, "test", max_bytes=5) == read_text(path, "test", max_bytes=None) == "12345"
    with pytest.raises(SpecError, match="has 5 bytes"):
        read_text(path, "test", max_bytes=4)


@settings(deadline=None)
@given(st.text(st.sampled_from("ab:-[]{}&*!<?|>'\"#\n\t %@`,~0\\ud8"), max_size=40) | st.text(max_size=20))
def test_no_text_brings_forth_another_error(text: str) -> None:
    with contextlib.suppress(SpecError):
        parse(text, "x", "test")
