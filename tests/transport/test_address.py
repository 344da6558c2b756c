from __future__ import annotations

import copy
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.transport import Address, Secret, check_written

CANARY = "sk-canary/0123456789+ABCDEF"
printable_keys = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=4, max_size=60)


def test_a_secret_shows_itself_in_no_form_of_printing() -> None:
    secret = Secret(CANARY)
    address = Address("here", "https://host/v1", secret)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r}", repr([secret]), repr(address)]
    shown += [str(dataclasses.replace(address, name="there")), repr(copy.deepcopy(secret)), str(vars(address))]
    assert not [text for text in shown if CANARY in text]
    assert secret.reveal() == CANARY


def test_secrets_are_equal_by_value() -> None:
    assert Secret("abcd") == Secret("abcd") != Secret("abce")
    assert hash(Secret("abcd")) == hash(Secret("abcd"))
    assert Secret("abcd") != "abcd"


@pytest.mark.parametrize("bad", ["", "two words", "line\nend", "schlüssel", "\x00"])
def test_what_no_header_can_carry_is_refused_without_being_shown(bad: str) -> None:
    with pytest.raises(SpecError) as caught:
        Secret(bad)
    assert not bad or bad not in str(caught.value)
    assert "printable ASCII" in str(caught.value)
    assert "copy the key again" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1"),
        ("https://user:hunter2@host/v1", "https://***@host/v1"),
        ("https://us@er:hunter2@host:8/v1", "https://***@host:8/v1"),
        ("https://host/v1?api-key=hunter2", "https://host/v1?***"),
        ("https://host/v1#hunter2", "https://host/v1"),
        ("https://host/v1?key=a@hunter2", "https://***"),
        ("https://us/er:hunter2@host/v1", "https://***@host/v1"),
    ],
)
def test_base_urls_are_shown_without_what_opens_them(url: str, shown: str) -> None:
    address = Address("here", url)
    assert address.shown == shown
    assert "hunter2" not in repr(address)


@pytest.mark.parametrize(
    "bad",
    [
        *(
            "127.0.0.1:8080/v1",
            "host/v1",
            "ftp://u:hunter2@host",
            "http://",
            "http://host:port/v1",
            "http://[::1/v1",
            "",
        ),
        *("u:hunter2@host/v1", "http:u:hunter2@host", "u:hunter2@http://host", "http://a b/v1"),
        *("http://u:hunter2@h:port/v1", "http://u:h?hunter2@h", "http://[u:hunter2@h", "http://h/v1\n"),
    ],
)
def test_a_base_url_that_is_no_http_address_is_refused(bad: str) -> None:
    with pytest.raises(SpecError, match="is not an address") as caught:
        Address("here", bad)
    assert "http://127.0.0.1:8080/v1" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/v1", "https://host", "https://host/a%40b/v1/"])
def test_a_plain_base_url_may_be_written(url: str) -> None:
    check_written(url)


@pytest.mark.parametrize("part", ["u:hunter2@", "hunter2@"])
@pytest.mark.parametrize("tail", ["", "?key=hunter2", "#hunter2", "?"])
def test_a_base_url_that_opens_something_may_be_used_and_not_be_written(part: str, tail: str) -> None:
    for url in (f"https://{part}host/v1{tail}", f"https://{part if not tail else ''}host/v1{tail}"):
        assert Address("here", url).url("/x").startswith("https://host/v1/x")
        with pytest.raises(
            SpecError, match=r"has a part that may be secret.*\n  allowed: a URL without user"
        ) as caught:
            check_written(url)
        assert "hunter2" not in str(caught.value)
        assert "api_key_env" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:1/v1", True),
        ("http://api.localhost/v1", True),
        ("http://127.9.9.9/v1", True),
        ("http://[::1]:8080/v1", True),
        ("http://u:p@127.0.0.1/v1", True),
        ("http://127.0.0.1@evil.example/v1", False),
        ("http://localhost.evil.example/v1", False),
        ("http://10.0.0.1/v1", False),
        ("https://api.openai.com/v1", False),
    ],
)
def test_loopback_is_told_by_the_host_alone(url: str, loopback: bool) -> None:
    assert Address("here", url).is_loopback is loopback


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://host/v1", "http://host/v1/chat/completions"),
        ("http://host/v1/", "http://host/v1/chat/completions"),
        ("http://host", "http://host/chat/completions"),
        ("http://u:p@host:9/v1", "http://host:9/v1/chat/completions"),
        ("http://host/v1?api-version=3", "http://host/v1/chat/completions?api-version=3"),
    ],
)
def test_paths_are_appended_and_queries_kept(base: str, url: str) -> None:
    assert Address("here", base).url("/chat/completions") == url


def test_what_opens_an_endpoint_is_the_key_or_the_credentials_or_nothing() -> None:
    basic = ("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    assert Address("here", "http://host", Secret("abcd")).key_header == ("authorization", "Bearer abcd")
    assert Address("here", "http://Aladdin:open%20sesame@host").key_header == basic
    assert Address("here", "http://host").key_header is None


def test_azure_has_a_key_header_a_version_and_a_path_for_each_deployment() -> None:
    azure = Address("here", "https://mine.openai.azure.com/", Secret("abcd"), azure_version="2024-10-21")
    assert azure.key_header == ("api-key", "abcd")
    assert azure.url(azure.chat_path("my gpt/4")) == (
        "https://mine.openai.azure.com/openai/deployments/my%20gpt%2F4/chat/completions?api-version=2024-10-21"
    )
    plain = Address("here", "http://host/v1")
    assert plain.url(plain.chat_path("my gpt/4")) == "http://host/v1/chat/completions"


def test_a_key_beside_credentials_is_refused() -> None:
    with pytest.raises(SpecError, match="a key and also credentials") as caught:
        Address("here", "http://u:hunter2@host", Secret(CANARY))
    assert CANARY not in str(caught.value)
    assert "hunter2" not in str(caught.value)


@given(printable_keys, st.text(max_size=30), st.text(max_size=30))
def test_no_server_text_keeps_the_key(key: str, before: str, after: str) -> None:
    address = Address("here", "http://host", Secret(key))
    assert key not in address.redact(f"{before}{key}{after}{key}") or key in "***"


def test_credentials_and_query_values_are_redacted_too() -> None:
    address = Address("here", "http://user:hunter2@host/v1?api-key=querysecret")
    assert address.redact("hunter2 user:hunter2 dXNlcjpodW50ZXIy querysecret") == "*** *** *** ***"


def test_a_placeholder_key_does_not_cut_words_out_of_good_answers() -> None:
    address = Address("here", "http://host", Secret("EMPTY"))
    assert address.redact_answer(b"the set is EMPTY") == b"the set is EMPTY"
    assert address.redact("the key EMPTY is wrong") == "the key *** is wrong"
    assert Address("here", "http://host", Secret("x")).redact("exact") == "exact"
