"""The keeper of one program: a process of its own, which isolates itself, and then the program once more.

It reads a job on its input and says what became of the program on its output. Three processes: the keeper leaves the
shared namespaces; its child is the first process of a new process tree, builds the root and watches; the program is the
child of that one. The end of the second one ends all that the program has started, however it tries to hide.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import sys
from typing import Any, NamedTuple, NoReturn

from agentscale.tools.jail import OWN, kernel, program, root, watch

_OLDEST = (5, 14)
"""The first kernel that counts the processes of a user in every namespace apart."""
_FIRST_USER = 0x7000_0000
"""Users that no machine has: each program that root has run gets one, so that its processes are counted apart."""
_OPEN_FILES = 256


class User(NamedTuple):
    """As whom the program runs."""

    number: int
    is_other: bool
    """Whether that is another user than the keeper; if not, the keeper's own processes count among the program's."""


def main() -> None:
    """Does one job; of `sys.argv`, the first is left over from the start, the second is an empty folder."""
    sys.path.remove(sys.argv[1])
    job, base = json.load(sys.stdin.buffer), sys.argv[2]
    try:
        user = _isolated()
        first = os.fork()
    except OSError as error:
        _say({"refused": _advice(error)})
        return
    if first == 0:
        _keep(job, base, user)
    os.waitpid(first, 0)


def _isolated() -> User:
    """Leaves all that is shared; the next child is the first process of its own tree."""
    release = os.uname().release
    version = [int(part) if part.isdecimal() else 0 for part in release.split(".")[:2]]
    if tuple(version) < _OLDEST:
        raise OSError(f"the sandbox needs Linux {_OLDEST[0]}.{_OLDEST[1]} or newer, and this is {release}")
    apart = kernel.NEW_PID | kernel.NEW_NET | kernel.NEW_MOUNTS | kernel.NEW_IPC | kernel.NEW_NAMES
    own, group = os.geteuid(), os.getegid()
    if own == 0:
        user = User(_FIRST_USER + os.getpid(), is_other=True)
        kernel.unshare(apart)
    else:
        user = User(own, is_other=False)
        kernel.unshare(apart | kernel.NEW_USER)
        for name, text in (("setgroups", "deny"), ("uid_map", f"{own} {own} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    kernel.die_with_parent()
    return user


def _advice(error: OSError) -> str:
    if error.errno is None:
        return str(error)
    return (
        f"the kernel refused: {error.strerror or error}. A container must be allowed namespaces (as root: "
        "--cap-add SYS_ADMIN; else: --security-opt seccomp=unconfined), and a system must allow user namespaces "
        "(sysctl user.max_user_namespaces above 0, kernel.apparmor_restrict_unprivileged_userns=0)"
    )


def _keep(job: dict[str, Any], base: str, user: User) -> NoReturn:
    """The first process of the tree: builds the root, starts the program, watches it, and takes everything with it."""
    limits = job["limits"]
    try:
        kernel.die_with_parent()
        root.build(base, user.number if user.is_other else os.getegid(), user.number, limits["disk_bytes"])
        kernel.enter(base)
        kernel.hide(True)
        streams = watch.Streams.made()
        child = os.fork()
        if child == 0:
            _become(job, user, streams)
            program.run(job["code"], streams.say)
        _say(watch.watched(child, streams, limits))
    except OSError as error:
        _say({"refused": _advice(error)})
    os._exit(0)


def _become(job: dict[str, Any], user: User, streams: watch.Streams) -> None:
    """The child turns into the program's process: its streams, its limits, its user, and no right beyond."""
    try:
        limits = job["limits"]
        _read_from(job["stdin"])
        streams.take()
        with open("/proc/self/statm", encoding="ascii") as file:
            own_bytes = int(file.read().split()[0]) * resource.getpagesize()
        room = int(own_bytes + limits["memory_bytes"])
        resource.setrlimit(resource.RLIMIT_AS, (room, room + program.LAST_WORDS_BYTES))
        _limit(resource.RLIMIT_FSIZE, limits["disk_bytes"])
        _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_MEMLOCK, 0)
        _limit(resource.RLIMIT_NPROC, limits["processes"] + (0 if user.is_other else watch.KEEPERS))
        if user.is_other:
            os.setgroups([])
            os.setresgid(user.number, user.number, user.number)
            os.setresuid(user.number, user.number, user.number)
        kernel.drop_capabilities()
        kernel.hide(False)
        kernel.forbid_calls()
        os.chdir(OWN)
        os.write(streams.say, watch.READY.encode())
    except OSError as error:
        os.write(streams.say, _advice(error).encode())
        os._exit(1)


def _limit(kind: int, value: float) -> None:
    resource.setrlimit(kind, (int(value), int(value)))


def _read_from(text: str) -> None:
    """Makes ``text`` the standard input: in memory, sealed, so that it cannot grow."""
    held = os.memfd_create("stdin", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    with os.fdopen(os.dup(held), "wb") as file:
        file.write(text.encode("utf-8", "surrogatepass"))
    os.lseek(held, 0, os.SEEK_SET)
    fcntl.fcntl(held, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
    os.dup2(held, 0)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (it is the program's to close)


def _say(result: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(result))
    sys.stdout.flush()
