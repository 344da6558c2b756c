"""A pilot asks every model alone at every level, is a recorded run, and ends with an override that can be used."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from agentscale import api
from agentscale.cli import main
from agentscale.errors import SpecError

EXPERIMENT = """\
name: try
models:
  world: {simulated: {model: 0}}
  sure: {scripted: {replies: ["Final answer: {target}"]}}
  mute: {scripted: {replies: ["Well."]}}
task: {name: knowledge, limit: 3}
team: {size: [4, 8], layer: [L3, L4], models: [world, sure]}
protocol: [{debate: {rounds: 2}}]
replicates: 3
embedder: lexical
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "try.yaml").write_text(EXPERIMENT, "utf-8")
    return tmp_path / "try.yaml"


def test_each_model_of_the_teams_is_asked_alone_so_many_questions_of_every_level(file: Path) -> None:
    made = api.pilot(file, questions=3)
    assert made.run.path == Path("results/try-pilot")
    assert {(each.level, each.model): each.n_items for each in made.found} == {
        (level, model): 3 for level in (1, 2, 3, 4) for model in ("sure", "world")
    }
    assert Counter(cell.size for cell in made.run.header.cells) == {1: 2}
    assert {each.accuracy for each in made.found if each.model == "sure"} == {1.0}
    assert {each.chance for each in made.found} <= {0.25, 0.25 * 2 / 3 + 0.2 / 3, 0.25 / 3 + 0.2 * 2 / 3, 0.2}


def test_the_same_pilot_asks_nothing_twice(file: Path) -> None:
    first, again = (api.pilot(file, questions=2).run.tally for _ in range(2))
    assert first is not None
    assert again is not None
    assert (first.calls_asked, again.calls_asked) == (16, 0)


def test_levels_of_the_file_are_kept_and_what_is_picked_can_be_used(file: Path) -> None:
    made = api.pilot(file, "task.levels=2,3", questions=2)
    assert {each.level for each in made.found} == {2, 3}
    sweep = api.load(file, f"task.levels={made.picked[0].level}")
    assert {question.level for question in sweep.questions.values()} == {made.picked[0].level}


def test_a_pilot_tells_that_answers_cannot_be_read(file: Path) -> None:
    made = api.pilot(file, "team.models=mute", questions=2)
    assert any("2 of 2 answers of mute cannot be read" in text for text in made.picked[0].warnings)


@pytest.mark.parametrize("overrides", [("task=mazes", "protocol=world"), ()])
def test_what_cannot_be_piloted_is_refused_before_anything_is_asked(file: Path, overrides: tuple[str, ...]) -> None:
    with pytest.raises(SpecError):
        api.pilot(file, *overrides, questions=1 if overrides else 0)
    assert not Path("results").exists()


def test_the_command_tells_it_within_80_columns(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def ran(*args: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["pilot", "try.yaml", "--questions", "2", *args])
        assert not ended.value.code
        return capsys.readouterr().out

    out = ran()
    assert max(map(len, out.splitlines())) <= 80
    assert "use task.levels=" in out
    told = json.loads(ran("--json"))
    assert told["picked"][0]["task"] == "knowledge"
    assert len(told["found"]) == 8
    assert "levels: [" in ran("task=[{name: knowledge}, {name: sums, levels: [1, 2]}]", "--out", "results/both")
