"""Step chains through the engine: what counts as right, what is kept, what cannot be walked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from agentscale.analysis import p_full
from agentscale.engine.estimate import estimate
from agentscale.engine.pricing import quotes
from agentscale.engine.recollection import Recollection
from agentscale.engine.session import offline_models
from agentscale.engine.tally import Tally
from agentscale.environments import Hanoi
from agentscale.errors import SpecError
from agentscale.experiment import Sweep
from agentscale.store import RunFolder

Make = Callable[..., Sweep]
Play = Callable[..., tuple[RunFolder, Tally]]

HANOI: dict[str, Any] = {"task": {"name": "hanoi", "levels": 3}, "team": {"size": 3, "layer": "L1"}}


def walker(**chances: float) -> dict[str, Any]:
    return {"models": {"walker": {"stepping": chances}}}


def test_a_team_is_right_if_and_only_if_every_step_is(make_sweep: Make, play: Play) -> None:
    sweep = make_sweep(protocol={"steps": {"k": 1}}, replicates=60, **HANOI, **walker(error=0.1))
    folder, _ = play(sweep)
    transcripts = list(folder.transcripts(sweep.header.cells[0].id))
    assert len(transcripts) == 60
    for transcript in transcripts:
        assert transcript.is_chain
        if transcript.counts["undecided"]:  # an error has led to where the strategy has no step
            assert transcript.answer is None
            continue
        steps = [event for event in transcript.events if event.key in transcript.final]
        assert len(steps) == 7
        assert transcript.correct == all(event.correct for event in steps)
        assert transcript.score == float(bool(transcript.correct))
        assert not transcript.correct or (steps[-1].answer or "").endswith(Hanoi(disks=3).goal())
    accuracy = np.mean([bool(transcript.correct) for transcript in transcripts])
    assert accuracy == pytest.approx(0.9**7, abs=3 * np.sqrt(0.25 / 60))


def test_longer_races_bring_chains_to_what_the_law_says(make_sweep: Make, play: Play) -> None:
    sweep = make_sweep(protocol={"steps": {"k": 3}}, replicates=40, **HANOI, **walker(error=0.1, unreadable=0.1))
    folder, _ = play(sweep)
    transcripts = list(folder.transcripts(sweep.header.cells[0].id))
    assert np.mean([bool(transcript.correct) for transcript in transcripts]) >= float(p_full(0.9, 3, 7)) - 0.1
    flagged = sum(transcript.counts["malformed"] for transcript in transcripts)
    samples = sum(transcript.counts["samples"] for transcript in transcripts)
    assert flagged / samples == pytest.approx(0.1, abs=0.04)


def test_a_step_that_nobody_wins_leaves_the_team_without_an_answer(make_sweep: Make, play: Play) -> None:
    protocol = {"steps": {"k": 2, "max_votes": 4}}
    sweep = make_sweep(protocol=protocol, **HANOI, **walker(unreadable=1.0))
    folder, _ = play(sweep)
    (transcript,) = folder.transcripts(sweep.header.cells[0].id)
    assert (transcript.answer, transcript.correct, transcript.score) == (None, None, None)
    assert transcript.counts == {"samples": 4, "failed": 0, "malformed": 4, "too_long": 0, "undecided": 1}


def test_a_vote_on_a_chain_is_on_its_first_step(make_sweep: Make, play: Play) -> None:
    sweep = make_sweep(protocol="vote", **HANOI, **walker(error=0))
    folder, _ = play(sweep)
    (transcript,) = folder.transcripts(sweep.header.cells[0].id)
    assert (transcript.answer, transcript.correct) == ("1AC = CAA", True)


def test_what_is_recorded_of_a_chain_is_left_out_of_the_estimate(make_sweep: Make, play: Play) -> None:
    sweep = make_sweep(protocol={"steps": {"k": 2}}, **HANOI, **walker(error=0.2, unreadable=0.2))
    folder, tally = play(sweep)
    with folder.recording() as recording:
        left = estimate(sweep, quotes(sweep, {}), Recollection(sweep, offline_models(sweep), recording))
    assert left.known_calls == tally.calls_asked
    assert (left.total.low.calls, left.total.high.calls) == (0, 0)


def test_steps_of_a_task_without_chains_are_refused_before_anything_is_asked(make_sweep: Make) -> None:
    with pytest.raises(SpecError, match="take one of the kind step, such as hanoi"):
        make_sweep(protocol="steps")


def test_a_tower_too_high_for_one_trial_is_refused_with_the_way_out(make_sweep: Make) -> None:
    with pytest.raises(SpecError, match=r"1,048,575 races.*draw_races"):
        make_sweep(protocol="steps", **{**HANOI, **walker(), "task": {"name": "hanoi", "levels": 20}})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"error": 2}, "models.walker.stepping.error"),
        ({"eror": 0.1}, "did you mean 'error'"),
    ],
)
def test_chances_that_cannot_be_are_refused_where_they_stand(make_sweep: Make, change, told) -> None:
    with pytest.raises(SpecError, match=told):
        make_sweep(protocol="steps", **HANOI, models={"walker": {"stepping": change}})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"k": 3, "max_votes": 2}, "max_votes of at least k = 3"),
        ({"flags": {"too_long": {"token": 3}}}, "tokens"),
        ({"rule": "ahead"}, "ahead_by"),
    ],
)
def test_rules_of_a_race_that_cannot_be_are_refused(make_sweep: Make, change, told) -> None:
    with pytest.raises(SpecError, match=told):
        make_sweep(protocol={"steps": change}, **HANOI, **walker())
