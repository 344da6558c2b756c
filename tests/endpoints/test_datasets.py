"""Files of a data set come whole and right, or not at all; they are fetched on demand and never as a surprise."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from agentscale import api, catalog
from agentscale.endpoints import datasets
from agentscale.errors import EndpointError, SpecError
from agentscale.schema.sources import RECEIPT, HubFiles

HUB = HubFiles(dataset="some/set", revision="a" * 40, files={"main/test.jsonl": None, "more.jsonl": None})
CONTENT = b'{"question": "?", "answer": "#### 1"}\n'


def download(hub: HubFiles, name: str, folder: Path) -> Path:
    (folder / "got").write_bytes(CONTENT)
    return folder / "got"


def failing(hub: HubFiles, name: str, folder: Path) -> Path:
    if name == "more.jsonl":
        raise EndpointError("the hub is away", kind="download")
    return download(hub, name, folder)


def test_all_files_and_a_receipt_of_them_are_kept(tmp_path: Path) -> None:
    folder = datasets.pull_files(HUB, tmp_path / "task", download=download)
    assert (folder / "main" / "test.jsonl").read_bytes() == (folder / "more.jsonl").read_bytes() == CONTENT
    receipt = json.loads((folder / RECEIPT).read_text("utf-8"))
    assert receipt["revision"] == HUB.revision
    assert set(receipt["files"].values()) == {hashlib.sha256(CONTENT).hexdigest()}
    assert sorted(path.name for path in folder.rglob("*")) == ["main", "more.jsonl", RECEIPT, "test.jsonl"]


def test_nothing_appears_and_what_was_there_stays_if_a_file_does_not_come(tmp_path: Path) -> None:
    with pytest.raises(EndpointError, match="the hub is away"):
        datasets.pull_files(HUB, tmp_path / "task", download=failing)
    assert not (tmp_path / "task").exists()
    datasets.pull_files(HUB, tmp_path / "task", download=download)
    with pytest.raises(EndpointError):
        datasets.pull_files(HUB, tmp_path / "task", download=failing)
    assert (tmp_path / "task" / RECEIPT).is_file()


def test_a_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    pinned = HUB.model_copy(update={"files": {"main/test.jsonl": "0" * 64}})
    with pytest.raises(EndpointError, match=r"test\.jsonl of some/set is not the file that agentscale knows"):
        datasets.pull_files(pinned, tmp_path / "task", download=download)
    assert not (tmp_path / "task").exists()


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(SpecError) as caught:
        datasets.pull_files(HUB, tmp_path / "task")
    assert caught.value.remedy == "pip install 'agentscale[hf]'"


def test_the_hub_is_asked_for_that_file_of_the_data_set_at_that_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []

    def hf_hub_download(repo: str, name: str, **more: object) -> str:
        asked.append({"repo": repo, "name": name, **more})
        return str(download(HUB, name, Path(str(more["local_dir"]))))

    hub = ModuleType("huggingface_hub")
    vars(hub)["hf_hub_download"] = hf_hub_download
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    datasets.pull_files(HUB, tmp_path / "task")
    assert [(each["repo"], each["name"], each["revision"], each["repo_type"]) for each in asked] == [
        ("some/set", name, "a" * 40, "dataset") for name in HUB.files
    ]


def test_a_hub_that_refuses_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hf_hub_download(*_: object, **__: object) -> str:
        raise OSError("403: access to some/set is restricted")

    hub = ModuleType("huggingface_hub")
    vars(hub)["hf_hub_download"] = hf_hub_download
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    with pytest.raises(EndpointError, match="whether it needs a login"):
        datasets.pull_files(HUB, tmp_path / "task")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, and a hub that gives a file of 30 rows for AIME, whose head pins no hash."""
    import pyarrow as pa
    from pyarrow import parquet

    rows = [{"problem": f"What is {i}?", "answer": f"{i:03d}"} for i in range(30)]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets, "hub_download", lambda hub, name, folder: tmp_path / "rows.parquet")
    return tmp_path / "cache"


def test_a_task_is_not_there_until_it_is_pulled(cache: Path) -> None:
    with pytest.raises(SpecError) as caught:
        catalog.load_task("aime-2024", Path())
    assert caught.value.problem == "the questions of the task 'aime-2024' are not on this machine"
    assert str(caught.value.remedy).startswith("fetch them once: agentscale pull task:aime-2024\n")
    assert next(row for row in api.catalog("tasks") if row["name"] == "aime-2024")["needs"] == (
        "agentscale pull task:aime-2024"
    )
    folder = api.pull("task:aime-2024")
    assert cache in folder.parents
    assert [sample.target for sample in catalog.load_task("aime-2024", Path()).samples[:3]] == ["000", "001", "002"]
    assert next(row for row in api.catalog("tasks") if row["name"] == "aime-2024")["needs"] == ""


def test_what_was_pulled_is_noticed_if_it_changes(cache: Path) -> None:
    file = api.pull("task:aime-2024") / "data" / "train-00000-of-00001.parquet"
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(SpecError, match="is not what was pulled"):
        catalog.load_task("aime-2024", Path())
    file.unlink()
    with pytest.raises(SpecError, match="cannot be read"):
        catalog.load_task("aime-2024", Path())


def test_what_was_pulled_at_another_revision_must_be_pulled_again(cache: Path) -> None:
    folder = api.pull("task:aime-2024")
    receipt = json.loads((folder / RECEIPT).read_text("utf-8"))
    (folder / RECEIPT).write_text(json.dumps({**receipt, "revision": "b" * 40}), "utf-8")
    with pytest.raises(SpecError, match="holds HuggingFaceH4/aime_2024 at bbbbbbbbbbbb"):
        catalog.load_task("aime-2024", Path())
    (folder / RECEIPT).write_text("{", "utf-8")
    with pytest.raises(SpecError, match="the receipt cannot be read"):
        catalog.load_task("aime-2024", Path())


def test_a_pull_of_too_few_rows_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    short = cache.parent / "short.parquet"
    parquet.write_table(pa.Table.from_pylist([{"problem": "?", "answer": "1"}]), short)
    monkeypatch.setattr(datasets, "hub_download", lambda hub, name, folder: short)
    with pytest.raises(SpecError, match="1 samples"):
        api.pull("task:aime-2024")


@pytest.mark.parametrize("name", ["task:sums", "task:sumz", "task:", "task:../sums"])
def test_a_task_that_is_not_fetched_is_answered(name: str) -> None:
    with pytest.raises(SpecError):
        api.pull(name)
