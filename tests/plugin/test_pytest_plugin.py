"""The plugin, as a user's test suite meets it."""

import dataclasses
import importlib
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from agentscale.pytest_plugin import NetworkRefused
from agentscale.recording import Recording

# Loaded before the inner sessions, which forget what they load: numpy cannot be loaded a second time.
for room in ("analysis", "embedders", "engine.session", "models.simulated"):
    importlib.import_module(f"agentscale.{room}")

EXPERIMENT = """
name: team
models: {one: {simulated: {model: 0}}}
task: {name: knowledge, limit: 2}
team: {size: [1, 2], layer: L1}
embedder: lexical
"""
TEST = """
def test_team(agentscale_run):
    run = agentscale_run("team.yaml", recording="team")
    assert len(list(run.transcripts())) == 4
    assert {row["size"] for row in run.rows("cells")} == {1, 2}
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite of one test that runs a team; its recording is not made yet."""
    pytester.makefile(".yaml", team=EXPERIMENT)
    pytester.makepyfile(test_team=TEST)
    return pytester


def run(suite: pytest.Pytester, *args: str) -> pytest.RunResult:
    return suite.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist", *args)


def test_without_a_recording_a_test_fails_and_says_how_to_make_one(suite: pytest.Pytester) -> None:
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*there is no recording*", "*make it: pytest --agentscale-record=once*"])
    assert not (suite.path / "recordings").exists()


def test_a_recording_made_once_is_replayed_ever_after_and_never_written_to(suite: pytest.Pytester) -> None:
    run(suite, "--agentscale-record=once").assert_outcomes(passed=1)
    recording = suite.path / "recordings" / "team"
    before = {path: path.read_bytes() for path in recording.rglob("*") if path.is_file()}
    assert before
    run(suite).assert_outcomes(passed=1)
    assert {path: path.read_bytes() for path in recording.rglob("*") if path.is_file()} == before


def test_a_changed_experiment_is_refused_with_the_difference(suite: pytest.Pytester) -> None:
    run(suite, "--agentscale-record=once").assert_outcomes(passed=1)
    suite.makefile(".yaml", team=EXPERIMENT.replace("size: [1, 2]", "size: [1, 3]"))
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*SpecError*"])


def test_everything_is_recorded_anew_where_that_is_asked(suite: pytest.Pytester) -> None:
    run(suite, "--agentscale-record=once").assert_outcomes(passed=1)
    suite.makefile(".yaml", team=EXPERIMENT.replace("limit: 2", "limit: 2, levels: [1]"))
    run(suite, "--agentscale-record=all").assert_outcomes(passed=1)
    run(suite).assert_outcomes(passed=1)


WRONG_NAMES = """
import pytest
from agentscale import SpecError
@pytest.mark.parametrize("name", ["..", "../sources", "a/../..", "/elsewhere", "", ".", "./"])
def test_team(agentscale_run, name):
    with pytest.raises(SpecError, match=f"recording: the recording is named {name!r}\\n  allowed: a name below"):
        agentscale_run("team.yaml", recording=name)
"""


@pytest.mark.parametrize("mode", ["none", "all"])
def test_a_recording_is_named_below_its_folder_or_nothing_is_touched(suite: pytest.Pytester, mode: str) -> None:
    suite.makepyfile(test_team=WRONG_NAMES)
    kept = [suite.mkdir("sources") / "run.json", suite.mkdir("recordings") / "run.json", suite.path / "run.json"]
    for path in kept:
        path.write_text("precious")
    run(suite, f"--agentscale-record={mode}").assert_outcomes(passed=7)
    assert [path.read_text() for path in kept] == ["precious"] * 3


def test_only_a_recording_is_removed_to_be_made_anew(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_team=TEST.replace('"team")', '"teams/small")'))
    run(suite, "--agentscale-record=all").assert_outcomes(passed=1)
    run(suite, "--agentscale-record=all").assert_outcomes(passed=1)
    suite.makepyfile(test_team=TEST.replace('"team")', '"teams")'))
    run(suite, "--agentscale-record=all").assert_outcomes(failed=1)
    assert (suite.path / "recordings" / "teams" / "small" / "run.json").exists()


def test_a_recording_that_no_test_uses_is_reported(suite: pytest.Pytester) -> None:
    run(suite, "--agentscale-record=once").assert_outcomes(passed=1)
    (suite.path / "recordings" / "team").rename(suite.path / "recordings" / "old")
    result = run(suite, "--agentscale-record=once")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*agentscale recordings*", "*recordings/old: no test that ran uses this recording"])


def test_recorded_calls_that_a_replay_did_not_use_are_counted(suite: pytest.Pytester) -> None:
    run(suite, "--agentscale-record=once").assert_outcomes(passed=1)
    folder = suite.path / "recordings" / "team" / "recording"
    with Recording.open(folder, write=True) as recording:
        known = next(iter(recording.records()))
        recording.append(dataclasses.replace(known, id=dataclasses.replace(known.id, sample_id="gone")))
    result = run(suite)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*recordings/team: 1 of 5 recorded calls were not used"])


def test_a_test_that_replays_cannot_reach_the_network(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import socket
        def test_reach(agentscale_run):
            socket.create_connection(("192.0.2.1", 80), timeout=1)
        def test_name(agentscale_run):
            socket.getaddrinfo("example.org", 80)
        """
    )
    result = run(pytester)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*NetworkRefused: this test tried to reach '192.0.2.1': tests reach no network"])


UNGUARDED = """
import socket, sys
def audited():
    sys.audit("socket.connect", socket.socket(), ("192.0.2.1", 80))
    sys.audit("socket.getaddrinfo", "example.org", 80, 0, 0, 0)
"""


def test_other_tests_of_a_user_are_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        UNGUARDED
        + """
added = []
sys.addaudithook(lambda event, args: added.append(args) if event == "sys.addaudithook" else None)
def test_reach():
    audited()
    assert not added and "connect" not in vars(socket.socket)
"""
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_the_guard_opens_again_after_a_guarded_test_and_comes_only_once(
    pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    pytester.makepyfile(
        UNGUARDED
        + """
import pytest
from agentscale.pytest_plugin import NetworkRefused
added = []
sys.addaudithook(lambda event, args: added.append(args) if event == "sys.addaudithook" else None)
def test_a(agentscale_run):
    with pytest.raises(NetworkRefused):
        audited()
def test_b():
    audited()
    assert "connect" not in vars(socket.socket)
def test_c(agentscale_run):
    with pytest.raises(NetworkRefused):
        audited()
    assert len(added) == 1
"""
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider", *workers).assert_outcomes(passed=3)


OUT, OUT6 = ("192.0.2.1", 80), ("2001:db8::1", 80)


@pytest.mark.parametrize(
    "reach",
    [
        lambda tcp, udp, six: tcp.connect(OUT),
        lambda tcp, udp, six: tcp.connect_ex(OUT),
        lambda tcp, udp, six: six.connect_ex(OUT6),
        lambda tcp, udp, six: super(socket.socket, tcp).connect(OUT),
        lambda tcp, udp, six: udp.sendto(b"x", OUT),
        lambda tcp, udp, six: udp.sendto(b"x", 0, OUT),
        lambda tcp, udp, six: udp.sendmsg([b"x"], [], 0, OUT),
        lambda tcp, udp, six: super(socket.socket, udp).sendto(b"x", OUT),
        lambda tcp, udp, six: super(socket.socket, udp).sendmsg([b"x"], [], 0, OUT),
        lambda tcp, udp, six: socket.create_connection(OUT, timeout=1),
        lambda tcp, udp, six: socket.getaddrinfo("example.org", 443),
        lambda tcp, udp, six: socket.getaddrinfo(b"example.org", 443),
        lambda tcp, udp, six: socket.gethostbyname("example.org"),
        lambda tcp, udp, six: socket.gethostbyname_ex("example.org"),
        lambda tcp, udp, six: socket.gethostbyaddr("192.0.2.1"),
        lambda tcp, udp, six: socket.getnameinfo(OUT, 0),
    ],
)
def test_no_way_out_of_a_socket_reaches_the_network(reach: Callable[..., object]) -> None:
    with (
        socket.socket() as tcp,
        socket.socket(type=socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_INET6) as six,
        pytest.raises(NetworkRefused, match="tests reach no network"),
    ):
        reach(tcp, udp, six)


@pytest.mark.parametrize("name", ["connect", "connect_ex", "sendto", "sendmsg"])
def test_a_host_name_is_refused_before_it_is_looked_up(name: str) -> None:
    before = {"sendto": (b"x",), "sendmsg": ([b"x"], [], 0)}.get(name, ())
    with socket.socket(type=socket.SOCK_DGRAM) as udp, pytest.raises(NetworkRefused, match=r"reach 'nowhere\.invalid'"):
        getattr(udp, name)(*before, ("nowhere.invalid", 80))


def test_datagrams_and_look_ups_of_this_machine_stay_open() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as here, socket.socket(type=socket.SOCK_DGRAM) as there:
        here.bind(("127.0.0.1", 0))
        there.sendto(b"1", here.getsockname())
        there.sendmsg([b"2"], [], 0, here.getsockname())
        there.connect(here.getsockname())
        there.sendmsg((b"192.0.2.1",))
        assert [here.recv(9) for _ in range(3)] == [b"1", b"2", b"192.0.2.1"]
    assert socket.getaddrinfo(None, 80)
    assert socket.getaddrinfo("localhost", 80)
    assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"
    assert socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST)[0] == "127.0.0.1"


def test_what_is_no_address_is_left_to_the_socket() -> None:
    with socket.socket() as tcp:
        for wrong in ((), ("192.0.2.1",), (None,), ((),), ((None, 80),)):
            with pytest.raises(TypeError):
                tcp.connect(*wrong)


def test_loopback_and_sockets_of_the_file_system_stay_open(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as reaching:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        reaching.connect(str(tmp_path / "s"))
    one, other = socket.socketpair()
    with one, other:
        one.sendmsg([b"x"])
        assert other.recv(1) == b"x"
