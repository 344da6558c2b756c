from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import httpx
import pytest

from agentscale.errors import EndpointError, SpecError
from agentscale.transport import Address, EndpointClient, Posted, Secret, holding
from agentscale.transport.carriers import straight

CANARY = "sk-canary-0123456789abcdef"
Handler = Callable[[httpx.Request], httpx.Response]


class Asking:
    """One call over a handler, in time that leaps; takes note of the waits before the second try and later ones."""

    def __init__(self, virtual: Callable[..., Any]) -> None:
        self.virtual = virtual
        self.waits: list[float] = []

    def __call__(
        self, handler: Handler, *, body: dict[str, Any] | None = None, seed: int = 0, **address: Any
    ) -> Posted:
        moments: list[float] = []

        def noted(request: httpx.Request) -> Any:
            moments.append(asyncio.get_running_loop().time())
            return handler(request)

        async def main() -> Posted:
            where = Address(**{"name": "here", "base_url": "https://api.example/v1", **address})
            client = EndpointClient(where, transport=httpx.MockTransport(answered(noted)), seed=seed)
            try:
                return await client.post_json("/chat/completions", body or {"a": 1}, model="m")
            finally:
                await client.aclose()
                self.waits = [later - earlier for earlier, later in pairwise(moments)]

        posted: Posted = self.virtual(main())
        return posted

    def failure(self, handler: Handler, **kwargs: Any) -> EndpointError:
        with pytest.raises(EndpointError) as caught:
            self(handler, **kwargs)
        return caught.value


def answered(handler: Any) -> Any:
    """A handler that may be a coroutine function or a plain one, as `httpx.MockTransport` wants a coroutine."""

    async def handle(request: httpx.Request) -> httpx.Response:
        reply = handler(request)
        return await reply if asyncio.iscoroutine(reply) else reply

    return handle


@pytest.fixture
def ask(virtual: Callable[..., Any]) -> Asking:
    return Asking(virtual)


def in_turn(*replies: httpx.Response | Exception) -> Handler:
    left = iter(replies)

    def handler(request: httpx.Request) -> httpx.Response:
        reply = next(left)
        if isinstance(reply, Exception):
            raise reply
        return reply

    return handler


def test_a_call_says_that_it_leaves_before_each_try_and_not_while_it_waits_for_its_turn(
    virtual: Callable[..., Any],
) -> None:
    seen: list[str] = []
    replies = in_turn(httpx.Response(500), *[httpx.Response(200, json={"ok": 1}) for _ in range(2)])

    async def noted(request: httpx.Request) -> httpx.Response:
        seen.append("arrived")
        await asyncio.sleep(1.0)
        return replies(request)

    async def main() -> None:
        where = Address("here", "https://api.example/v1", max_in_flight=1)
        client = EndpointClient(where, transport=httpx.MockTransport(noted))
        async with asyncio.TaskGroup() as group:
            for name in ("first", "second"):
                group.create_task(client.post_json("/chat/completions", {}, leaving=partial(seen.append, name)))
        await client.aclose()

    virtual(main())
    assert sorted(seen[::2]) == ["first", "first", "second"]
    assert seen[1::2] == ["arrived"] * 3


def test_what_leaves_is_the_body_as_bytes_with_plain_headers(ask: Asking) -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"b": 2})

    posted = ask(handler, body={"text": "ä\ud800", "n": 1}, api_key=Secret(CANARY))
    assert posted == Posted({"b": 2}, retries=0)
    assert seen[0].method == "POST"
    assert seen[0].url == "https://api.example/v1/chat/completions"
    assert seen[0].content == b'{"text":"\\u00e4\\ud800","n":1}'
    assert dict(seen[0].headers) == {
        "host": "api.example",
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "agentscale",
        "authorization": f"Bearer {CANARY}",
        "content-length": "29",
    }


def test_a_long_body_leaves_whole_and_announced(ask: Asking) -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200 if len(seen) > 1 else 500, json={})

    text = "x" * 1_000_000
    assert ask(handler, body={"text": text}).retries == 1
    assert [json.loads(request.content) for request in seen] == [{"text": text}] * 2
    assert seen[1].headers["content-length"] == str(len(seen[1].content))
    assert "transfer-encoding" not in seen[1].headers


def test_without_a_key_nothing_is_authorized(ask: Asking) -> None:
    headers: list[str] = []
    ask(lambda request: headers.extend(request.headers) or httpx.Response(200, json={}))
    assert "content-type" in headers
    assert "authorization" not in headers


def test_tries_after_passing_faults_are_counted(ask: Asking) -> None:
    handler = in_turn(
        httpx.Response(500), httpx.ReadError("gone"), httpx.Response(429), httpx.Response(200, json={"b": 2})
    )
    assert ask(handler) == Posted({"b": 2}, retries=3)
    assert [low <= wait_s <= 2.1 * low for wait_s, low in zip(ask.waits, (0.25, 0.5, 1.0), strict=True)] == [True] * 3


def test_the_wait_that_the_endpoint_asks_for_is_kept_and_capped(ask: Asking) -> None:
    replies = [httpx.Response(429, headers={"Retry-After": asked}) for asked in ("3", "86400")]
    ask(in_turn(*replies, httpx.Response(200, json={})))
    assert [3.0 <= ask.waits[0] < 3.1, 60.0 <= ask.waits[1] < 60.1] == [True, True]


def test_jitter_belongs_to_the_seed_and_the_request(ask: Asking) -> None:
    def waits(seed: int) -> list[float]:
        ask(in_turn(httpx.Response(500), httpx.Response(500), httpx.Response(200, json={})), seed=seed)
        return ask.waits

    assert waits(1) == pytest.approx(waits(1), abs=0.02)
    assert waits(1) != pytest.approx(waits(2), abs=0.02)


def test_what_cannot_pass_is_asked_once(ask: Asking) -> None:
    for status in (400, 401, 404, 409, 422):
        assert ask.failure(in_turn(httpx.Response(status))).status == status


def always_busy(request: httpx.Request) -> httpx.Response:
    return httpx.Response(503, text="overloaded", headers={"retry-after": "2"})


def test_giving_up_says_how_often_and_why(ask: Asking) -> None:
    error = ask.failure(always_busy, max_retries=2)
    assert str(error) == (
        "endpoint 'here' at https://api.example/v1, model 'm', after 2 retries: got HTTP 503 with the body "
        "'overloaded'; allowed: status 200 with a JSON object; look into the server's log, or lower max_in_flight"
    )
    assert (error.kind, error.status, error.model, error.retry_after_s, error.retries) == ("server", 503, "m", 2.0, 2)


def test_a_redirect_is_not_followed_and_not_given_the_key(ask: Asking) -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={"location": f"https://evil.example/?k={CANARY}"})

    error = ask.failure(handler, api_key=Secret(CANARY))
    assert asked == ["api.example"]
    assert error.kind == "redirect"
    assert "got HTTP 307 to 'https://evil.example/?k=***'" in str(error)
    assert "put the address where the server really is under base_url" in str(error)


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (httpx.Response(200, content=b""), "got an empty body; allowed: a JSON object of the OpenAI API"),
        (httpx.Response(200, content=b"[1]"), "got JSON that is no object but a list: '[1]'; allowed"),
        (httpx.Response(200, content=b'{"a'), "got a body that is not JSON (fault at character 1): '{\"a'; allowed"),
        (
            httpx.Response(200, stream=httpx.ByteStream(b"junk"), headers={"content-encoding": "gzip"}),
            "its own Content-Encoding cannot",
        ),
    ],
)
def test_an_answer_that_is_no_object_is_malformed(ask: Asking, reply: httpx.Response, text: str) -> None:
    error = ask.failure(in_turn(reply))
    assert error.kind == "malformed"
    assert text in str(error)
    assert str(error).endswith("check that base_url leads to an OpenAI-compatible API; most end in /v1")


def test_an_error_shows_200_escaped_characters_of_the_body(ask: Asking) -> None:
    error = ask.failure(in_turn(httpx.Response(400, content=b"\x1b[2J" + b"z" * 500)))
    assert r"'\x1b[2J" + "z" * 196 + "' …" in str(error)


def test_a_compressed_answer_is_read_and_its_size_counts_unpacked(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        packed = gzip.compress(json.dumps({"text": "a" * 5000}).encode())
        return httpx.Response(200, stream=httpx.ByteStream(packed), headers={"content-encoding": "gzip"})

    assert ask(handler).data == {"text": "a" * 5000}
    monkeypatch.setattr(holding, "MAX_BODY_BYTES", 1000)
    assert ask.failure(handler).kind == "too_large"


def test_a_body_above_the_cap_is_refused_and_not_asked_for_again(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "MAX_BODY_BYTES", 1000)
    assert ask(in_turn(httpx.Response(200, content=b'{"a":"' + b"x" * 992 + b'"}'))).retries == 0
    error = ask.failure(in_turn(httpx.Response(200, content=b'{"a":"' + b"x" * 993 + b'"}')))
    assert (error.kind, error.status) == ("too_large", 200)
    assert "got a body of more than 1000 bytes; allowed: a body of at most 64 MiB" in str(error)


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(401, text=f"bad key {CANARY}"),
        httpx.Response(400, text="x" * 190 + CANARY),
        httpx.Response(500, text=f"{CANARY}" * 50),
        httpx.Response(302, headers={"location": f"http://{CANARY}.example"}),
        httpx.Response(200, text=f"not json {CANARY}"),
        httpx.Response(200, text=f'["{CANARY}"]'),
        httpx.ConnectError(f"cannot connect with {CANARY}"),
        httpx.ReadError(f"Bearer {CANARY}\r\n"),
    ],
)
def test_the_key_is_in_no_byte_of_any_error(ask: Asking, reply: httpx.Response | Exception) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return in_turn(reply)(request)

    error = ask.failure(handler, api_key=Secret(CANARY), max_retries=1)
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    assert CANARY not in shown
    assert "sk-canary" not in shown
    assert error.__cause__ is None
    assert error.__context__ is None


def test_the_key_is_cut_out_of_a_good_answer_too(ask: Asking) -> None:
    assert ask(in_turn(httpx.Response(200, json={"text": CANARY})), api_key=Secret(CANARY)).data == {"text": "***"}


def test_credentials_of_the_base_url_are_sent_and_never_shown(ask: Asking) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, text=request.headers["authorization"] + str(request.url))

    error = ask.failure(handler, base_url="https://user:hunter2@api.example/v1")
    assert "'Basic ***https://api.example/v1/chat/completions'" in str(error)
    assert "hunter2" not in str(error)


def test_a_refusal_is_kept_for_who_can_read_it_without_the_key_and_not_endlessly(ask: Asking) -> None:
    text = "x" * 4090 + CANARY + "y" * 4096
    error = ask.failure(lambda request: httpx.Response(400, text=text), api_key=Secret(CANARY))
    assert error.said == "x" * 4090 + "***" + "yyy"
    assert ask.failure(lambda request: httpx.Response(200, text="no JSON")).said == ""


def test_no_more_requests_are_under_way_than_allowed() -> None:
    under_way, most = 0, 0

    async def handler(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return httpx.Response(200, json={})

    async def main() -> None:
        client = EndpointClient(Address("here", "http://h", max_in_flight=3), transport=httpx.MockTransport(handler))
        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(client.post_json("/x", {}))
        await client.aclose()

    asyncio.run(main())
    assert most == 3


def test_a_cancelled_call_gives_its_place_back() -> None:
    async def handler(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60 if b"slow" in request.content else 0)
        return httpx.Response(200, json={})

    async def main() -> None:
        client = EndpointClient(Address("here", "http://h", max_in_flight=1), transport=httpx.MockTransport(handler))
        slow = asyncio.create_task(client.post_json("/x", {"slow": 1}))
        await asyncio.sleep(0.01)
        slow.cancel()
        async with asyncio.timeout(5):
            assert (await client.post_json("/x", {})).data == {}
        await client.aclose()

    asyncio.run(main())


def test_a_request_that_takes_too_long_ends_on_time_and_is_not_repeated(ask: Asking) -> None:
    asked = 0

    async def handler(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        await asyncio.sleep(60)
        raise AssertionError("unreachable")

    error = ask.failure(handler, timeout_s=0.05)
    assert asked == 1
    assert error.kind == "timeout"
    assert "got no complete answer within 0.05 s; allowed: an answer in time; raise timeout_s" in str(error)


def test_nowhere_fails_at_once_on_this_machine() -> None:
    async def main() -> None:
        client = EndpointClient(Address.nowhere())
        with pytest.raises(EndpointError, match="a connection fault") as caught:
            await client.post_json("/x", {})
        await client.aclose()
        assert caught.value.kind == "connection"

    asyncio.run(main())


def test_a_client_that_asks_nothing_loads_no_http_library() -> None:
    code = """
        import asyncio, sys
        from agentscale.transport import Address, EndpointClient
        asyncio.run(EndpointClient(Address.nowhere()).aclose())
        assert not {"httpx", "aiohttp"} & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


def test_closing_closes_the_transport_that_was_passed() -> None:
    class Closing(httpx.MockTransport):
        closed = 0

        async def aclose(self) -> None:
            self.closed += 1

    transport = Closing(in_turn())
    asyncio.run(EndpointClient(Address("here", "http://h"), transport=transport).aclose())
    assert transport.closed == 1


def test_get_asks_without_a_body() -> None:
    async def main() -> Posted:
        def handler(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json={"method": request.method, "bytes": len(request.content)})

        client = EndpointClient(Address("here", "http://h"), transport=httpx.MockTransport(handler))
        return await client.get_json("/health")

    assert asyncio.run(main()).data == {"method": "GET", "bytes": 0}


def test_a_malformed_answer_is_shown_without_the_key() -> None:
    async def main() -> EndpointError:
        client = EndpointClient(Address("here", "http://h", Secret("tiny")), transport=httpx.MockTransport(in_turn()))
        return client.malformed("no choice", {"error": "tiny key"}, model="m")

    error = asyncio.run(main())
    assert 'got no choice in \'{"error": "*** key"}\'; allowed' in str(error)
    assert (error.kind, error.model) == ("malformed", "m")


def test_proxies_of_the_environment_hold_for_other_hosts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")

    def proxy(base_url: str) -> dict[str, Any]:
        return straight.proxy(Address("here", base_url))

    assert proxy("https://api.example/v1") == {"proxy": "http://proxy.example:3128", "proxy_headers": {}}
    assert proxy("http://127.0.0.1:8080/v1") == {}
    assert proxy("http://localhost:8080/v1") == {}
    assert proxy("https://inside.example/v1") == {}
    monkeypatch.setenv("HTTPS_PROXY", "http://me:p%40ss@proxy.example:3128")
    assert proxy("https://api.example/v1")["proxy"] == "http://proxy.example:3128"
    assert proxy("https://api.example/v1")["proxy_headers"] == {"proxy-authorization": "Basic bWU6cEBzcw=="}


def test_a_proxy_that_cannot_be_used_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"socks5://me:{CANARY}@proxy.example:1080")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    with pytest.raises(SpecError) as caught:
        straight.proxy(Address("here", "https://api.example/v1"))
    assert str(caught.value) == (
        "the environment names the proxy 'socks5://***@proxy.example:1080' for https://api.example/v1\n"
        "  allowed: an http:// or https:// proxy\n"
        "  set HTTPS_PROXY to such a proxy, or name the endpoint's host in NO_PROXY"
    )


def test_certificates_are_verified() -> None:
    import ssl

    for base_url in ("https://api.example/v1", "https://localhost/v1", "http://127.0.0.1/v1"):
        context = straight.tls(Address("here", base_url))
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.check_hostname
