"""Endpoints that hold a run up, or end it: what the server counts, what is printed, which exit code."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import agentscale
from agentscale.cli import main, progress
from agentscale.models.openai_chat import scout

EXPERIMENT = """\
name: strained
endpoints:
  here: {{base_url: "{url}", api_key_env: HERE_KEY, {limits}}}
models:
  one: {{endpoint: here, model: m}}
  {other}
task: {{name: knowledge, limit: 150}}
team: {{size: 64, layer: L1, models: [one{second}]}}
embedder: lexical
"""
GOOD = {"choices": [{"message": {"content": "Final answer: A"}, "finish_reason": "stop"}]}


class Counting(BaseHTTPRequestHandler):
    """Answers with what its script says of the n-th request."""

    script: Callable[[int], int]
    asked: list[int]
    turn: threading.Lock

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        with self.turn:
            status = self.script(len(self.asked))
            self.asked.append(status)
        content = json.dumps(GOOD if status == 200 else {"error": {"message": "no"}}).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        if status == 429:
            self.send_header("retry-after", "1")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Says nothing beside the answer."""


class Said(NamedTuple):
    code: int
    out: str
    err: str
    asked: list[int]


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """Runs the experiment against a server with this script; gives exit code, both outputs and what was asked."""
    servers: list[ThreadingHTTPServer] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HERE_KEY", "sk-canary-0123456789abcdef")
    monkeypatch.setattr(scout, "PATIENCE_S", 60.0)  # on a busy machine this server takes long to refuse

    def run(script: Callable[[int], int], *args: str, simulated: bool = False, limits: str = "max_retries: 3") -> Said:
        members = {"script": staticmethod(script), "asked": [], "turn": threading.Lock()}
        handler = type("Handler", (Counting,), members)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        other, second = ("two: {simulated: {model: 0}}", ", two") if simulated else ("", "")
        text = EXPERIMENT.format(url=url, limits=limits, other=other, second=second)
        (tmp_path / "strained.yaml").write_text(text, "utf-8")
        with pytest.raises(SystemExit) as ended:
            main(["run", "strained.yaml", "--no-report", *args])
        code = ended.value.code if isinstance(ended.value.code, int) else 0
        return Said(code, *capsys.readouterr(), handler.asked)  # type: ignore[attr-defined]

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


def test_of_ten_thousand_calls_with_a_refused_key_one_is_asked_and_the_run_ends_with_one_message(ran: Any) -> None:
    said = ran(lambda n: 401)
    assert len(said.asked) == 1
    assert said.code == 3
    assert said.err.endswith(
        "  ended early: no endpoint takes its key: here\n"
        "    allowed: a valid key in the variable that api_key_env names\n"
        "    renew the keys, then run the same command again: it goes on where this one ended\n"
    )
    assert "here: its key is refused\n" in said.out
    assert max(map(len, said.out.splitlines())) <= 80
    run = agentscale.open_run("results/strained")
    with run.folder.recording() as recording:
        assert len(recording) < 100


def test_a_key_that_is_refused_in_the_middle_ends_the_run_and_a_good_one_goes_on_from_there(ran: Any) -> None:
    said = ran(lambda n: 200 if n < 100 else 401, "task.limit=4")
    assert said.code == 3
    assert 100 < len(said.asked) < 100 + 64
    again = ran(lambda n: 200, "task.limit=4")
    assert (again.code, len(again.asked)) == (0, 4 * 64 - 100)


def test_where_another_model_needs_no_endpoint_a_refused_key_does_not_end_the_run(ran: Any) -> None:
    said = ran(lambda n: 401, "task.limit=2", simulated=True)
    assert len(said.asked) == 1
    assert "ended early" not in said.err
    assert said.out.startswith("4 of 4 trials")


def test_rate_limits_and_pauses_are_told_in_words_and_to_machines(ran: Any) -> None:
    def busy_once(n: int) -> int:
        return 429 if n == 5 else 200

    said = ran(busy_once, "task.limit=1", "team.size=16", limits="max_in_flight: 4")
    assert said.code == 0
    assert "  here: rate limit met once, paused for 1 s\n" in said.out
    said = ran(busy_once, "task.limit=1", "team.size=16", "--json", "--out", "again", limits="max_in_flight: 4")
    traffic = json.loads(said.out)["traffic"]["here"]
    assert (traffic["rate_limited"], traffic["opened"], traffic["key_refused"]) == (1, 0, False)
    assert traffic["paused_s"] == pytest.approx(1.0)


def test_where_nothing_happened_nothing_is_told(ran: Any) -> None:
    said = ran(lambda n: 200, "task.limit=1", "team.size=4")
    assert [line for line in said.out.splitlines() if "here" in line] == []
    said = ran(lambda n: 200, "task.limit=1", "team.size=4", "--json", "--out", "again")
    assert (json.loads(said.out)["traffic"], json.loads(said.out)["refused"]) == ({}, None)


def test_progress_tells_what_is_new_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    news = progress.News()
    assert news.due(lambda: pytest.fail("nobody asked for lines")) == []
    monkeypatch.setattr(progress, "PLAIN_EVERY_S", 0.0)
    assert news.due(lambda: ["1/9 trials"]) == ["1/9 trials"]
    assert news.due(lambda: ["1/9 trials", "here: paused for 60 s"]) == ["here: paused for 60 s"]
    assert news.due(lambda: ["1/9 trials", "here: paused for 60 s"]) == []
