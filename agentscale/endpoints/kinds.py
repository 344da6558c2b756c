"""The servers that a run can start, one entry a kind: what is run, with which arguments, and where it says it is well.

``{port}`` in an argument or a variable stands for the free port that the server gets.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from agentscale.endpoints.files import find_model
from agentscale.errors import SpecError
from agentscale.schema.experiment import Launch

_LOOPBACK = ("--host", "127.0.0.1", "--port", "{port}")


@dataclass(frozen=True)
class Kind:
    """A kind of server."""

    needs: str
    """A program on the path; of kind ``module``, a package of this Python."""
    install: str
    """What brings it."""
    arguments: Callable[[Launch], list[str]]
    """Everything that is run, the program included."""
    health: str = "/health"
    """The path that answers once the model is loaded."""
    file: bool = True
    """Whether the model is a GGUF file on this machine, and not a name that the server resolves itself."""
    how: Literal["program", "module"] = "program"
    environment: Callable[[Launch], Mapping[str, str]] = field(default=lambda launch: {})


def _llama_server(launch: Launch) -> list[str]:
    sizes = ["-np", str(launch.slots), "-c", str(launch.slots * launch.context), "-t", str(launch.threads)]
    template = [] if launch.chat_template is None else ["--chat-template-file", launch.chat_template]
    return ["llama-server", "-m", str(find_model(launch.model)), *_LOOPBACK, *sizes, "--jinja", *template]


def _llama_cpp_python(launch: Launch) -> list[str]:
    sizes = ["--n_ctx", str(launch.context), "--n_threads", str(launch.threads)]
    return [sys.executable, "-m", "llama_cpp.server", "--model", str(find_model(launch.model)), *_LOOPBACK, *sizes]


def _vllm(launch: Launch) -> list[str]:
    sizes = ["--max-num-seqs", str(launch.slots), "--max-model-len", str(launch.context)]
    template = [] if launch.chat_template is None else ["--chat-template", launch.chat_template]
    return ["vllm", "serve", launch.model, *_LOOPBACK, *sizes, *template]


def _sglang(launch: Launch) -> list[str]:
    sizes = ["--max-running-requests", str(launch.slots), "--context-length", str(launch.context)]
    template = [] if launch.chat_template is None else ["--chat-template", launch.chat_template]
    command = [sys.executable, "-m", "sglang.launch_server", "--model-path", launch.model]
    return [*command, *_LOOPBACK, *sizes, *template]


def _ollama_sizes(launch: Launch) -> dict[str, str]:
    return {
        "OLLAMA_HOST": "127.0.0.1:{port}",
        "OLLAMA_NUM_PARALLEL": str(launch.slots),
        "OLLAMA_CONTEXT_LENGTH": str(launch.context),
    }


KINDS: dict[str, Kind] = {
    "llama-server": Kind("llama-server", "install llama.cpp, or use the server llamacpp", _llama_server),
    "llama-cpp-python": Kind(
        "llama_cpp", "pip install 'llama-cpp-python[server]'", _llama_cpp_python, health="/v1/models", how="module"
    ),
    "vllm": Kind("vllm", "pip install vllm", _vllm, file=False),
    "sglang": Kind("sglang", "pip install 'sglang[all]'", _sglang, file=False, how="module"),
    "ollama": Kind(
        "ollama",
        "install Ollama, and pull the model with it",
        lambda launch: ["ollama", "serve"],
        health="/api/version",
        file=False,
        environment=_ollama_sizes,
    ),
}
"""All kinds that run a program of their own; ``llamacpp`` is served by this package."""


class Fault(NamedTuple):
    """Why a server cannot be started."""

    key: str
    """What to change, below ``launch``."""
    error: SpecError


def launch_fault(launch: Launch) -> Fault | None:
    """Why a server cannot be started: its model or its template is not there, or it is not installed."""
    kind = KINDS.get(launch.server)
    if launch.chat_template is not None and not Path(launch.chat_template).is_file():
        problem = f"no file {launch.chat_template!r}"
        return Fault("chat_template", SpecError(problem, allowed="the path of a Jinja template"))
    if kind is None or kind.file:
        try:
            find_model(launch.model)
        except SpecError as error:
            return Fault("model", error)
    return None if _is_installed(kind) else Fault("server", _missing(launch.server, kind))


def _is_installed(kind: Kind | None) -> bool:
    if kind is not None and kind.how == "program":
        return shutil.which(kind.needs) is not None
    return importlib.util.find_spec("xllamacpp" if kind is None else kind.needs) is not None


def _missing(server: str, kind: Kind | None) -> SpecError:
    if kind is None:
        problem = f"the server {server} needs xllamacpp, which is not installed"
        return SpecError(problem, remedy="pip install 'agentscale[local]'")
    where = "on the path" if kind.how == "program" else "installed"
    return SpecError(f"the server {server} needs {kind.needs}, which is not {where}", remedy=kind.install)
