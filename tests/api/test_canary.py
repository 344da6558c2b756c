"""Secrets are sent and nowhere kept: against a server that says all it hears, for success and for every fault."""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import agentscale
from agentscale.cli import main

MARK = "CaNaRy"
"""Stands in every secret, whatever is done to the characters around it."""

KEYS = {
    "ENV_KEY": f'sk-{MARK}/"env"+0123456789',
    "FILE_KEY": f"sk-{MARK}/file+0123456789",
    "AZURE_KEY": f"{MARK}\\azure=0123",
}
PASSWORD = f"{MARK}/pass+0123456789"
BASIC = base64.b64encode(f"someone:{PASSWORD}".encode()).decode()

EXPERIMENT = """\
name: canary
sampling: {{temperature: 0.5, max_tokens: 20}}
endpoints:
  environ: {{base_url: "{origin}/v1", api_key_env: ENV_KEY, {limits}}}
  file: {{base_url: "{origin}/v1", api_key_env: FILE_KEY, {limits}}}
  azure: {{base_url: "{origin}", api: azure, api_version: 2024-10-21, api_key_env: AZURE_KEY, {limits}}}
  url: {{{limits}}}
models:
  a: {{endpoint: environ, model: m}}
  b: {{endpoint: file, model: m}}
  c: {{endpoint: azure, model: m}}
  d: {{endpoint: url, model: m}}
task: {{name: knowledge, limit: 1}}
team: {{size: 2, layer: L1}}
protocol: {{debate: {{rounds: 1}}}}
embedder: lexical
"""

Fault = Callable[["Listener"], None]


class Listener(BaseHTTPRequestHandler):
    """Answers with everything that it was sent, as often and in as many spellings as an answer has places for it."""

    protocol_version = "HTTP/1.1"
    heard: list[str]
    fault: Fault

    def do_POST(self) -> None:
        self.body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.heard.append(f"{self.path}\n{self.headers}")
        type(self).fault(self)

    def log_message(self, *args: object) -> None:
        """Says nothing beside the answer."""

    @property
    def echo(self) -> str:
        headers = " ".join(self.headers.values())
        url_like = headers.replace("/", "%2F").replace("+", "%2B")
        return f"{headers} {json.dumps(headers)} {url_like} {self.path}"

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status, "as it was told")
        for name, value in {**headers, "content-length": str(len(body)), "x-heard": self.echo}.items():
            self.send_header(name.replace("_", "-"), value.replace("\n", " "))
        self.end_headers()
        self.wfile.write(body)

    def completion(self) -> bytes:
        message = {"role": "assistant", "content": f"{self.echo}\nFinal answer: A", "reasoning_content": self.echo}
        data: dict[str, Any] = {
            "id": self.echo,
            "model": self.echo,
            self.echo: 1,
            "usage": {"prompt_tokens": 3, "completion_tokens": 4},
            "choices": [{"message": message, "finish_reason": self.echo}],
        }
        return json.dumps(data).replace("/", "\\/" if len(self.heard) % 2 else "/").encode()

    def error(self, what: str) -> bytes:
        return json.dumps({"error": {"message": f"{what} {self.echo}", "code": self.echo, "param": None}}).encode()


def refuses_temperature(asked: Listener) -> None:
    if "temperature" in asked.body:
        asked.answer(400, asked.error("Unrecognized request argument supplied: temperature."))
    else:
        asked.answer(200, asked.completion())


def streams(asked: Listener) -> None:
    """Every character of the echo in a piece of its own."""
    if "stream" not in asked.body:
        asked.answer(400, asked.error("the test wants a stream"))
        return
    deltas = [{"content": char, "reasoning_content": char} for char in f"{asked.echo}\nFinal answer: A"]
    events = [{"choices": [{"delta": delta}]} for delta in deltas]
    last = {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in [*events, last]) + "data: [DONE]\n\n"
    asked.answer(200, body.encode(), content_type="text/event-stream")


def moves_away(asked: Listener) -> None:
    elsewhere = f"http://localhost:{asked.server.server_address[1]}/elsewhere?{asked.headers.get('authorization')}"
    asked.answer(302, b"", location=elsewhere)


def resets(asked: Listener) -> None:
    asked.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + asked.echo.encode())
    asked.close_connection = True


def hangs(asked: Listener) -> None:
    asked.wfile.write(f"HTTP/1.1 200 OK\r\nx-heard: {asked.headers.get('authorization')}\r\n".encode())
    asked.close_connection = True
    time.sleep(1.0)


FAULTS: dict[str, Fault] = {
    "answered": lambda asked: asked.answer(200, asked.completion()),
    "learnt": refuses_temperature,
    "streamed": streams,
    "no parameter": lambda asked: asked.answer(400, asked.error("The model is unknown.")),
    "rate_limit": lambda asked: asked.answer(429, asked.error("Slower."), retry_after="0"),
    "server": lambda asked: asked.answer(500, asked.error("Broken.")),
    "auth": lambda asked: asked.answer(401, asked.error("Incorrect API key provided:")),
    "redirect": moves_away,
    "cut JSON": lambda asked: asked.answer(200, asked.completion()[:-9]),
    "other JSON": lambda asked: asked.answer(200, json.dumps({"choices": [], "heard": asked.echo}).encode()),
    "no text": lambda asked: asked.answer(200, asked.echo.encode("utf-16")),
    "connection": resets,
    "timeout": hangs,
}


@pytest.fixture
def listening() -> Iterator[Callable[[Fault], tuple[str, list[str]]]]:
    """Starts a listener with a fault; gives its origin and what it hears."""
    servers: list[ThreadingHTTPServer] = []

    def start(fault: Fault) -> tuple[str, list[str]]:
        handler = type("Faulty", (Listener,), {"heard": [], "fault": staticmethod(fault)})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}", handler.heard  # type: ignore[attr-defined]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def every_byte(folder: Path) -> bytes:
    """All files of a run, and what its packed recording holds."""
    with agentscale.open_run(folder).folder.recording() as recording:
        recorded = [repr(record) for record in recording.records()]
    assert recorded
    files = [path.name.encode() + path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return b"\n".join([*files, "\n".join(recorded).encode("utf-8", "backslashreplace")])


@pytest.mark.parametrize("name", FAULTS)
def test_no_secret_is_in_any_byte_that_a_run_leaves_or_says(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    listening: Callable[[Fault], tuple[str, list[str]]],
) -> None:
    origin, heard = listening(FAULTS[name])
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("ENV_KEY", KEYS["ENV_KEY"])
    monkeypatch.setenv("AZURE_KEY", KEYS["AZURE_KEY"])
    quoted = PASSWORD.replace("/", "%2F")
    monkeypatch.setenv("OPENAI_BASE_URL", origin.replace("://", f"://someone:{quoted}@") + "/v1")
    (tmp_path / "keys.env").write_text(f"FILE_KEY={KEYS['FILE_KEY']}\nENV_KEY=overridden\n")
    limits = f"timeout_s: {0.5 if name == 'timeout' else 20}, max_retries: {1 if name == 'server' else 0}"
    limits += f", stream: {str(name == 'streamed').lower()}"
    (tmp_path / "canary.yaml").write_text(EXPERIMENT.format(origin=origin, limits=limits))

    said = ""
    with caplog.at_level(logging.DEBUG):
        for form in ([], ["--json", "--no-report"]):
            with pytest.raises(SystemExit):
                main(["run", "canary.yaml", "--env-file", "keys.env", *form])
            said += "".join(capsys.readouterr())
    left = every_byte(tmp_path / "results" / "canary")

    all_heard = "\n".join(heard)
    for secret in (*KEYS.values(), BASIC):
        assert secret in all_heard, "each endpoint was asked with its own secret"
    assert "/elsewhere" not in all_heard
    for place, text in {"folder": left, "output": said.encode(), "log": caplog.text.encode()}.items():
        for secret in (MARK, BASIC):
            assert secret.encode() not in text, place
    # Where every key is refused the run ends at its first calls, and there is nothing to report.
    assert name == "auth" or (tmp_path / "results" / "canary" / "report.html").exists()
    assert name not in ("answered", "learnt", "streamed") or b"Final answer: A" in left


@pytest.mark.parametrize(
    ("text", "override"),
    [("# my key is {key}\n", []), ("", ["models.a.extra.user={key}"]), ("personas: {{p: 'Say {key}'}}\n", [])],
)
def test_a_key_that_stands_in_the_file_itself_is_refused_before_anything_is_written_or_sent(
    text: str, override: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"sk-{MARK}-0123456789"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HERE_KEY", key)
    endpoint = "endpoints: {here: {base_url: 'http://127.0.0.1:1/v1', api_key_env: HERE_KEY}}\n"
    plain = endpoint + "models: {a: {endpoint: here, model: m}}\ntask: {name: knowledge, limit: 1}\n"
    (tmp_path / "leak.yaml").write_text(text.format(key=key) + plain)
    with pytest.raises(agentscale.SpecError, match="holds the key of endpoint 'here' itself") as caught:
        agentscale.run("leak.yaml", *[each.format(key=key) for each in override])
    assert caught.value.key == "endpoints.here.api_key_env"
    assert MARK not in str(caught.value)
    assert not (tmp_path / "results").exists()
