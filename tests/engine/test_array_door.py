"""Two doors, one world: what arrays answer is, byte for byte, what the engine is told when it asks one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentscale import api
from agentscale.engine.array_door import playable, simulate_sweep
from agentscale.engine.tally import Tally
from agentscale.errors import SpecError
from agentscale.experiment import Sweep
from agentscale.store import RunFolder

Make = Callable[..., Sweep]
Play = Callable[..., tuple[RunFolder, Tally]]
WORLD = {"parse_failure": [0.1, 0.3, 0.5], "copying": 0.4, "truth_advantage": 0.8}
MODELS = {name: {"simulated": {"model": place, "world": WORLD}} for place, name in enumerate(("one", "two"))}
TEAM = {"size": [1, 2, 5], "layer": ["L1", "L4"]}


def transcript_bytes(folder: RunFolder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder.path / "transcripts").iterdir())}


def in_arrays(sweep: Sweep, path: Path) -> tuple[RunFolder, Tally]:
    folder = RunFolder.create(path, sweep.header, sweep.source, sweep.questions.values())
    return folder, asyncio.run(simulate_sweep(sweep, folder))


@pytest.mark.parametrize("see", ["answer", "rationale"])
@pytest.mark.parametrize("independent", [False, True])
def test_both_doors_write_the_same_bytes(
    make_sweep: Make, play: Play, tmp_path: Path, see: str, independent: bool
) -> None:
    sweep = make_sweep(
        models=MODELS,
        team=TEAM,
        protocol=["vote", {"debate": {"rounds": 2, "see": see}}, {"refine": {"rounds": 1}}],
        topology=["complete", "ring", "hub"],
        replicates=2,
        independent=independent,
    )
    asked, _ = play(sweep, "asked")
    answered, tally = in_arrays(playable(sweep), tmp_path / "arrays")
    assert transcript_bytes(answered) == transcript_bytes(asked)
    assert b'"answer":null' in b"".join(transcript_bytes(asked).values())
    assert tally.trials_done == tally.trials > 0
    assert tally.calls_asked == 0
    assert not answered.has_recording


def test_cells_that_arrays_cannot_answer_are_listed_with_their_reason(make_sweep: Make, tmp_path: Path) -> None:
    models: dict[str, Any] = {
        **MODELS,
        "script": {"scripted": {"replies": ["Final answer: A"]}},
        "far": {"simulated": {"model": 0, "world": {"seed": 9}}},
    }
    members = {"mixed": ["one", "far"], "read": ["one", "script"], "fine": ["one", "two"]}
    team = [{"name": name, "members": [{"model": model} for model in who]} for name, who in members.items()]
    sweep = make_sweep(models=models, team=team)
    reduced = playable(sweep)
    reasons = [each.reason for each in reduced.header.not_applicable]
    assert sorted(reasons) == ["its models live in different worlds", "the model 'script' is not simulated"]
    assert {cell.team_name for cell in reduced.header.cells} == {"fine"}
    folder, _ = in_arrays(reduced, tmp_path / "arrays")
    assert len(transcript_bytes(folder)) == 1


def test_an_experiment_without_a_simulated_cell_is_refused(make_sweep: Make) -> None:
    with pytest.raises(SpecError, match="not simulated"):
        playable(
            make_sweep(
                models={"script": {"scripted": {"replies": ["Final answer: A"]}}}, team={"size": 2, "layer": "L1"}
            )
        )


def test_a_cap_that_cuts_answers_is_obeyed_in_a_vote_and_refused_in_a_debate(
    make_sweep: Make, play: Play, tmp_path: Path
) -> None:
    models = {"one": {"simulated": {"model": 0}, "sampling": {"max_tokens": 12}}}
    vote = make_sweep(models=models, team={"size": 3, "layer": "L1"})
    asked, _ = play(vote, "asked")
    assert transcript_bytes(in_arrays(playable(vote), tmp_path / "arrays")[0]) == transcript_bytes(asked)
    debate = make_sweep(models=models, team={"size": 3, "layer": "L1"}, protocol={"debate": {"rounds": 1}})
    with pytest.raises(SpecError, match="cut off"):
        in_arrays(playable(debate), tmp_path / "cut")


def test_a_simulated_run_is_analysed_like_any_other_and_made_anew_in_its_folder(
    make_sweep: Make, tmp_path: Path
) -> None:
    make_sweep(models=MODELS, team=TEAM)
    experiment = tmp_path / "experiment.yaml"
    asked = api.run(experiment, out=tmp_path / "asked")
    made = api.simulate(experiment, out=tmp_path / "made")
    assert made.rows("curves") == asked.rows("curves")
    assert made.report().is_file()
    again = api.simulate(experiment, out=tmp_path / "made")
    assert again.rows("curves") == made.rows("curves")
    with pytest.raises(SpecError, match="holds a recording"):
        api.simulate(experiment, out=tmp_path / "asked")
