"""`agentscale bench` as a user meets it."""

import json
import os
import sys
from collections.abc import Callable

import pytest

from agentscale import bench
from agentscale.bench import AREAS, Goal, Result
from agentscale.cli import main

Ran = tuple[int, str, str]


@pytest.fixture
def ran(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def run(*args: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(["bench", *args])
        assert isinstance(ended.value.code, int)
        return ended.value.code, *capsys.readouterr()

    return run


def test_without_an_area_the_areas_are_listed(ran: Callable[..., Ran]) -> None:
    code, out, _ = ran()
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(AREAS)


def test_an_area_gives_its_goals_as_json_and_its_exit_code_says_whether_one_is_missed(ran: Callable[..., Ran]) -> None:
    code, out, _ = ran("start", "--quick", "--json")
    found = json.loads(out)
    assert found["area"] == "start"
    assert {goal["baseline"] for goal in found["goals"]} == {"a bare interpreter"}
    assert code == int(any(goal["met"] is False for goal in found["goals"]))


@pytest.mark.parametrize(("value", "code"), [(1.0, 1), (2.0, 0), (None, 0)])
def test_a_missed_goal_exits_with_1_and_one_that_was_not_measured_does_not(
    ran: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, value: float | None, code: int
) -> None:
    result = Result("engine", [], [Goal.at_least("ratio", value, 2.0, "bare")])
    monkeypatch.setattr(bench, "run", lambda area, **options: result)
    assert ran("engine")[0] == code


def test_what_libraries_print_meanwhile_is_no_part_of_the_result(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def noisy(area: str, **options: object) -> Result:
        sys.stdout.write("(raylet) a worker died\n")
        os.write(1, b"as did another\n")
        return Result(area, [], [])

    monkeypatch.setattr(bench, "run", noisy)
    with pytest.raises(SystemExit):
        main(["bench", "executors", "--json"])
    out, err = capfd.readouterr()
    assert json.loads(out)["area"] == "executors"
    assert ("(raylet) a worker died" in err, "as did another" in err) == (True, True)


def test_an_unknown_area_is_told_with_the_nearest(ran: Callable[..., Ran]) -> None:
    code, _, err = ran("engin")
    assert code == 2
    assert "unknown area 'engin'" in err
    assert "did you mean 'engine'?" in err


def test_an_unknown_peer_is_told_before_anything_is_measured(ran: Callable[..., Ran]) -> None:
    code, out, err = ran("transport", "--peer", "nobody=/x")
    assert (code, out) == (2, "")
    assert "unknown peer 'nobody'" in err
