"""A run whose embedder is at an endpoint: asked once a text, never again, and never with its key on disk."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import agentscale
from agentscale.api import check
from agentscale.errors import EndpointError, SpecError

KEY = "sk-embed-0123456789abcdef"


class Server(ThreadingHTTPServer):
    """Gives every text a vector of its letters; after ``patience`` requests it only refuses."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.texts: list[str] = []
        self.keys: set[str] = set()
        self.models: set[str] = set()
        self.patience = 1_000_000

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.keys.add(self.headers.get("authorization", ""))
        self.server.patience -= 1
        if self.server.patience < 0:
            self._say(400, {"error": f"the model is gone; you sent {self.headers.get('authorization')}"})
            return
        self.server.models.add(body["model"])
        self.server.texts += body["input"]
        entries = [{"index": at, "embedding": _letters(text)} for at, text in enumerate(body["input"])]
        self._say(200, {"data": entries})

    def _say(self, status: int, data: object) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def _letters(text: str) -> list[int]:
    return [text.count(chr(97 + at)) for at in range(26)]


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


EXPERIMENT = """\
name: vectors
seed: 3
endpoints:
  here: {{base_url: "{url}", api_key_env: EMBED_KEY, max_retries: 0}}
models:
  one: {{simulated: {{model: 0}}}}
task: {{name: sums, limit: 4}}
team: {{size: [2, 3], layer: L1}}
embedder: {{endpoint: here, model: "letters:latest"}}
"""


@pytest.fixture
def written(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMBED_KEY", KEY)
    path = tmp_path / "vectors.yaml"
    path.write_text(EXPERIMENT.format(url=server.url))
    return path


def test_every_text_is_asked_for_once_and_a_second_analysis_needs_neither_server_nor_key(
    written: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = agentscale.run(written, out=tmp_path / "run")
    assert run.header.embedder == "endpoint:here:letters:latest"
    rows = run.rows()
    assert run.analysis.embedder == "endpoint@letters:latest:26"
    assert len(set(server.texts)) == len(server.texts) > 0
    assert (server.keys, server.models) == ({f"Bearer {KEY}"}, {"letters:latest"})
    server.patience = 0
    monkeypatch.delenv("EMBED_KEY")
    assert json.dumps(agentscale.open_run(run.path).rows()) == json.dumps(rows)


def test_a_replay_elsewhere_takes_the_vectors_along_and_one_without_them_asks_nobody(
    written: Path, server: Server, tmp_path: Path
) -> None:
    run = agentscale.run(written, out=tmp_path / "run")
    with pytest.raises(SpecError, match="no endpoint may be asked"):
        agentscale.replay(run.path, out=tmp_path / "bare").rows()
    assert server.texts == []
    rows = run.rows()
    server.patience = 0
    assert json.dumps(agentscale.replay(run.path, out=tmp_path / "again").rows()) == json.dumps(rows)


def test_nothing_on_disk_and_no_message_holds_the_key(written: Path, server: Server, tmp_path: Path) -> None:
    run = agentscale.run(written, out=tmp_path / "run")
    server.patience = 0
    with pytest.raises(EndpointError, match="the model is gone") as caught:
        run.report()
    server.patience = 1_000_000
    run.report()
    assert KEY not in str(caught.value)
    held = [path for path in run.path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert held == []
    url = server.url.encode()
    assert not [path for path in run.path.rglob("embeddings/**/*") if path.is_file() and url in path.read_bytes()]


def test_an_endpoint_that_fails_half_way_keeps_what_it_gave_and_nothing_half_written(
    written: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentscale.analysis.vectors._TOGETHER", 4)
    run = agentscale.run(written, out=tmp_path / "run")
    server.patience = 2
    with pytest.raises(EndpointError):
        run.rows()
    kept = [path for path in run.folder.embeddings_path.rglob("*") if path.is_file()]
    assert len(kept) == 1
    assert all(path.suffix == ".npy" for path in kept)
    first = list(server.texts)
    server.patience = 1_000_000
    rows = agentscale.open_run(run.path).rows()
    assert not set(first[1:]) & set(server.texts[len(first) :])  # the first text only asked for the dimension
    assert all(row["k_star"] >= 1 for row in rows)


def test_another_embedder_at_the_runs_endpoint_is_named_in_one_word(
    written: Path, server: Server, tmp_path: Path
) -> None:
    run = agentscale.run(written, "embedder=lexical", out=tmp_path / "run")
    assert run.header.embedder == "lexical"
    other = agentscale.open_run(run.path, embedder="endpoint:here:bge/m3")
    other.rows()
    assert other.analysis.embedder == "endpoint@bge/m3:26"
    assert server.models == {"bge/m3"}


def test_without_an_endpoint_the_environment_says_where(
    written: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = agentscale.run(written, "embedder=lexical", out=tmp_path / "run")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    agentscale.open_run(run.path, embedder="endpoint::m").rows()
    assert server.keys == {"Bearer sk-of-the-environment"}


@pytest.mark.parametrize(
    ("embedder", "problem"),
    [
        ("endpoint:her:m", "unknown endpoint 'her'"),
        ("endpoint:here", "names no model"),
        ("endpoint::m", "OPENAI_API_KEY"),
    ],
)
def test_a_wrong_embedder_of_an_analysis_is_told_and_nothing_sent(
    written: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedder: str, problem: str
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    run = agentscale.run(written, "embedder=lexical", out=tmp_path / "run")
    with pytest.raises(SpecError, match=problem):
        agentscale.open_run(run.path, embedder=embedder).rows()
    assert server.texts == []


def test_a_run_is_not_begun_without_the_key_of_its_embedder(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMBED_KEY")
    with pytest.raises(SpecError, match="EMBED_KEY is not set") as caught:
        check(agentscale.load(written))
    assert caught.value.line is not None


def test_an_unknown_endpoint_is_told_where_it_stands(written: Path) -> None:
    written.write_text(written.read_text().replace("endpoint: here", "endpoint: her"))
    with pytest.raises(SpecError, match=r"vectors\.yaml:9: embedder\.endpoint: unknown endpoint 'her'") as caught:
        agentscale.load(written)
    assert caught.value.nearest == "here" or "here" in str(caught.value)


def test_a_server_that_only_a_run_launches_is_no_embedder(tmp_path: Path) -> None:
    path = tmp_path / "launched.yaml"
    path.write_text(
        EXPERIMENT.format(url="").replace('base_url: "", api_key_env: EMBED_KEY', "launch: {model: m.gguf}")
    )
    with pytest.raises(SpecError, match="launched for a run"):
        check(agentscale.load(path))


def test_a_key_in_the_file_itself_is_refused(written: Path) -> None:
    written.write_text(written.read_text() + f"# {KEY}\n")
    with pytest.raises(SpecError, match="holds the key of endpoint 'here'") as caught:
        check(agentscale.load(written))
    assert KEY not in str(caught.value)


def test_two_embedders_are_compared_in_a_table_and_the_first_makes_k_star(
    written: Path, server: Server, tmp_path: Path
) -> None:
    run = agentscale.run(written, "embedder=lexical", out=tmp_path / "run")
    both = agentscale.open_run(run.path, embedder=["lexical", "endpoint:here:letters"])
    assert both.analysis.embedder == "lexical@1:512"
    assert json.dumps(both.rows()) == json.dumps(run.rows())
    assert {(row["a"], row["b"]) for row in both.rows("embedders")} == {("lexical@1:512", "endpoint@letters:26")}
    assert "embedders" in both.report().read_text(encoding="utf-8")
    with pytest.raises(SpecError, match="unknown table 'embedders'"):
        run.rows("embedders")
