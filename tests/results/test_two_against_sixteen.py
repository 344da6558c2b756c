"""The study of two against sixteen: its law, its parts, and its real arm on a recording of simulated models."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import derive
import numpy as np
import pytest

import agentscale

FOLDER = derive.RESULTS / "two-against-sixteen"


@pytest.fixture(scope="module")
def study() -> ModuleType:
    spec = importlib.util.spec_from_file_location("study_of_two", FOLDER / "study.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_two_votes_are_worth_the_mean_of_their_members_however_they_depend_on_each_other(study: ModuleType) -> None:
    for case in range(60):
        law = study._joint(case, 2, 2 + case % 7, lost=False)
        assert study.off_by(law, rescued=False) < 1e-12


def test_one_that_cannot_be_read_leaves_the_other_to_decide(study: ModuleType) -> None:
    law = np.zeros((3, 3))
    law[0, 2], law[2, 2], law[1, 1] = 0.5, 0.3, 0.2  # the first alone is readable and right; neither is; both are wrong
    assert (law * study.ballots_of(2, 2)).sum() == pytest.approx(0.5)
    assert study.off_by(law, rescued=False) == pytest.approx(0.25)
    assert study.off_by(law, rescued=True) < 1e-12


def test_three_independent_votes_are_better_than_their_members(study: ModuleType) -> None:
    one = np.array([0.6, 0.4, 0.0])
    vote = (np.einsum("a,b,c->abc", one, one, one) * study.ballots_of(3, 2)).sum()
    assert vote == pytest.approx(0.648)


def test_the_parts_of_a_difference_add_up_to_it(study: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "WORLDS", 3)
    monkeypatch.setattr(study, "QUESTIONS", 20)
    arm = study.simulator()
    for row in study.ladder(arm):
        assert row["value"] == pytest.approx(row["members"] + row["rescue"] - row["voting"])
        assert row["value"] == pytest.approx(row["two"] - row["sixteen"])
    rows = {row["step"]: row for row in study.ladder(arm)}
    assert rows["budget"]["value"] == 0
    assert rows["parsing"]["members"] == pytest.approx(0)
    assert rows["parsing"]["rescue"] == pytest.approx(0)
    assert [row["value"] for row in study.even(arm) if row["answers"] == "two options"] == [0, 0]


EXPERIMENT = """
name: {name}
seed: 7
models:
  a: {{simulated: {{model: 0, preset: mcq-parse-failures{world}}}}}
  b: {{simulated: {{model: 1, preset: mcq-parse-failures{world}}}}}
  c: {{simulated: {{model: 2, preset: mcq-parse-failures{world}}}}}
personas: {{one: You are one., other: You are another.}}
task: {{name: knowledge, limit: {limit}}}
team: {{{team}}}
protocol: vote
embedder: lexical
"""
DRESSED = "layer: L2, personas: [one, other], size: "
ZERO = ", world: {fresh: 0, fidelity_right: 1, fidelity_wrong: 1}"


@pytest.mark.slow
def test_the_real_arm_holds_the_same_law(study: ModuleType, tmp_path: Path) -> None:
    for name, limit, team, world in (
        ("sums", 12, "layer: L1, size: 16", ""),
        ("personas", 6, DRESSED + "6", ""),
        ("greedy", 6, DRESSED + "2", ZERO),
        ("plain-greedy", 6, "layer: L1, size: 1", ZERO),
    ):
        path = tmp_path / f"{name}.yaml"
        path.write_text(EXPERIMENT.format(name=name, limit=limit, team=team, world=world))
        agentscale.run(path, out=tmp_path / "recordings" / name)
    arm, members = study.real_models(tmp_path / "recordings", tmp_path / "out")
    assert study.identity_in(arm)["largest"] < 1e-12
    rows = {row["step"]: row for row in study.ladder(arm)}
    assert list(rows) == [step for step, *_ in study.STEPS]
    assert rows["pool"]["units"] == 12
    assert rows["decoding"]["units"] == 6
    for row in rows.values():
        assert row["value"] == pytest.approx(row["members"] + row["rescue"] - row["voting"], abs=1e-9)
    assert len(members) == 3 + 6 + 6 + 3
    assert {row["layer"] for row in study.by_size(arm)} == {"L1", "L2", "L3", "L4", "best"}
    assert (tmp_path / "out" / "reports" / "sums.html").is_file()
