"""Worlds through the engine: what is kept of a play, which world a team meets, and what is refused beforehand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentscale.engine.session import offline_models
from agentscale.engine.tally import Tally
from agentscale.errors import SpecError
from agentscale.experiment import Sweep
from agentscale.store import RunFolder

Make = Callable[..., Sweep]
Play = Callable[..., tuple[RunFolder, Tally]]

KEYS: dict[str, Any] = {
    "task": {"name": "networks", "levels": [3, 4]},
    "models": {"player": {"policy": "optimal"}, "mute": {"policy": "silent"}},
    "team": {"size": 4, "layer": "L1"},
    "protocol": "world",
    "topology": "ring",
}
QUICK: dict[str, Any] = {"task": {"name": "networks", "levels": 3}, "protocol": {"world": {"retries": 0}}}


def test_a_transcript_keeps_what_the_world_measured_and_of_its_states_what_it_keeps(
    make_sweep: Make, play: Play
) -> None:
    folder, _ = play(make_sweep(**KEYS))
    by_team = {cell.team_name: list(folder.transcripts(cell.id)) for cell in folder.header.cells}
    for trial in by_team["player"]:
        assert (trial.correct, trial.score, trial.answer, trial.final) == (True, 1.0, None, ())
        assert trial.measures["solved"] == trial.measures["score"] == 1
        (kept,) = trial.snapshots
        assert sorted(kept) == ["answers", "names"]
        assert all(event.correct is None and event.answer == event.text for event in trial.events)
    for trial in by_team["mute"]:
        assert (trial.correct, trial.score) == (False, 0.0)
        assert trial.measures["silent"] == 1
        assert trial.counts["missing"] == trial.counts["asked_again"] == 4 * trial.counts["rounds"]
        assert {event.missing for event in trial.events} == {"no_answer"}


def test_all_teams_meet_the_same_world_and_replicates_another_unless_cells_are_independent(
    make_sweep: Make, play: Play
) -> None:
    def names(**keys: Any) -> dict[tuple[str, str, int], tuple[str, ...]]:
        folder, _ = play(make_sweep(**{**KEYS, **QUICK, **keys}), f"run-{len(keys)}")
        return {
            (cell.team_name, trial.sample_id, trial.replicate): tuple(trial.snapshots[0]["names"])
            for cell in folder.header.cells
            for trial in folder.transcripts(cell.id)
        }

    shared, apart = names(replicates=2), names(replicates=2, independent=True)
    for (team, sample, replicate), found in shared.items():
        assert found == shared["player", sample, replicate]
        assert found != shared[team, sample, 1 - replicate]
    assert apart["player", "matching", 0] != apart["mute", "matching", 0]


def test_a_team_that_cannot_play_is_listed_and_the_others_go_on(make_sweep: Make) -> None:
    sweep = make_sweep(**{**KEYS, "topology": ["ring", "chain"]})
    assert {cell.topology and cell.topology.name for cell in sweep.header.cells} == {"ring"}
    assert {left.reason for left in sweep.header.not_applicable} == {
        "world plays a world that needs a graph whose edges go both ways, such as ring, small_world or delaunay"
    }


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"protocol": "vote"}, "take the protocol world"),
        ({"task": "./capitals"}, "take one of the kind world"),
        ({"team": {"size": 1}}, "needs at least 2 agents"),
        ({"models": {"p": {"policy": "optimum"}}}, r"models.p.policy: unknown policy 'optimum'(.|\n)*'optimal'"),
        ({"models": {"p": {"policy": {"slip": 2}}}}, r"models.p.policy.slip: got 2\n  allowed: a number ≥ 0 and ≤ 1"),
        ({"models": {"p": {"policy": {"nam": "optimal"}}}}, r"unknown key 'nam'\n  allowed: name, slip"),
        ({"protocol": {"world": {"memory": "some"}}}, "one of all, last, none"),
    ],
)
def test_what_cannot_be_played_is_refused_when_the_file_is_read(make_sweep: Make, change: Any, told: str) -> None:
    with pytest.raises(SpecError, match=told):
        make_sweep(**{**KEYS, **change})


def test_a_simulated_model_says_that_it_only_answers_questions(make_sweep: Make) -> None:
    sweep = make_sweep(**{**KEYS, "models": {"m": {"simulated": {"model": 0}}}})
    with pytest.raises(SpecError, match=r"only answers questions(.|\n)*policy: optimal"):
        offline_models(sweep)
