"""What a run learns of an endpoint stands in its folder, is shown, and is not learnt again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import agentscale
from agentscale.cli import main

EXPERIMENT = """\
name: picky
sampling: {{temperature: 0.5, max_tokens: 20}}
endpoints: {{here: {{base_url: "{url}"}}}}
models: {{a: {{endpoint: here, model: m}}}}
task: {{name: knowledge, limit: 2}}
team: {{size: 2, layer: L1}}
embedder: lexical
"""
WARNING = (
    "model 'm' at endpoint 'here': temperature was not sent, so the experiment's value had no effect (the endpoint "
    "says 'Unsupported parameter: temperature')"
)


class Picky(BaseHTTPRequestHandler):
    """Takes neither a temperature nor the old name of the cap."""

    bodies: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.bodies.append(body)
        refused = next((name for name in ("max_tokens", "temperature") if name in body), None)
        if refused is None:
            self._answer(200, {"choices": [{"message": {"content": "Final answer: A"}, "finish_reason": "stop"}]})
        else:
            self._answer(400, {"error": {"message": f"Unsupported parameter: {refused}", "param": refused}})

    def _answer(self, status: int, data: dict[str, Any]) -> None:
        content = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Says nothing beside the answer."""


@pytest.fixture
def bodies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What a picky server was sent; the working folder has an experiment that asks it."""
    handler = type("Handler", (Picky,), {"bodies": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.chdir(tmp_path)
        url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        (tmp_path / "picky.yaml").write_text(EXPERIMENT.format(url=url))
        yield handler.bodies  # type: ignore[attr-defined]
        server.shutdown()


def said(*args: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(args))
    assert ended.value.code == 0
    return tuple(capsys.readouterr())  # type: ignore[return-value]


def test_a_run_goes_through_and_a_larger_one_learns_nothing_again(bodies: list[dict[str, Any]]) -> None:
    run = agentscale.run("picky.yaml", concurrency=1)
    assert run.tally is not None
    assert (run.tally.calls_asked, run.tally.calls_failed) == (4, 0)
    assert [sorted(body.keys() & {"temperature", "max_tokens", "max_completion_tokens"}) for body in bodies[:4]] == [
        ["max_tokens", "temperature"],
        ["max_completion_tokens", "temperature"],
        ["max_completion_tokens"],
        ["max_completion_tokens"],
    ]
    assert len(bodies) == 4 + 2
    kept = (run.path / "profiles.json").read_bytes()
    more = agentscale.run("picky.yaml", "team.size=4", changed=True)
    assert more.tally is not None
    assert (more.tally.calls_asked, len(bodies)) == (4, 4 + 2 + 4)
    assert (run.path / "profiles.json").read_bytes() == kept


def test_concurrent_calls_learn_each_lesson_once(bodies: list[dict[str, Any]]) -> None:
    run = agentscale.run("picky.yaml", "task.limit=8", "team.size=8")
    assert run.tally is not None
    assert (run.tally.calls_asked, run.tally.calls_failed) == (64, 0)
    assert [(lesson.parameter, lesson.to) for lesson in run.folder.lessons()] == [
        ("max_tokens", "max_completion_tokens"),
        ("temperature", None),
    ]
    assert len(bodies) <= 64 + 2 * 64


def test_what_was_not_given_is_told_by_the_run_its_page_its_json_and_its_replay(
    bodies: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    _, err = said("run", "picky.yaml", capsys=capsys)
    assert f"warning: {WARNING}\n" in err
    run = agentscale.open_run("results/picky")
    assert run.not_given == (WARNING,)
    assert WARNING in run.analysis.warnings
    assert "temperature was not sent" in (run.path / "report.html").read_text("utf-8")
    out, err = said("run", "picky.yaml", "--no-report", capsys=capsys)
    assert f"warning: {WARNING}\n" in err
    out, _ = said("run", "picky.yaml", "--no-report", "--json", capsys=capsys)
    assert json.loads(out)["not_given"] == [WARNING]
    assert agentscale.replay(run.path, out="again").not_given == (WARNING,)
