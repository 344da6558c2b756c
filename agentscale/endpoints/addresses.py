"""An endpoint of the file, or none, and the environment become an address. Nothing is asked here."""

from __future__ import annotations

from collections.abc import Mapping

from agentscale.errors import SpecError
from agentscale.schema.experiment import Endpoint
from agentscale.transport import NOWHERE, Address, Secret

OPENAI_BASE_URL = "https://api.openai.com/v1"
"""Where an endpoint without ``base_url`` leads, unless the variable of the same name says otherwise."""

_CALL_PATHS = ("/chat/completions", "/completions", "/embeddings", "/models")
_AZURE_PATH = "/openai"


def resolve(name: str | None, endpoint: Endpoint | None, environ: Mapping[str, str]) -> Address:
    """The address of an endpoint.

    A key is sent where ``api_key_env`` names it, and ``OPENAI_API_KEY`` where the file gives no base URL; a base URL
    of the file alone gets no key, so that a vendor's key never reaches another server by accident. A server that is
    yet to be launched has its limits now and leads nowhere, until `Address.moved` says where it listens.

    Args:
        name: The endpoint's name in the experiment file, or ``None`` for the one that the environment describes.
        endpoint: The endpoint of the file, or ``None`` likewise.
        environ: The environment; an empty variable counts as unset.

    Raises:
        SpecError: A variable that is named or needed is unset, the legacy variable stands alone, or the base URL is
            none.
    """
    endpoint = endpoint or Endpoint()
    key = f"endpoints.{name}" if name else None
    given = NOWHERE if endpoint.launch is not None else next(iter(endpoint.base_urls), endpoint.base_url)
    clean = _without_azure_path if endpoint.api == "azure" else _without_call_path
    base_url = given or _base_url(environ)
    api_key = _api_key(endpoint, environ, by_default=given is None, needed=base_url == OPENAI_BASE_URL, key=key)
    try:
        return Address(
            name=name or "environment",
            base_url=clean(base_url),
            replicas=tuple(clean(other) for other in endpoint.base_urls[1:]),
            api_key=api_key,
            max_in_flight=_most_in_flight(endpoint),
            timeout_s=endpoint.timeout_s,
            max_retries=endpoint.max_retries,
            azure_version=endpoint.api_version,
            stream=endpoint.stream,
            requests_per_minute=endpoint.requests_per_minute,
            tokens_per_minute=endpoint.tokens_per_minute,
            connect_timeout_s=endpoint.connect_timeout_s,
            first_byte_timeout_s=endpoint.first_byte_timeout_s,
            idle_timeout_s=endpoint.idle_timeout_s,
        )
    except SpecError as error:
        raise error.at(key=f"{key}.base_url" if key and given else "OPENAI_BASE_URL") from None


def base_url(endpoint: Endpoint | None, environ: Mapping[str, str]) -> str | None:
    """Where an endpoint is asked, without its key; ``None`` for a server that is yet to be launched.

    Raises:
        SpecError: The legacy variable stands alone.
    """
    if endpoint is not None and endpoint.launch is not None:
        return None
    own = None if endpoint is None else next(iter(endpoint.base_urls), endpoint.base_url)
    return own or _base_url(environ)


def _most_in_flight(endpoint: Endpoint) -> int:
    """As many as the file allows; of a launched server no more than it works on at once."""
    if endpoint.launch is None:
        return endpoint.max_in_flight
    return min(endpoint.max_in_flight, endpoint.launch.slots * endpoint.launch.replicas)


def _base_url(environ: Mapping[str, str]) -> str:
    if environ.get("OPENAI_BASE_URL"):
        return environ["OPENAI_BASE_URL"].strip()
    if environ.get("OPENAI_API_BASE"):
        raise SpecError(
            "the environment sets OPENAI_API_BASE, the name of old clients",
            allowed="OPENAI_BASE_URL, or base_url under the endpoint in the experiment file",
            remedy="use OPENAI_BASE_URL with the same value, or unset OPENAI_API_BASE to reach OpenAI itself",
        )
    return OPENAI_BASE_URL


def _api_key(
    endpoint: Endpoint, environ: Mapping[str, str], *, by_default: bool, needed: bool, key: str | None
) -> Secret | None:
    variable = endpoint.api_key_env or ("OPENAI_API_KEY" if by_default else None)
    if variable is None:
        return None
    place = f"{key}.api_key_env" if key and endpoint.api_key_env else key
    value = environ.get(variable, "").strip()
    if value:
        try:
            return Secret(value)
        except SpecError as error:
            raise SpecError(
                f"the value of {variable} cannot be a key", key=place, allowed=error.allowed, remedy=error.remedy
            ) from None
    if endpoint.api_key_env is None and not needed:
        return None
    raise SpecError(
        f"the environment variable {variable} is not set",
        key=place,
        allowed="a variable that holds this endpoint's key",
        remedy=f"set it (export {variable}=…), or name another variable under api_key_env",
    )


def _without_call_path(base_url: str) -> str:
    for path in _CALL_PATHS:
        if base_url.rstrip("/").endswith(path):
            raise SpecError(
                f"the base URL ends in {path}, the address of one call",
                allowed="the part before it, which usually ends in /v1",
                remedy=f"leave {path} out",
            )
    return base_url


def _without_azure_path(base_url: str) -> str:
    if _AZURE_PATH in base_url.partition("://")[2]:
        raise SpecError(
            f"the base URL goes on into {_AZURE_PATH}, which api azure adds itself",
            allowed="the address of the resource alone, such as https://NAME.openai.azure.com",
            remedy="leave that part out; a base URL that ends in /openai/v1 needs no api azure and no api_version",
        )
    return base_url
