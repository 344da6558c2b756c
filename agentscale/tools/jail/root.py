"""The root that a program sees: the interpreter and its libraries, read-only, and one small folder of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from agentscale.tools.jail import OWN, kernel

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_FILES_PER_FOLDER = 4096
"""Files that a program may make: each of them takes memory, however small."""


def build(base: str, group: int, user: int, disk_bytes: int) -> None:
    """Builds the root in the empty folder ``base``; ``/tmp`` and `OWN` in it belong to ``user``.

    Raises:
        OSError: The kernel does not allow it.
    """
    kernel.mount("none", "/", flags=kernel.PRIVATE | kernel.RECURSIVE)
    kernel.mount("tmpfs", base, "tmpfs", kernel.NO_SUID | kernel.NO_DEVICES, "mode=755,size=1m")
    temporary, own = f"{base}/tmp", f"{base}{OWN}"
    os.mkdir(temporary)
    size = f"mode=700,uid={user},gid={group},size={int(disk_bytes)},nr_inodes={_FILES_PER_FOLDER}"
    kernel.mount("tmpfs", temporary, "tmpfs", kernel.NO_SUID | kernel.NO_DEVICES, size)
    os.mkdir(own, 0o700)
    os.chown(own, user, group)
    for path in _seen():
        _show(base, path, kernel.READ_ONLY | kernel.WITHOUT_SUID | kernel.WITHOUT_DEVICES)
    for path in _DEVICES:
        _show(base, path, kernel.WITHOUT_SUID)
    os.mkdir(f"{base}/proc")
    kernel.mount("proc", f"{base}/proc", "proc", kernel.NO_SUID | kernel.NO_DEVICES)
    kernel.seal(base, kernel.READ_ONLY, tree=False)


def _seen() -> Iterator[str]:
    """What is shown: the system's programs and libraries, and the interpreter, where it is called and where it is."""
    shown: list[str] = []
    places = [sys.prefix, sys.base_prefix, os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix)]
    for path in (*_SYSTEM, *places):
        if os.path.exists(path) and not any(path == other or path.startswith(f"{other}/") for other in shown):
            shown.append(path)
            yield path


def _show(base: str, path: str, attributes: int) -> None:
    """Shows ``path`` below ``base`` as it is: a link as a link, a file or a folder by a mount."""
    place = base + path
    os.makedirs(os.path.dirname(place), exist_ok=True)
    if os.path.islink(path) and path in _SYSTEM:
        os.symlink(os.readlink(path), place)
        return
    if os.path.isdir(path):
        os.makedirs(place, exist_ok=True)
    else:
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY))
    kernel.mount(path, place, flags=kernel.BIND | kernel.RECURSIVE)
    kernel.seal(place, attributes)
