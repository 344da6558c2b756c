"""Probed debates through the engine: what agents say on the side is recorded as an attitude, and its drift is known."""

from __future__ import annotations

import json

import pytest

import agentscale

PROBED = {"rounds": 3, "probe": "Where do you stand, from 0 to 10?", "baseline": True}


@pytest.fixture
def run(tmp_path):
    def of(model, protocol=PROBED, **changes):
        experiment = {
            "name": "probed",
            "models": {"m": model},
            "task": {"name": "knowledge", "limit": 3},
            "team": {"size": 2, "layer": "L1"},
            "protocol": {"debate": protocol},
            "embedder": "lexical",
        }
        (tmp_path / "probed.yaml").write_text(json.dumps(experiment | changes))
        return agentscale.run(tmp_path / "probed.yaml", out=tmp_path / "run")

    return of


def rows(run):
    return {(row["measure"], row["at"]): row for row in run.rows("attitudes")}


def test_an_agent_that_moves_by_one_a_round_has_that_drift(run) -> None:
    """Copy c says 9 − c − t in round t, and its baseline is what it says first."""
    said = [f"I stand at {at}.\nFinal answer: A" for at in (9, 8, 7, 6, 5)]
    found = rows(run({"scripted": {"replies": said}}))
    for at in range(4):
        assert found["attitude", str(at)]["value"] == pytest.approx(8.5 - at)
        if at:
            assert found["from_start", str(at)]["value"] == at
    assert found["attitude_default", ""]["value"] == pytest.approx(8.5)


@pytest.mark.parametrize("pull", [0.0, 0.3])
def test_a_simulated_persona_drifts_to_the_default_by_its_pull(run, pull: float) -> None:
    model = {"simulated": {"attitude": {"persona": 3, "pull": pull}}}
    found = rows(run(model, team={"size": 2, "layer": "L2"}))
    for at in range(4):
        assert found["from_default", str(at)]["value"] == pytest.approx(3 * (1 - pull) ** at, abs=0.01)


def test_attitudes_are_kept_as_numbers_that_are_neither_right_nor_wrong(run) -> None:
    played = run({"simulated": {"attitude": {}}}, PROBED | {"rounds": 1})
    events = [event for transcript in played.transcripts() for event in transcript.events]
    aside = [event for event in events if event.role in ("probe", "baseline")]
    assert len(aside) == 3 * (2 + 2 * 2)
    assert all(event.correct is None and 4 <= float(event.answer) <= 6 for event in aside)
    assert {event.answer in "ABCD" for event in events if event.role == "agent" and event.answer} == {True}
