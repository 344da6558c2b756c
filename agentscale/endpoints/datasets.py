"""Files of a data set on the Hugging Face hub: fetched at one revision, checked, and kept with a receipt."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from agentscale.endpoints.files import expect, file_sha256
from agentscale.errors import EndpointError, SpecError
from agentscale.schema.sources import RECEIPT, HubFiles, Receipt

Download = Callable[[HubFiles, str, Path], Path]
"""Fetches one file of a data set, for which a folder is given to put it in, and returns where it lies."""


def pull_files(hub: HubFiles, folder: Path, *, download: Download | None = None) -> Path:
    """Bring the files of a data set to this machine, whether they are here or not.

    Args:
        hub: The data set, its revision and its files.
        folder: Where they go. Nothing appears in it before all of them are there and right.
        download: Fetches a file; tests pass their own.

    Returns:
        The folder.

    Raises:
        SpecError: huggingface_hub is not installed.
        EndpointError: A download failed, or what came is not what is expected.
    """
    from filelock import FileLock

    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        FileLock(f"{folder}.lock"),
        tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as made,
    ):
        whole = Path(made) / folder.name
        hashes = {name: _fetch(hub, name, whole / name, download or hub_download) for name in hub.files}
        receipt = Receipt(dataset=hub.dataset, revision=hub.revision, files=hashes)
        (whole / RECEIPT).write_text(receipt.model_dump_json(indent=1), "utf-8")
        if folder.exists():
            folder.rename(Path(made) / "before")
        whole.rename(folder)
    return folder


def _fetch(hub: HubFiles, name: str, target: Path, download: Download) -> str:
    """Puts a file at ``target`` and gives its SHA-256."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=target.parent) as made:
        shutil.copyfile(download(hub, name, Path(made)), target)
    got = file_sha256(target)
    known = hub.files[name]
    if known is not None:
        expect(f"{name} of {hub.dataset}", got, known)
    return got


def hub_download(hub: HubFiles, name: str, folder: Path) -> Path:
    """Fetch one file with huggingface_hub.

    Raises:
        SpecError: huggingface_hub is not installed.
        EndpointError: The hub did not give the file.
    """
    try:
        from huggingface_hub import hf_hub_download
    except ImportError:
        raise SpecError(
            f"{hub.dataset} comes from the Hugging Face hub, and huggingface_hub is not installed",
            remedy="pip install 'agentscale[hf]'",
        ) from None
    try:
        got = hf_hub_download(hub.dataset, name, revision=hub.revision, repo_type="dataset", local_dir=folder)
    except (OSError, ValueError) as error:  # the hub's errors all derive from these two
        raise EndpointError(
            f"the hub did not give {name} of {hub.dataset} at {hub.revision[:12]}: {error}\n"
            f"  check the network, and at huggingface.co/datasets/{hub.dataset} whether it needs a login",
            kind="download",
        ) from None
    return Path(got)
