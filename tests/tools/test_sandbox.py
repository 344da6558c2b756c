"""Programs that nobody vouches for: each attack ends within its limit, which is named, whoever runs agentscale."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agentscale.errors import SpecError
from agentscale.tools import sandbox
from agentscale.tools.jail import keeper, kernel
from agentscale.tools.sandbox import Limits, Ran, run

ROOT = Path(__file__).parents[2]
SMALL = Limits(seconds=20, memory_bytes=64 * 2**20, output_bytes=10_000, processes=8, disk_bytes=2**20)

ATTACKS = {
    "endless loop": ("while True: pass", "time"),
    "sleep": ("import time; time.sleep(60)", "time"),
    "fork bomb": ("import os\nwhile True: os.fork()", "processes"),
    "fork bomb that catches": (
        "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
        "processes",
    ),
    "threads": (
        "import threading, time\nfor _ in range(99): threading.Thread(target=time.sleep, args=(0.3,)).start()",
        "processes",
    ),
    "10 GB at once": ("x = bytearray(10 * 2**30)", "memory"),
    "10 GB by and by": ("x = []\nwhile True: x.append(b'1' * 2**20)", "memory"),
    "memory of many": (
        "import os, time\nfor _ in range(2): os.fork()\nx = b'1' * (40 * 2**20)\ntime.sleep(9)",
        "memory",
    ),
    "100 MB printed": ("import sys\nfor _ in range(100): sys.stdout.write('x' * 10**6)", "output"),
    "100 MB of errors": ("import os\nfor _ in range(100): os.write(2, b'x' * 10**6)", "output"),
    "write outside": ("open('/etc/passwd', 'w')", "files"),
    "write beside the interpreter": ("import sys; open(sys.prefix + '/x', 'w')", "files"),
    "folder at the root": ("import os; os.mkdir('/mine')", "files"),
    "files too large": ("f = open('a', 'wb')\nwhile True: f.write(bytes(2**16))", "disk"),
    "files too many": ("for n in range(10**6): open(str(n), 'w').close()", "disk"),
    "network": ("import socket; socket.create_connection(('192.0.2.1', 80), 9)", "network"),
    "loopback": ("import socket; socket.create_connection(('127.0.0.1', 80), 9)", "network"),
    "name": ("import urllib.request; urllib.request.urlopen('http://example.com')", "network"),
}  # fmt: skip

UNTIL_THE_END = ("endless loop", "sleep", "fork bomb that catches")
"""Attacks that end by the clock, whatever else they meet; all others end long before it, on a busy machine as well."""

AS_PLAIN_USER = """
import json, os, sys
from agentscale.tools.jail import kernel
from agentscale.tools.sandbox import Limits, refusal, run
assert os.geteuid() != 0
job = json.loads(sys.stdin.read())
if job["closed"]:
    user = os.geteuid()
    kernel.unshare(kernel.NEW_USER)
    open("/proc/self/uid_map", "w").write(f"{user} {user} 1")
    open("/proc/sys/user/max_user_namespaces", "w").write("0")
    print(json.dumps(refusal()))
else:
    ran = [run(code, limits=Limits(**job["limits"])) for code in job["codes"]]
    print(json.dumps([[each.limit, each.exit_code, each.stdout] for each in ran]))
"""


def _plain_user_cannot() -> bool:
    """Whether this is root, and a plain user would have no interpreter, or not the checkout."""
    if os.geteuid() != 0:
        return False
    command = ["/usr/bin/python3", "-c", "import agentscale, sys; assert sys.version_info >= (3, 11)"]
    try:
        done = subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, user=65534, capture_output=True, check=False)
    except OSError:
        return True
    return done.returncode != 0


needs_a_plain_user = pytest.mark.skipif(
    _plain_user_cannot(), reason="this is root, and no other user has an interpreter here that can read the checkout"
)


@pytest.fixture(scope="module", autouse=True)
def _isolation() -> None:
    reason = sandbox.refusal()
    if reason is not None:
        pytest.skip(reason)


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_ends_within_its_limit_which_is_named(attack: str) -> None:
    code, limit = ATTACKS[attack]
    ran = run(code, limits=replace(SMALL, seconds=0.3) if attack in UNTIL_THE_END else SMALL)
    assert (ran.limit, ran.ok) == (limit, False), ran
    assert ran.seconds < SMALL.seconds
    assert len(ran.stdout) + len(ran.stderr) <= SMALL.output_bytes


@needs_a_plain_user
def test_a_plain_user_is_protected_like_root() -> None:
    names = [
        "fork bomb",
        "10 GB by and by",
        "write outside",
        "write beside the interpreter",
        "network",
        "100 MB printed",
    ]
    no_rights = "open('/proc/self/status').read().count('CapEff:\\t0000000000000000')"
    who = f"import os; print(os.getuid() != 0, os.environ.get('A_KEY'), {no_rights})"
    done = _as_plain_user(codes=[*(ATTACKS[name][0] for name in names), who])
    assert [limit for limit, _, _ in done[:-1]] == [ATTACKS[name][1] for name in names]
    assert done[-1] == [None, 0, "True None 1\n"]


@needs_a_plain_user
def test_where_the_kernel_gives_no_namespaces_nothing_is_run_and_the_reason_is_told() -> None:
    said = _as_plain_user(closed=True)
    assert "the kernel refused: unshare" in said
    assert "user.max_user_namespaces" in said


def _as_plain_user(*, codes: list[str] | None = None, closed: bool = False) -> Any:
    limits = {name: getattr(SMALL, name) for name in SMALL.__slots__}
    is_root = os.geteuid() == 0
    done = subprocess.run(
        # The interpreter of a root may stand where nobody else can go.
        ["/usr/bin/python3" if is_root else sys.executable, "-c", AS_PLAIN_USER],
        input=json.dumps({"codes": codes or [], "closed": closed, "limits": limits}),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "A_KEY": "sk-secret"},
        user=65534 if is_root else None,
        extra_groups=() if is_root else None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_program_is_no_root_and_has_no_right() -> None:
    code = "import os; print(os.getuid(), os.getgroups()); print(open('/proc/self/status').read())"
    said = run(code).stdout
    assert int(said.split()[0]) != 0
    assert "CapEff:\t0000000000000000" in said
    assert "NoNewPrivs:\t1" in said


@pytest.mark.parametrize("call", ["unshare", "ptrace", "memfd_create", "setns", "keyctl", "shmget"])
def test_calls_that_need_no_right_and_do_harm_are_refused(call: str) -> None:
    number = kernel._numbers()[call]
    code = f"import ctypes as c; l = c.CDLL(None, use_errno=True); print(l.syscall({number}, 1 << 28, 0, 0))"
    assert run(f"{code}; print(c.get_errno())").stdout == "-1\n1\n"


def test_a_program_sees_neither_the_users_files_nor_the_environment_nor_other_processes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("A_KEY", "sk-secret")
    secret = tmp_path / "secret"
    secret.write_text("sk-secret")
    code = (
        "import os; print(os.environ.get('A_KEY'), os.path.exists(input()), os.path.exists('/etc/passwd'), "
        "[n for n in os.listdir('/proc') if n.isdecimal()], os.listdir())"
    )
    ran = run(code, stdin=str(secret))
    assert ran.stdout == "None False False ['1', '2'] []\n"


def test_the_keeper_can_neither_be_ended_nor_looked_into() -> None:
    ended = run(
        "import os\nfor n in (1, os.getppid()):\n  try: os.kill(n, 9)\n  except PermissionError: pass\nprint('still')"
    )
    assert ended.stdout == "still\n"
    assert "PermissionError" in run("open('/proc/1/environ')").stderr


def test_what_a_program_leaves_running_ends_with_it() -> None:
    ran = run("import os\nif os.fork() == 0:\n  os.setsid()\n  while True: pass\nprint('done')")
    assert (ran.stdout, ran.ok) == ("done\n", True)
    assert ran.seconds < 4


def test_when_agentscale_is_killed_its_programs_end(tmp_path: Path) -> None:
    code = "from agentscale.tools.sandbox import *; run('while True: pass', limits=Limits(seconds=60))"
    parent = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)})
    _until(lambda: len(_with(str(tmp_path))) >= 2)
    parent.kill()
    parent.wait()
    _until(lambda: not _with(str(tmp_path)))


def _with(word: str) -> list[str]:
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            if word in Path("/proc", pid, "cmdline").read_text():
                found.append(pid)
        except OSError:
            continue  # it has ended
    return found


def _until(holds: object) -> None:
    end = time.monotonic() + 20
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


# -- a program that behaves ---------------------------------------------------------------------------------------


def test_a_program_reads_its_input_writes_into_its_folder_and_prints() -> None:
    code = "import sys\nopen('note', 'w').write(sys.stdin.read())\nprint(open('/tmp/own/note').read(), end='')"
    ran = run(code, stdin="Käse 1\nund 2\n")
    assert (ran.stdout, ran.stderr, ran.exit_code, ran.limit) == ("Käse 1\nund 2\n", "", 0, None)
    assert ran.ok


def test_two_programs_do_not_see_each_others_folder() -> None:
    run("open('note', 'w').write('1')")
    assert run("import os; print(os.listdir())").stdout == "[]\n"


def test_an_error_is_told_as_python_tells_it() -> None:
    ran = run("def f():\n    return 1 / 0\nf()")
    assert (ran.exit_code, ran.limit) == (1, None)
    assert ran.stderr.splitlines()[0] == "Traceback (most recent call last):"
    assert '  File "program.py", line 2, in f\n    return 1 / 0' in ran.stderr
    assert ran.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert "jail" not in ran.stderr


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("import sys; sys.exit(3)", 3),
        ("def f(:", 1),
        ("import os; os.kill(os.getpid(), 9)", -9),
        ("'\ud800'", 1),
        ("", 0),
    ],
)
def test_the_exit_code_is_pythons(code: str, exit_code: int) -> None:
    ran = run(code)
    assert (ran.exit_code, ran.limit) == (exit_code, None), ran


def test_what_was_printed_up_to_the_limit_is_kept() -> None:
    ran = run("import os\nwhile True: os.write(1, b'ab')", limits=SMALL)
    assert (ran.limit, ran.stdout) == ("output", "ab" * 5000)


def test_one_program_gives_one_answer() -> None:
    code = "print(list({'a', 'b', 'c', 'd', 'e', 'f'}))"
    assert len({run(code).stdout for _ in range(3)}) == 1


def test_a_program_that_says_it_was_refused_is_not_believed() -> None:
    lie = "os.write(n, b'refused: it is over\\nready\\n time')"
    code = f"import os\nfor n in range(3, 20):\n  try: {lie}\n  except OSError: pass\nraise SystemExit(1)"
    ran = run(code)
    assert (ran.exit_code, ran.limit) == (1, None)


def test_an_error_that_was_caught_is_no_limit() -> None:
    ran = run("try: open('/x', 'w')\nexcept OSError: print('no')")
    assert (ran.stdout, ran.limit, ran.ok) == ("no\n", None, True)


# -- where it cannot be ---------------------------------------------------------------------------------------------


def test_elsewhere_than_on_linux_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.refusal.cache_clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SpecError, match=r"so none is run\n  isolation is Linux's, and this is darwin: run agentscale"):
        run("print(1)")
    sandbox.refusal.cache_clear()


@pytest.mark.parametrize("release", ["5.10.0-28-amd64", "4.18.0", "strange"])
def test_an_old_kernel_is_refused(monkeypatch: pytest.MonkeyPatch, release: str) -> None:
    monkeypatch.setattr("os.uname", lambda: SimpleNamespace(release=release))
    with pytest.raises(OSError, match=r"the sandbox needs Linux 5\.14 or newer, and this is " + release):
        keeper._isolated()


def test_a_machine_whose_calls_are_not_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.uname", lambda: SimpleNamespace(machine="riscv64"))
    with pytest.raises(OSError, match="knows the calls of x86_64 and aarch64, and this is riscv64"):
        kernel._numbers()


@pytest.mark.parametrize("name", ["seconds", "memory_bytes", "output_bytes", "processes", "disk_bytes"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_refused(name: str, value: float) -> None:
    with pytest.raises(SpecError, match=rf"limits\.{name}: {name} is {value}\n  allowed: a finite number above 0"):
        Limits(**{name: value})


def test_a_program_fails_as_data() -> None:
    assert isinstance(run("raise KeyError(1)"), Ran)
