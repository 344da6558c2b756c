"""Which further fields a model may be asked with."""

from __future__ import annotations

from typing import Any

import pytest

from agentscale.errors import SpecError
from agentscale.models.openai_chat.extra import OWN, check_extra

HARMLESS = [
    "top_k",
    "min_tokens",
    "stop_token_ids",
    "skip_special_tokens",
    "prompt_cache_key",
    "logit_bias",
    "guided_regex",
]
SECRET = [
    "api_key",
    "API-Key",
    "apikey",
    "X-Api-Key",
    "Authorization",
    "access_token",
    "token",
    "auth_token",
    "client_secret",
]
SECRET += ["password", "Bearer", "cookie", "credentials", "private_key"]


@pytest.mark.parametrize("name", HARMLESS)
def test_what_servers_know_beside_the_api_is_allowed(name: str) -> None:
    check_extra({name: 1, "deep": [{name: {name: 2}}]})


@pytest.mark.parametrize("name", SECRET)
@pytest.mark.parametrize("wrap", [lambda inner: inner, lambda inner: {"a": [{"b": inner}]}])
def test_what_is_named_like_a_secret_is_refused_at_any_depth_and_not_shown(name: str, wrap: Any) -> None:
    with pytest.raises(SpecError, match="looks like a secret") as caught:
        check_extra(wrap({name: "hunter2"}))
    assert name in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", OWN)
def test_what_is_set_elsewhere_is_refused_with_its_place(name: str) -> None:
    with pytest.raises(SpecError, match="has a place of its own") as caught:
        check_extra({name: 1})
    assert caught.value.remedy == f"write it under {OWN[name]}"
