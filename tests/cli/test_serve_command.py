"""`agentscale serve` says where it serves, ends on Ctrl-C, and tells a fault in one line."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from agentscale import api
from agentscale.cli import main

REST = "task: {name: sums, limit: 2}\nteam: {size: 2, layer: L1}\nprotocol: vote\nembedder: lexical\n"
COMMAND = [sys.executable, "-c", "from agentscale.cli import main; main()", "serve"]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """What the command says that does not come to serve."""

    def run(*args: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["serve", *args])
        assert isinstance(ended.value.code, int)
        return ended.value.code, capsys.readouterr().err

    return run


@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_port_serves_and_ends_in_order(signalled: signal.Signals) -> None:
    with subprocess.Popen(
        [*COMMAND, "main", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith("serving alpha, beta, gamma at http://127.0.0.1:")
        with urllib.request.urlopen(f"{line.rpartition(' ')[2]}/models", timeout=10) as reply:
            assert reply.status == 200
        os.kill(process.pid, signalled)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert err == "stopped\n"


def test_a_run_asks_the_server_and_replays_without_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here.yaml").write_text("name: here\nmodels: {alpha: {simulated: {model: 0}}}\n" + REST, "utf-8")
    with api.serve("here.yaml") as served:
        asked = f"name: there\nendpoints: {{e: {{base_url: '{served.base_url}'}}}}\n"
        asked += "models: {alpha: {endpoint: e, model: alpha}}\n" + REST
        Path("there.yaml").write_text(asked, "utf-8")
        with pytest.raises(SystemExit) as ended:
            main(["run", "there.yaml", "--no-report"])
    assert ended.value.code == 0
    assert "failed" not in "".join(capsys.readouterr())
    with pytest.raises(SystemExit) as ended:
        main(["replay", "results/there", "--out", "again", "--no-report"])
    assert ended.value.code == 0
    one, other = (sorted(Path(run, "transcripts").iterdir()) for run in ("results/there", "again"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_a_port_in_use_is_one_clear_message(refused: Callable[..., tuple[int, str]]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, err = refused("main", "--port", str(port))
    assert code == 2
    assert err == (
        f"agentscale: port: cannot serve on port {port}: address already in use\n  name another with --port; 0 is any\n"
    )


def test_what_cannot_be_served_is_told(refused: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    file = tmp_path / "far.yaml"
    file.write_text(
        "name: far\nmodels: {it: {model: gpt-x}}\ntask: sums\nteam: {size: 1, layer: L1}\nprotocol: vote\n", "utf-8"
    )
    assert "all of them are asked at endpoints" in refused(str(file))[1]
    assert "did you mean 'reset'?" in refused("main", "--faults", "rest=1")[1]
    assert "allowed: lognormal:MEDIAN,SIGMA" in refused("main", "--latency", "lognormal:1")[1]
    assert refused("main", "--port", "70000")[0] == 2
