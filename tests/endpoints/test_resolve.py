from __future__ import annotations

import pytest

from agentscale.endpoints import resolve
from agentscale.errors import SpecError
from agentscale.schema.experiment import Endpoint, Launch
from agentscale.transport import NOWHERE, Address, Secret

CANARY = "sk-canary-0123456789abcdef"
VENDOR = {"OPENAI_API_KEY": CANARY}


def test_the_environment_alone_is_an_endpoint() -> None:
    address = resolve(None, None, VENDOR)
    assert (address.name, address.base_url) == ("environment", "https://api.openai.com/v1")
    assert address.api_key == Secret(CANARY)


def test_limits_come_from_the_file() -> None:
    limits = {
        "max_in_flight": 3,
        "timeout_s": 9.5,
        "max_retries": 0,
        "requests_per_minute": 60,
        "tokens_per_minute": 9000,
        "connect_timeout_s": 2.0,
        "first_byte_timeout_s": 5.0,
        "idle_timeout_s": None,
    }
    address = resolve("here", Endpoint(base_url="http://h/v1", **limits), {})
    assert address.name == "here"
    assert {name: getattr(address, name) for name in limits} == limits


def test_limits_that_the_file_leaves_out_are_those_of_an_address() -> None:
    address, plain = resolve("here", Endpoint(base_url="http://h/v1"), {}), Address("here", "http://h/v1")
    assert vars(address) == vars(plain)


def test_the_environments_base_url_holds_where_the_file_gives_none() -> None:
    environ = {"OPENAI_BASE_URL": " http://127.0.0.1:8080/v1 ", **VENDOR}
    assert resolve("here", Endpoint(), environ).base_url == "http://127.0.0.1:8080/v1"
    assert resolve("here", Endpoint(base_url="http://h/v1"), environ).base_url == "http://h/v1"


def test_a_base_url_of_the_file_alone_gets_no_key() -> None:
    assert resolve("here", Endpoint(base_url="http://h/v1"), VENDOR).api_key is None


def test_a_server_of_the_environment_may_do_without_a_key() -> None:
    assert resolve(None, None, {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}).api_key is None


def test_the_named_variable_holds_the_key() -> None:
    endpoint = Endpoint(base_url="http://h/v1", api_key_env="HERE_KEY")
    assert resolve("here", endpoint, {"HERE_KEY": f"{CANARY}\n", **VENDOR}).api_key == Secret(CANARY)


@pytest.mark.parametrize("environ", [{}, {"HERE_KEY": ""}, {"HERE_KEY": "  "}, VENDOR])
def test_a_named_variable_that_is_unset_is_an_error_with_key_and_remedy(environ: dict[str, str]) -> None:
    with pytest.raises(SpecError) as caught:
        resolve("here", Endpoint(base_url="http://h/v1", api_key_env="HERE_KEY"), environ)
    assert str(caught.value) == (
        "endpoints.here.api_key_env: the environment variable HERE_KEY is not set\n"
        "  allowed: a variable that holds this endpoint's key\n"
        "  set it (export HERE_KEY=…), or name another variable under api_key_env"
    )


def test_openai_itself_needs_its_key() -> None:
    with pytest.raises(SpecError, match="OPENAI_API_KEY is not set"):
        resolve(None, None, {})


def test_the_legacy_name_alone_is_refused_with_the_right_one() -> None:
    with pytest.raises(SpecError) as caught:
        resolve(None, None, {"OPENAI_API_BASE": "http://u:hunter2@h/v1", **VENDOR})
    assert str(caught.value) == (
        "the environment sets OPENAI_API_BASE, the name of old clients\n"
        "  allowed: OPENAI_BASE_URL, or base_url under the endpoint in the experiment file\n"
        "  use OPENAI_BASE_URL with the same value, or unset OPENAI_API_BASE to reach OpenAI itself"
    )


def test_the_legacy_name_does_no_harm_beside_the_right_one() -> None:
    environ = {"OPENAI_API_BASE": "http://old/v1", "OPENAI_BASE_URL": "http://new/v1"}
    assert resolve(None, None, environ).base_url == "http://new/v1"
    assert (
        resolve("here", Endpoint(base_url="http://h/v1"), {"OPENAI_API_BASE": "http://old/v1"}).base_url
        == "http://h/v1"
    )


def test_a_key_that_no_header_carries_is_named_by_its_variable_and_not_shown() -> None:
    with pytest.raises(SpecError) as caught:
        resolve("here", Endpoint(base_url="http://h/v1", api_key_env="HERE_KEY"), {"HERE_KEY": f"{CANARY} two"})
    assert "endpoints.here.api_key_env: the value of HERE_KEY cannot be a key" in str(caught.value)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "environ", "key"),
    [
        (Endpoint(base_url="h:8080"), {}, "endpoints.here.base_url"),
        (Endpoint(), {"OPENAI_BASE_URL": "h:8080"}, "OPENAI_BASE_URL"),
    ],
)
def test_a_base_url_that_is_none_is_named_by_where_it_stands(
    endpoint: Endpoint, environ: dict[str, str], key: str
) -> None:
    with pytest.raises(SpecError, match="is not an address") as caught:
        resolve("here", endpoint, environ)
    assert caught.value.key == key


@pytest.mark.parametrize("path", ["/chat/completions", "/completions/", "/embeddings", "/models"])
def test_the_address_of_one_call_is_no_base_url(path: str) -> None:
    with pytest.raises(SpecError, match="the address of one call") as caught:
        resolve("here", Endpoint(base_url=f"http://h/v1{path}"), {})
    assert f"leave {path.rstrip('/')} out" in str(caught.value)


def test_a_server_that_is_to_be_launched_has_its_limits_and_leads_nowhere_yet() -> None:
    endpoint = Endpoint(launch=Launch(model="smollm2-135m"), max_in_flight=4)
    address = resolve("here", endpoint, {**VENDOR, "OPENAI_BASE_URL": "http://h/v1"})
    assert (address.base_url, address.api_key, address.max_in_flight) == (NOWHERE, None, 4)
    moved = address.moved("http://127.0.0.1:40123/v1")
    assert (moved.name, moved.base_url, moved.max_in_flight) == ("here", "http://127.0.0.1:40123/v1", 4)


AZURE = "https://mine.openai.azure.com"


def test_an_azure_resource_keeps_its_version_and_its_own_key_header() -> None:
    endpoint = Endpoint(base_url=AZURE, api="azure", api_version="2024-10-21", api_key_env="AZURE_KEY")
    address = resolve("here", endpoint, {"AZURE_KEY": CANARY})
    assert (address.base_url, address.azure_version) == (AZURE, "2024-10-21")
    assert address.key_header == ("api-key", CANARY)


@pytest.mark.parametrize("path", ["/openai", "/openai/v1", "/openai/deployments/gpt/chat/completions"])
def test_an_azure_base_url_is_the_resource_alone(path: str) -> None:
    with pytest.raises(SpecError) as caught:
        resolve("here", Endpoint(base_url=AZURE + path, api="azure", api_version="2024-10-21"), {})
    assert str(caught.value) == (
        "endpoints.here.base_url: the base URL goes on into /openai, which api azure adds itself\n"
        "  allowed: the address of the resource alone, such as https://NAME.openai.azure.com\n"
        "  leave that part out; a base URL that ends in /openai/v1 needs no api azure and no api_version"
    )
