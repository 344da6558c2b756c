"""The few calls of the Linux kernel that Python has no names for. Each raises `OSError` with what failed."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

NEW_USER, NEW_PID, NEW_NET, NEW_MOUNTS, NEW_IPC, NEW_NAMES = (
    0x1000_0000,
    0x2000_0000,
    0x4000_0000,
    0x0002_0000,
    0x0800_0000,
    0x0400_0000,
)
"""Namespaces."""
NO_SUID, NO_DEVICES, BIND, RECURSIVE, PRIVATE = 0x2, 0x4, 0x1000, 0x4000, 0x4_0000
"""Flags of mounts."""
READ_ONLY, WITHOUT_SUID, WITHOUT_DEVICES = 0x1, 0x2, 0x4
"""Attributes of mounts, for `seal`."""

_DIE_WITH_PARENT, _SET_DUMPABLE, _SET_SECCOMP, _NO_NEW_PRIVILEGES = 1, 4, 22, 38
_DETACH, _HERE, _WHOLE_TREE, _MOUNT_SETATTR = 2, -100, 0x8000, 442

_libc = ctypes.CDLL(None, use_errno=True)


def _done(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(namespaces: int) -> None:
    """Leaves the shared namespaces for new ones; of processes, the next child does."""
    _done(_libc.unshare(namespaces), "unshare")


def mount(source: str, target: str, kind: str = "none", flags: int = 0, data: str = "") -> None:
    """Mounts ``source`` at ``target``."""
    words = [text.encode() for text in (source, target, kind)]
    _done(_libc.mount(*words, ctypes.c_ulong(flags), data.encode() or None), f"mount {kind} {target}")


def seal(target: str, attributes: int, *, tree: bool = True) -> None:
    """Sets attributes of the mount at ``target`` and, as a ``tree``, of all that is mounted below."""
    wanted = struct.pack("=QQQQ", attributes, 0, 0, 0)
    flags = _WHOLE_TREE if tree else 0
    _done(
        _libc.syscall(_MOUNT_SETATTR, _HERE, target.encode(), flags, wanted, ctypes.c_size_t(len(wanted))),
        f"mount_setattr {target}",
    )


def enter(root: str) -> None:
    """Makes ``root`` the root, and the old one unreachable."""
    os.chdir(root)
    _done(_libc.syscall(_numbers()["pivot_root"], b".", b"."), "pivot_root")
    _done(_libc.umount2(b".", _DETACH), "umount2")
    os.chdir("/")


def die_with_parent() -> None:
    """Ends this process when the one that made it ends."""
    _done(_libc.prctl(_DIE_WITH_PARENT, 9, 0, 0, 0), "prctl")


def hide(hidden: bool) -> None:
    """Whether processes of the same user are kept from looking into this one."""
    _done(_libc.prctl(_SET_DUMPABLE, int(not hidden), 0, 0, 0), "prctl")


def drop_capabilities() -> None:
    """Gives up all that makes a process more than a plain one, for good."""
    header, none = struct.pack("=Ii", 0x2008_0522, 0), bytes(24)
    _done(_libc.capset(header, none), "capset")
    _done(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "prctl")


# -- calls of the kernel that a program may not make ---------------------------------------------------------------

_NUMBERS = {
    "x86_64": {
        "pivot_root": 155, "clone": 56, "ptrace": 101, "unshare": 272, "setns": 308, "add_key": 248,
        "request_key": 249, "keyctl": 250, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
        "memfd_create": 319, "shmget": 29, "msgget": 68, "mq_open": 240, "process_vm_readv": 310,
        "process_vm_writev": 311,
    },
    "aarch64": {
        "pivot_root": 41, "clone": 220, "ptrace": 117, "unshare": 97, "setns": 268, "add_key": 217,
        "request_key": 218, "keyctl": 219, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282,
        "memfd_create": 279, "shmget": 194, "msgget": 186, "mq_open": 180, "process_vm_readv": 270,
        "process_vm_writev": 271,
    },
}  # fmt: skip
_SAME_EVERYWHERE = {"io_uring_setup": 425, "memfd_secret": 447, "open_tree": 428, "fsopen": 430}
_AUDIT_NAMES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
_CLONE3 = 435

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _NOT_PERMITTED, _NO_SUCH_CALL = 0x7FFF_0000, 0x8000_0000, 0x0005_0001, 0x0005_0026
_AT_NUMBER, _AT_MACHINE, _AT_FIRST_ARGUMENT = 0, 4, 16
_OTHER_TABLE = 0x4000_0000
"""From here on the numbers of x86-64 name calls of another table."""


def _numbers() -> dict[str, int]:
    machine = os.uname().machine
    if machine not in _NUMBERS:
        raise OSError(f"the sandbox knows the calls of {' and '.join(_NUMBERS)}, and this is {machine}")
    return _NUMBERS[machine]


def forbid_calls() -> None:
    """Refuses, from now on and to all children, calls that need no right and that a program has no use for.

    They make namespaces, in which one has rights again, memory that no limit counts, or look into other processes.
    ``clone3`` is said not to exist: its flags cannot be looked at, and the C library then takes ``clone``.
    """
    numbers = _numbers()
    forbidden = [number for name, number in {**numbers, **_SAME_EVERYWHERE}.items() if name not in ("clone",)]
    rules = [
        *_step(_LOAD, _AT_MACHINE),
        *_unless(_EQUAL, _AUDIT_NAMES[os.uname().machine], _KILL),
        *_step(_LOAD, _AT_NUMBER),
        *_if(_AT_LEAST, _OTHER_TABLE, _KILL),
        *_if(_EQUAL, _CLONE3, _NO_SUCH_CALL),
        *(rule for number in sorted(forbidden) for rule in _if(_EQUAL, number, _NOT_PERMITTED)),
        _rule(_EQUAL, 0, 3, numbers["clone"]),
        *_step(_LOAD, _AT_FIRST_ARGUMENT),
        *_if(_ANY_BIT, NEW_USER, _NOT_PERMITTED),
        *_step(_RETURN, _ALLOW),
    ]
    program = ctypes.create_string_buffer(b"".join(rules))
    filters = struct.pack("@HP", len(rules), ctypes.addressof(program))
    _done(_libc.prctl(_SET_SECCOMP, 2, filters, 0, 0), "seccomp")


def _rule(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _step(code: int, value: int) -> Iterable[bytes]:
    return (_rule(code, 0, 0, value),)


def _if(code: int, value: int, then: int) -> Iterable[bytes]:
    return _rule(code, 0, 1, value), _rule(_RETURN, 0, 0, then)


def _unless(code: int, value: int, then: int) -> Iterable[bytes]:
    return _rule(code, 1, 0, value), _rule(_RETURN, 0, 0, then)
