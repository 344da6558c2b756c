"""Servers of other makes: started with what the file says, on free ports, and gone with the run."""

import asyncio
import os
import stat
import sys
import textwrap
import time
from pathlib import Path

import pytest

from agentscale import api
from agentscale.endpoints import launch, launch_all, launch_fault
from agentscale.endpoints.kinds import KINDS
from agentscale.errors import EndpointError, SpecError
from agentscale.schema.experiment import Launch
from agentscale.transport import Address, EndpointClient

FAKE = """
import http.server, json, os, subprocess, sys
words = sys.argv[1:]
port = int(words[words.index("--port") + 1]) if "--port" in words else int(os.environ["OLLAMA_HOST"].rpartition(":")[2])
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        told = {"argv": words, "pids": [os.getpid(), child.pid], "gpus": os.environ.get("CUDA_VISIBLE_DEVICES"),
                "parallel": os.environ.get("OLLAMA_NUM_PARALLEL"), "path": self.path}
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path with a program of every kind that is one: it tells how it was started."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for kind in KINDS.values():
        if kind.how == "program":
            program = folder / kind.needs
            program.write_text(f"#!{sys.executable}\n{textwrap.dedent(FAKE)}", "utf-8")
            program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def _told(base_url: str) -> dict[str, object]:
    client = EndpointClient(Address("here", base_url))
    try:
        return (await client.get_json("/models")).data
    finally:
        await client.aclose()


def test_a_server_gets_its_sizes_and_its_arguments_and_its_whole_group_ends_with_the_run(
    programs: Path, tmp_path: Path
) -> None:
    spec = Launch(server="vllm", model="org/name", slots=3, context=512, arguments=("--dtype", "half"))

    async def main() -> dict[str, object]:
        async with launch("here", spec, tmp_path / "log") as base_url:
            assert base_url.endswith("/v1")
            return await _told(base_url)

    told = asyncio.run(main())
    argv = told["argv"]
    assert isinstance(argv, list)
    words = " ".join(argv)
    assert words.startswith("serve org/name --host 127.0.0.1 --port ")
    assert words.endswith("--max-num-seqs 3 --max-model-len 512 --dtype half")
    pids = told["pids"]
    assert isinstance(pids, list)
    until = time.monotonic() + 10
    while any(map(_alive, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(_alive, pids))


def test_ollama_is_told_by_its_variables(programs: Path, tmp_path: Path) -> None:
    async def main() -> dict[str, object]:
        async with launch("here", Launch(server="ollama", model="m", slots=5), tmp_path / "log") as base_url:
            return await _told(base_url)

    told = asyncio.run(main())
    assert (told["argv"], told["parallel"], told["path"]) == (["serve"], "5", "/v1/models")


def test_replicas_have_ports_and_gpus_of_their_own_in_equal_parts(programs: Path, tmp_path: Path) -> None:
    spec = Launch(server="vllm", model="m", replicas=2, gpus=(0, 1, 2, 3))

    async def main() -> list[dict[str, object]]:
        async with launch_all("here", spec, lambda name: tmp_path / f"{name}.log") as urls:
            return [await _told(url) for url in urls]

    one, two = asyncio.run(main())
    assert (one["gpus"], two["gpus"]) == ("0,1", "2,3")
    assert one["argv"] != two["argv"]
    assert {path.name for path in tmp_path.glob("*.log")} == {"here-1.log", "here-2.log"}


def test_a_command_that_exits_is_an_error_with_the_end_of_its_log(programs: Path, tmp_path: Path) -> None:
    (programs / "vllm").write_text("#!/bin/sh\necho 'address already in use' >&2\nexit 3\n", "utf-8")

    async def main() -> None:
        async with launch("here", Launch(server="vllm", model="m"), tmp_path / "log"):
            raise AssertionError("unreachable")

    with pytest.raises(EndpointError, match="exit code 3") as caught:
        asyncio.run(main())
    assert "address already in use" in str(caught.value)


@pytest.mark.parametrize("server", sorted(KINDS))
def test_what_is_not_installed_is_named_with_its_remedy(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    fault = launch_fault(Launch.model_validate({"server": server, "model": str(tmp_path / "m.gguf")}))
    assert fault is not None
    assert fault.key == "server"
    assert KINDS[server].needs in str(fault.error)
    assert KINDS[server].install in str(fault.error)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("launch: {server: vlm, model: m}", "vllm"),
        ("launch: {server: vllm, model: m, replicas: 2, gpus: [0]}", "cannot be dealt to 2 replicas"),
        ("launch: {model: m, arguments: [-x]}", "use llama-server"),
        ("launch: {model: m}, base_urls: ['http://127.0.0.1:1/v1']", "give one of base_url, base_urls and launch"),
        ("base_urls: ['nonsense']", "is not an address"),
    ],
)
def test_a_wrong_launch_is_refused_with_file_and_line(tmp_path: Path, written: str, message: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(f"endpoints:\n  e: {{{written}}}\nmodels: {{a: {{endpoint: e, model: m}}}}\ntask: sums\n", "utf-8")
    with pytest.raises(SpecError, match=message) as caught:
        api.check(api.load(file))
    assert "x.yaml:" in str(caught.value)


def test_a_server_that_is_killed_in_the_middle_comes_back_at_its_address(programs: Path, tmp_path: Path) -> None:
    async def main() -> tuple[dict[str, object], dict[str, object]]:
        async with launch("here", Launch(server="vllm", model="m"), tmp_path / "log") as base_url:
            before = await _told(base_url)
            pids = before["pids"]
            assert isinstance(pids, list)
            for pid in pids:
                os.kill(pid, 9)
            return before, await _told(base_url)  # the transport tries until the server is back

    before, after = asyncio.run(main())
    assert before["argv"] == after["argv"]
    assert before["pids"] != after["pids"]
