"""Secrets are cut out of a server's words, however it spells them."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentscale.transport.redaction import Redactor

KEY = "sk-canary/0123456789+ABCDEF=="
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON with slashes": lambda text: json.dumps(text)[1:-1].replace("/", r"\/"),
    "URL": lambda text: quote(text, safe=""),
    "URL in small letters": lambda text: quote(text, safe="").lower() if text.islower() else quote(text, safe=""),
}
secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=16, max_size=40).filter(
    lambda text: any(char.isalnum() for char in text)
)
ways = st.lists(st.sampled_from(sorted(SPELLINGS)), max_size=2)


def in_codes(text: str) -> str:
    return "".join(rf"\u{ord(char):04X}" for char in text)


@given(secrets, ways)
@example("000000000000000%", ["URL"])
def test_a_secret_is_found_behind_two_rounds_of_escapes(secret: str, spelt: list[str]) -> None:
    form = secret
    for way in spelt:
        form = SPELLINGS[way](form)
    redactor = Redactor([secret])
    assert redactor.text(f"<{form}>") == "<***>"
    assert redactor.body(f"<{form}>".encode()) == b"<***>"


@given(secrets, st.sampled_from(["as it is", "JSON"]))
def test_a_secret_is_found_in_codes_for_its_signs(secret: str, spelt: str) -> None:
    form = SPELLINGS[spelt](in_codes(secret))
    assert Redactor([secret]).text(f"<{form}>") == "<***>"
    assert Redactor([secret]).body(f"<{form}>".encode()) == b"<***>"


@pytest.mark.parametrize("form", [KEY, KEY.replace("/", r"\\\/"), "sk-canary%252F0123456789%2BABCDEF%3d%3D"])
def test_an_ordinary_key_is_found_in_its_usual_places(form: str) -> None:
    assert Redactor([KEY]).text(f"bad key {form}, {form}!") == "bad key ***, ***!"
    assert Redactor([KEY]).body(f"bad key {form}!".encode()) == b"bad key ***!"


@given(st.text(), secrets)
def test_what_holds_no_secret_stays_as_it_is(text: str, secret: str) -> None:
    alnum = max("".join(char if char.isalnum() else " " for char in secret).split(), key=len)
    if alnum not in text:
        assert Redactor([secret]).text(text) == text
        assert Redactor([secret]).body(text.encode("utf-8", "surrogatepass")) == text.encode("utf-8", "surrogatepass")
    assert Redactor([]).text(text) == text


def test_the_longer_of_two_secrets_is_cut_out_first() -> None:
    assert Redactor(["hunter22", "user:hunter22"]).text("user:hunter22 hunter22") == "*** ***"


def test_a_short_secret_stays_in_good_answers_and_goes_out_of_messages() -> None:
    redactor = Redactor(["EMPTY", "x"])
    assert redactor.body(b"the set is EMPTY") == b"the set is EMPTY"
    assert redactor.text("the key EMPTY is next") == "the key *** is next"


def test_a_secret_beyond_ascii_is_found_in_utf_8_in_codes_and_in_a_url() -> None:
    secret = "pässwörd-0123456789"
    for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
        assert Redactor([secret]).text(form) == "***"
        assert Redactor([secret]).body(form.encode()) == b"***"


def test_an_endless_run_of_backslashes_hides_no_secret_behind_it() -> None:
    assert Redactor([KEY]).body(b"\\" * 10_000 + KEY.encode()) == b"\\" * 10_000 + b"***"
