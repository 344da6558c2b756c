from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from agentscale.report.contents import Contents
from agentscale.report.methods import methods


@pytest.fixture(scope="module")
def told(world: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> str:
    _, analysis = world.full(tmp_path_factory.mktemp("run"), sizes=(1, 4), n_questions=3)
    experiment: dict[str, Any] = {
        "models": {
            "small": {"endpoint": "here", "model": "smollm2-135m", "sampling": {"temperature": 1.0}, "simulated": None},
            "large": {"simulated": {"preset": "mcq-default", "model": 1, "world": {}}},
        },
        "task": [{"name": "sums", "limit": 3, "levels": [1, 2], "instruction": "Be brief."}],
        "independent": False,
    }
    header = analysis.header.model_copy(update={"experiment": experiment})
    return methods(Contents(world.Analysis(header, analysis.tables, method="95 % of a bootstrap")))


@pytest.mark.parametrize(
    "setting",
    [
        "(seed 7)",
        "Model small: smollm2-135m at the endpoint here; temperature 1.0, top_p left to the endpoint",
        "Model large: simulated (preset mcq-default, model 1)",
        "Personas open the context: solver, “You are a solver.”",
        "3 questions, answers of the kind choice",
        "Guessing gives 25.0 %",
        "limit: 3; levels: 1, 2; instruction: “Be brief.”",
        "read by the extractors letter, in this order",
        "Teams had 1, 4 agents",
        "L4 is several models with personas",
        "1 × small/solver, 1 × large/solver, 1 × small/doubter, 1 × large/doubter",
        "vote; debate(rounds=2)",
        "complete; ring",
        "played 1 time a cell; cells share equal calls",
        "95 % of a bootstrap",
        "Universal Sentence Encoder",
        "numpy 2.4.6",
        "digest dddddddddddddddd",
    ],
)
def test_a_reviewer_finds_every_setting(told: str, setting: str) -> None:
    assert setting in told


def test_methods_of_an_empty_run_claim_no_question(world: ModuleType) -> None:
    header = world.header([world.cell("L1", 2)])
    said = methods(Contents(world.Analysis(header, world.tables())))
    assert "no question was played" in said
    assert "Guessing" not in said


def test_what_a_stranger_wrote_is_visible(world: ModuleType) -> None:
    header = world.header([world.cell("L1", 2, team_name="\x1b[31m\u202e")])
    assert "\\x1b[31m\\u202e" in methods(Contents(world.Analysis(header, world.tables())))
