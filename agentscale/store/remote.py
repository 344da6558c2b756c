"""A run folder at a URL of an object store: worked on in a copy here, and brought there file by file.

Only what does not change any more is brought there: closed segments of the recording, and files that are written whole.
Locks do not reach so far, so whoever plays a share of such a run plays that one alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agentscale.errors import SpecError, StoreError
from agentscale.schema.record import digest_of

_KEPT_HERE = (".lock", ".tmp", ".asked", ".part", "stop")
"""Files of a run that is at work."""


def is_url(path: object) -> bool:
    """Whether a run folder is named by a URL."""
    return "://" in str(path)


class Remote:
    """A run folder at a URL, such as ``s3://bucket/run``, with its copy on this machine.

    Args:
        url: Where; any kind that ``fsspec`` knows.

    Raises:
        SpecError: If fsspec, or what it needs for this kind of URL, is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError:
            remedy = "pip install 'agentscale[cloud]'"
            raise SpecError(f"{url} needs fsspec, which is not installed", key="out", remedy=remedy) from None
        import platformdirs

        self.url = url.rstrip("/")
        try:
            self._files, self._root = fsspec.core.url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise SpecError(f"{url}: {error}", key="out", allowed="a URL of a kind that fsspec knows") from None
        self.copy = platformdirs.user_cache_path("agentscale") / "runs" / digest_of(self.url)[:16]
        """The folder on this machine."""

    def pull(self) -> None:
        """Brings here what is new there.

        Raises:
            StoreError: If the store does not answer.
        """
        try:
            there = self._files.find(self._root, detail=True) if self._files.exists(self._root) else {}
            for path, facts in there.items():
                here = self.copy / path.removeprefix(self._root).lstrip("/")
                if not here.exists() or here.stat().st_size != facts["size"]:
                    here.parent.mkdir(parents=True, exist_ok=True)
                    self._files.get_file(path, str(here))
        except OSError as error:
            raise self._refused("read", error) from error

    def push(self) -> None:
        """Brings there what is closed here and not there, or not as it is here.

        Raises:
            StoreError: If the store does not take it.
        """
        try:
            there: dict[str, Any] = {}
            if self._files.exists(self._root):
                there = self._files.find(self._root, detail=True)
            for here in sorted(self.copy.rglob("*")):
                name = here.relative_to(self.copy).as_posix()
                if here.is_file() and _is_closed(here, name) and not self._is_there(here, name, there):
                    self._files.makedirs(f"{self._root}/{name}".rpartition("/")[0], exist_ok=True)
                    self._files.put_file(str(here), f"{self._root}/{name}")
        except OSError as error:
            raise self._refused("write", error) from error

    def _is_there(self, here: Path, name: str, there: dict[str, Any]) -> bool:
        """Segments never change; of other files, the bytes count."""
        facts = there.get(f"{self._root}/{name}")
        if facts is None or facts["size"] != here.stat().st_size:
            return False
        return name.startswith("recording/") or self._files.cat_file(f"{self._root}/{name}") == here.read_bytes()

    def _refused(self, what: str, error: OSError) -> StoreError:
        return StoreError(
            f"cannot {what} {self.url}: {error.strerror or error}\n  the copy in {self.copy} is whole: run the same "
            "command again"
        )


def _is_closed(here: Path, name: str) -> bool:
    if here.name.startswith(".") or here.name.endswith(_KEPT_HERE) or name.startswith("embeddings/"):
        return False
    return not (name.startswith("recording/") and here.suffix == ".jsonl")
