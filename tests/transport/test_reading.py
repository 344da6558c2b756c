from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.transport.reading import EXCERPT_CHARS, Trouble, excerpt, kind_of, parse_object

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_an_object_comes_back_as_it_was_sent(data: dict[str, object]) -> None:
    assert parse_object(json.dumps(data).encode()) == data


@given(json_values.filter(lambda value: not isinstance(value, dict)))
def test_what_is_no_object_is_named(value: object) -> None:
    assert str(parse_object(json.dumps(value).encode())).startswith("JSON that is no object but")


@given(st.binary(max_size=200))
def test_any_bytes_give_an_object_or_a_reason(body: bytes) -> None:
    assert isinstance(parse_object(body), dict | str)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "an empty body"),
        (b"<html>", "a body that is not JSON (fault at character 0)"),
        (b'{"choices": [', "a body that is not JSON (fault at character 13)"),
        (b"\xff\xfe\xfd{}", "a body that is not JSON"),
        (b"[" * 200_000, "JSON that is nested too deeply"),
        (b"[]", "JSON that is no object but a list"),
        (b"null", "JSON that is no object but null"),
        (b"true", "JSON that is no object but a truth value"),
        (b"3", "JSON that is no object but a number"),
        (b'{"n": ' + b"9" * 5000 + b"}", "a body that is not JSON"),
    ],
)
def test_every_way_not_to_be_an_object_has_its_words(body: bytes, problem: str) -> None:
    assert parse_object(body) == problem


@given(st.text(max_size=500))
def test_an_excerpt_is_short_and_steers_no_terminal(text: str) -> None:
    shown = excerpt(text)
    assert shown.isprintable()
    assert len(shown) <= 10 * EXCERPT_CHARS + 4
    assert shown.endswith(" …") == (len(text) > EXCERPT_CHARS)


def test_control_characters_are_escaped() -> None:
    assert excerpt("a\x1b[31m\r\nb\u202e") == r"'a\x1b[31m\r\nb\u202e'"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, "redirect"),
        (400, "refused"),
        (401, "auth"),
        (403, "auth"),
        (404, "refused"),
        (408, "server"),
        (429, "rate_limit"),
        (500, "server"),
    ],
)
def test_a_status_has_one_class_of_fault(status: int, kind: str) -> None:
    assert kind_of(status) == kind


@pytest.mark.parametrize(
    ("kind", "allowed", "remedy"),
    [
        ("connection", "a complete HTTP answer", "check that the server runs and that base_url leads to it"),
        ("timeout", "an answer in time", "raise timeout_s, or lower max_in_flight where the server is busy"),
        ("stalled", "an answer that begins and goes on",
         "check the server's health, or raise first_byte_timeout_s and idle_timeout_s where it needs the time"),
        ("circuit_open", "an endpoint that answers", "see to the endpoint, then run the same command again"),
        ("stopped", "requests until the client is stopped",
         "run the same command again: it goes on where it stopped"),
        ("rate_limit", "status 200 with a JSON object", "lower max_in_flight, or raise max_retries"),
        ("auth", "status 200 with a JSON object",
         "check that api_key_env names the variable with this endpoint's key, and that the key is valid"),
        ("refused", "status 200 with a JSON object",
         "the server refuses the request itself: check base_url, the model's name and its sampling"),
        ("server", "status 200 with a JSON object", "look into the server's log, or lower max_in_flight"),
        ("redirect", "status 200 with a JSON object",
         "put the address where the server really is under base_url; redirects are not followed"),
        ("too_large", "a body of at most 64 MiB", "check that base_url leads to a chat API, and lower max_tokens"),
        ("overfull", "answers under way of at most 256 MiB together",
         "lower max_in_flight or max_tokens, and look at what the server sends"),
        ("malformed", "a JSON object of the OpenAI API",
         "check that base_url leads to an OpenAI-compatible API; most end in /v1"),
    ],
)  # fmt: skip
def test_every_trouble_says_what_was_got_what_is_allowed_and_what_to_do(kind: str, allowed: str, remedy: str) -> None:
    assert Trouble(kind, "this").text == f"got this; allowed: {allowed}; {remedy}"  # type: ignore[arg-type]
