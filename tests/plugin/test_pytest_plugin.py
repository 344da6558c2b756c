"""The plugin, as a user's test suite meets it."""

import dataclasses
import importlib
import socket
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


def test_other_tests_of_a_user_are_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import socket
        def test_reach():
            assert "guarded" not in socket.socket.connect.__qualname__
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_no_test_of_this_suite_reaches_the_network() -> None:
    with pytest.raises(NetworkRefused, match="tests reach no network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(NetworkRefused), socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as six:
        six.connect_ex(("2001:db8::1", 80))
    with pytest.raises(NetworkRefused):
        socket.getaddrinfo("example.org", 443)


def test_loopback_and_sockets_of_the_file_system_stay_open(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as reaching:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        reaching.connect(str(tmp_path / "s"))
