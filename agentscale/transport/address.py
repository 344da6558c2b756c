"""Where an endpoint is and what opens it. Secrets live here, and nothing here shows one."""

from __future__ import annotations

import base64
import ipaddress
import re
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit, urlunsplit

from agentscale.errors import SpecError
from agentscale.transport.redaction import HIDDEN, Redactor


class Secret:
    """A text that is sent and never shown.

    Args:
        value: The secret itself, printable ASCII as a header demands.

    Raises:
        SpecError: The value is empty or has characters that no header may carry. The message does not hold it.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not value or not all("!" <= char <= "~" for char in value):
            raise SpecError(
                "the key is empty or has a space, a line break or a character outside ASCII",
                allowed="printable ASCII characters, as a request header carries them",
                remedy="copy the key again, without quotes and line ends",
            )
        self._value = value

    def reveal(self) -> str:
        """The secret, for the header that carries it and for nothing else."""
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


def mask_url(url: str) -> str:
    """``url`` without its credentials and without the values of its query, fit for a message.

    It goes by the text and not by the parts of a URL: a password with ``/``, ``?`` or ``#`` in it, or a URL without its
    scheme, has its parts elsewhere than its author meant.
    """
    found = re.fullmatch(r"([A-Za-z][A-Za-z0-9+.-]*://)?([^?#]*)(\??)(.*)", url, re.DOTALL)
    scheme, plain, query, tail = found.groups(default="") if found else ("", HIDDEN, "", "")
    if "@" in tail:
        return scheme + HIDDEN
    host = f"{HIDDEN}@{plain.rpartition('@')[2]}" if "@" in plain else plain
    return f"{scheme}{host}?{HIDDEN}" if query and tail else scheme + host


def is_loopback(base_url: str) -> bool:
    """Whether a base URL leads to this machine."""
    host = urlsplit(base_url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_written(base_url: str) -> None:
    """Makes sure that a base URL may stand in a file that is kept with the run.

    Raises:
        SpecError: It is not an HTTP address, or has a user, a password, a query or a fragment. The message shows none
            of them.
    """
    _checked(base_url)
    if set("@?#") & set(base_url):
        raise SpecError(
            f"base_url {mask_url(base_url)!r} has a part that may be secret, and would be written into the run folder",
            allowed="a URL without user, password or query",
            remedy="name the key's variable under api_key_env; a URL that needs a query may stand in OPENAI_BASE_URL, "
            "which is never written",
        )


def _checked(base_url: str) -> SplitResult:
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        usable = usable and not re.search(r"\s", base_url)
    except ValueError:  # a port that is no number, brackets that do not close
        usable = False
    if not usable:
        raise SpecError(
            f"base_url {mask_url(base_url)!r} is not an address",
            allowed="http:// or https://, a host, and the path of the API, such as http://127.0.0.1:8080/v1",
        )
    return parts


NOWHERE = "http://127.0.0.1:1"
"""Where nobody listens: asking there fails at once and on this machine."""


@dataclass(frozen=True)
class Address:
    """An endpoint's address and its limits.

    Raises:
        SpecError: ``base_url`` is not an HTTP address, or carries credentials beside a key.
    """

    name: str
    """The endpoint's name in the experiment file."""
    base_url: str
    """Such as ``http://127.0.0.1:8080/v1``. Credentials in it become basic authorization; no message shows them."""
    api_key: Secret | None = None
    max_in_flight: int = 32
    """Requests under way at once."""
    timeout_s: float = 300.0
    """Seconds that one request may take in all; a retry is a further request."""
    max_retries: int = 4
    """Further tries after 408, 429, 5xx, connection faults and silence."""
    azure_version: str | None = None
    """Version of Azure's API, whose addresses and key header differ; ``None`` for everybody else's."""
    stream: bool = False
    """Whether answers are asked for piece by piece."""
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    connect_timeout_s: float = 30.0
    """Seconds for one connection to be made."""
    first_byte_timeout_s: float | None = None
    """Seconds until an answer, or the first event of a stream, begins."""
    idle_timeout_s: float | None = 120.0
    """Seconds between pieces of an answer, or between events of a stream."""
    replicas: tuple[str, ...] = ()
    """Further base URLs at which the same endpoint stands. What is allowed is allowed all of them together."""

    def __post_init__(self) -> None:
        parts = _checked(self.base_url)
        if self.api_key is not None and "@" in parts.netloc:
            raise SpecError(
                f"endpoint {self.name!r} has a key and also credentials in its base_url {self.shown}",
                allowed="one of them",
                remedy="take the credentials out of base_url, or leave api_key_env out",
            )

    def __repr__(self) -> str:
        return f"Address(name={self.name!r}, base_url={self.shown!r}, api_key={self.api_key!r})"

    @classmethod
    def nowhere(cls) -> Address:
        """An address for what is never asked, as in a replay."""
        return cls("nowhere", NOWHERE, max_retries=0)

    def moved(self, base_url: str, *replicas: str) -> Address:
        """The same endpoint at other base URLs: a launched server has its address only once it runs."""
        return replace(self, base_url=base_url, replicas=replicas)

    @cached_property
    def shown(self) -> str:
        """The base URL as messages show it."""
        return mask_url(self.base_url)

    @cached_property
    def is_loopback(self) -> bool:
        """Whether the endpoint is on this machine."""
        return is_loopback(self.base_url)

    @cached_property
    def key_header(self) -> tuple[str, str] | None:
        """Name and value of the header that opens the endpoint, or ``None`` where nothing is sent."""
        if self.api_key is not None:
            key = self.api_key.reveal()
            return ("authorization", f"Bearer {key}") if self.azure_version is None else ("api-key", key)
        return None if self._basic is None else ("authorization", f"Basic {self._basic}")

    def chat_path(self, model: str) -> str:
        """Where a model is asked, below the base URL: Azure has a path for each deployment, all others one for all."""
        return self._deployed("/chat/completions", model)

    def embeddings_path(self, model: str) -> str:
        """Where a model is asked for vectors of texts, likewise."""
        return self._deployed("/embeddings", model)

    def url(self, path: str) -> str:
        """The address of ``path`` below the base URL, without credentials; a query of the base URL is kept."""
        parts = urlsplit(self.base_url)
        host = parts.netloc.rpartition("@")[2]
        version = "" if self.azure_version is None else f"api-version={quote(self.azure_version)}"
        query = "&".join(filter(None, (parts.query, version)))
        return urlunsplit((parts.scheme, host, f"{parts.path.rstrip('/')}/{path.lstrip('/')}", query, ""))

    def redact(self, text: str) -> str:
        """``text`` of a server without any form of this endpoint's secrets."""
        return self._redactor.text(text)

    def redact_answer(self, body: bytes) -> bytes:
        """``body`` of a good answer without the key, should the server echo it. A placeholder key stays."""
        return self._redactor.body(body)

    def _deployed(self, path: str, model: str) -> str:
        return path if self.azure_version is None else f"/openai/deployments/{quote(model, safe='')}{path}"

    @property
    def _credentials(self) -> str | None:
        user, at, _ = urlsplit(self.base_url).netloc.rpartition("@")
        return unquote(user) if at else None

    @property
    def _basic(self) -> str | None:
        credentials = self._credentials
        return None if credentials is None else base64.b64encode(credentials.encode()).decode("ascii")

    @cached_property
    def _redactor(self) -> Redactor:
        secrets = {value for _, value in parse_qsl(urlsplit(self.base_url).query)}
        if self.api_key is not None:
            secrets.add(self.api_key.reveal())
        if self._credentials is not None and self._basic is not None:
            secrets |= {self._basic, self._credentials, self._credentials.partition(":")[2]}
        return Redactor(secrets)
