from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from agentscale.endpoints import launch, servers
from agentscale.endpoints.servers import command_for
from agentscale.errors import EndpointError, SpecError
from agentscale.schema.experiment import Launch
from agentscale.transport import Address, EndpointClient

SPEC = Launch(model="smollm2-135m")

SERVER = """
import http.server, os, sys, threading, time
started = time.monotonic()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ready = time.monotonic() - started > LOADING_S
        self.send_response(200 if ready else 503)
        body = b'{"pid": %d, "omp": "%s"}' % (os.getpid(), os.environ["OMP_WAIT_POLICY"].encode())
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
sys.stdin.buffer.read()
"""


def child(text: str, loading_s: float = 0.0) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(text).replace("LOADING_S", str(loading_s))]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"  # a zombie waits for its reaper; it is no server any more


async def asked(base_url: str) -> dict[str, Any]:
    client = EndpointClient(Address("here", base_url))
    try:
        return (await client.get_json("/anything")).data
    finally:
        await client.aclose()


def run(command: list[str], log: Path) -> dict[str, Any]:
    async def main() -> dict[str, Any]:
        async with launch("here", SPEC, log, command=command) as base_url:
            assert base_url.startswith("http://127.0.0.1:")
            assert base_url.endswith("/v1")
            return await asked(base_url)

    return asyncio.run(main())


def test_a_server_is_there_within_the_context_and_gone_after_it(tmp_path: Path) -> None:
    told = run(child(SERVER), tmp_path / "logs" / "server.log")
    assert told["omp"] == "passive"
    assert not alive(told["pid"])


def test_a_server_that_still_loads_is_waited_for(tmp_path: Path) -> None:
    started = time.monotonic()
    run(child(SERVER, loading_s=0.3), tmp_path / "server.log")
    assert time.monotonic() - started > 0.3


def test_the_server_is_stopped_when_the_run_fails(tmp_path: Path) -> None:
    pids: list[int] = []

    async def main() -> None:
        async with launch("here", SPEC, tmp_path / "log", command=child(SERVER)) as base_url:
            pids.append((await asked(base_url))["pid"])
            raise RuntimeError("the run failed")

    with pytest.raises(RuntimeError, match="the run failed"):
        asyncio.run(main())
    assert not alive(pids[0])


def test_the_server_is_stopped_when_the_run_is_cancelled(tmp_path: Path) -> None:
    pids: list[int] = []

    async def served(up: asyncio.Event) -> None:
        async with launch("here", SPEC, tmp_path / "log", command=child(SERVER)) as base_url:
            pids.append((await asked(base_url))["pid"])
            up.set()
            await asyncio.sleep(60)

    async def main() -> None:
        up = asyncio.Event()
        task = asyncio.create_task(served(up))
        await up.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert not alive(pids[0])


def test_a_server_that_ignores_the_request_to_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "GRACE_S", 0.2)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVER + "\ntime.sleep(600)"
    assert not alive(run(child(deaf), tmp_path / "log")["pid"])


def test_a_server_that_ends_early_is_an_error_with_the_end_of_its_log(tmp_path: Path) -> None:
    bad = child("import sys; [print('line', n, file=sys.stderr) for n in range(40)]; sys.exit(3)")
    with pytest.raises(EndpointError) as caught:
        run(bad, tmp_path / "server.log")
    text = str(caught.value)
    assert f"endpoint 'here': the server ended with exit code 3 before it was ready; the end of {tmp_path}" in text
    assert "    line 39\n  check that the model's file is whole" in text
    assert "line 27\n" not in text
    assert caught.value.kind == "launch"


def test_a_server_that_dies_while_it_loads_is_noticed(tmp_path: Path) -> None:
    dying = SERVER.replace("sys.stdin.buffer.read()", "time.sleep(0.3); os._exit(4)")
    with pytest.raises(EndpointError, match="ended with exit code 4"):
        run(child(dying, loading_s=600), tmp_path / "log")


def test_a_server_that_never_gets_well_is_given_up_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "START_S", 0.5)
    note = tmp_path / "pid"
    silent = child(f"import os, sys; open({str(note)!r}, 'w').write(str(os.getpid())); sys.stdin.buffer.read()")
    with pytest.raises(EndpointError, match=r"was not ready after 0.5 s.*\n    \(nothing was written\)"):
        run(silent, tmp_path / "log")
    assert not alive(int(note.read_text()))


def test_the_log_is_appended_to(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for _ in range(2):
        with pytest.raises(EndpointError):
            run(child("import sys; print('once', file=sys.stderr)"), log)
    assert log.read_text().split() == ["once", "once"]


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_the_server_does_not_outlive_its_parent(tmp_path: Path, ending: signal.Signals) -> None:
    parent = f"""
        import asyncio, pathlib
        from agentscale.endpoints import launch
        from agentscale.schema.experiment import Launch
        from agentscale.transport import Address, EndpointClient
        async def main():
            log, command = pathlib.Path({str(tmp_path / "log")!r}), {child(SERVER)!r}
            async with launch("here", Launch(model="m"), log, command=command) as url:
                client = EndpointClient(Address("here", url))
                print((await client.get_json("/x")).data["pid"], flush=True)
                await asyncio.sleep(600)
        asyncio.run(main())
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(parent)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert alive(pid)
        process.send_signal(ending)
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(pid)


def test_a_missing_server_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    (tmp_path / "m.gguf").write_bytes(b"GGUF")

    async def main() -> None:
        async with launch("here", Launch(model=str(tmp_path / "m.gguf")), tmp_path / "log"):
            raise AssertionError("unreachable")

    with pytest.raises(SpecError) as caught:
        asyncio.run(main())
    assert caught.value.key == "endpoints.here.launch.server"
    assert "pip install 'agentscale[local]'" in str(caught.value)
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(
    ("spec", "key", "remedy"),
    [
        (SPEC, "endpoints.here.launch.model", "agentscale pull smollm2-135m"),
        (Launch(model="smollm2-135"), "endpoints.here.launch.model", "did you mean 'smollm2-135m'?"),
        (
            Launch(model="x", chat_template="absent.jinja"),
            "endpoints.here.launch.chat_template",
            "the path of a Jinja template",
        ),
    ],
)
def test_a_launch_that_cannot_be_is_refused_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: Launch, key: str, remedy: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))

    async def main() -> None:
        async with launch("here", spec, tmp_path / "log"):
            raise AssertionError("unreachable")

    with pytest.raises(SpecError) as caught:
        asyncio.run(main())
    assert caught.value.key == key
    assert remedy in str(caught.value)


def test_the_command_line_carries_the_whole_launch(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    spec = Launch(model=str(tmp_path / "m.gguf"), slots=2, context=512, threads=3, chat_template="t.jinja")
    words = " ".join(command_for(spec)[1:])
    assert words == (
        f"-m agentscale.endpoints.llamacpp --model {tmp_path}/m.gguf --slots 2 --context 512 --threads 3 --port 0 "
        "--chat-template t.jinja"
    )
