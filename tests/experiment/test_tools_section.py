"""What a file says of tools: who has them, as whom they count, and what is wrong before anything is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentscale import api
from agentscale.errors import SpecError
from agentscale.experiment import Sweep, from_folder, load
from agentscale.store import RunFolder

HEAD = "models: {m: {scripted: {replies: [A]}}, n: {scripted: {replies: [B]}}}\ntask: ./quiz\n"
Load = Callable[..., Sweep]


def slots(sweep: Sweep) -> list[tuple[str, ...]]:
    return [cell.team.slots for cell in sweep.header.cells]


def test_tools_are_dealt_in_order_and_every_smaller_team_is_a_prefix(loaded: Load) -> None:
    team = "tools: [calculator]\nteam: {size: [2, 3], tools: [none, calculator], models: [m]}\n"
    assert slots(loaded(HEAD + team)) == [
        ("m/-/0", "m/-@+calculator/0"),
        ("m/-/0", "m/-@+calculator/0", "m/-/1"),
    ]


def test_every_model_meets_every_set_of_tools(loaded: Load) -> None:
    team = "tools: [calculator]\nteam: {size: 4, layer: L3, tools: [none, calculator]}\n"
    assert set(slots(loaded(HEAD + team))[0]) == {
        "m/-/0", "n/-/0", "m/-@+calculator/0", "n/-@+calculator/0",
    }  # fmt: skip


def test_members_and_parts_name_their_tools(loaded: Load) -> None:
    text = (
        "tools: [calculator]\nteam: {members: [{model: m, tools: calculator}, {model: m}]}\n"
        "protocol: {judged: {judge: {model: n, tools: [calculator]}}}\n"
    )
    (cell,) = loaded(HEAD + text).header.cells
    assert [agent.slot for agent in cell.team.everyone] == [
        "m/-@+calculator/0", "m/-/0", "n/-@+calculator@judge/0",
    ]  # fmt: skip
    assert [tool.name for tool in cell.team.parts["judge"].tools] == ["calculator"]


def test_teams_with_tools_are_compared_one_by_one(loaded: Load) -> None:
    team = "team: [{name: bare, size: 2, tools: none}, {name: full, size: 2, tools: calculator}]\n"
    cells = loaded(HEAD + "tools: [calculator]\n" + team).header.cells
    assert {(cell.layer, cell.team_name) for cell in cells} == {
        ("explicit", f"{name}.{model}") for name in ("bare", "full") for model in "mn"
    }


def test_a_run_without_tools_is_what_it_was(loaded: Load) -> None:
    sweep = loaded(HEAD)
    text = sweep.header.model_dump_json()
    assert '"tools"' not in text
    assert "tool_steps" not in text
    with_unused = loaded(HEAD + "tools: [calculator]\n")
    assert [cell.team for cell in with_unused.header.cells] == [cell.team for cell in sweep.header.cells]


def test_a_run_folder_knows_the_tools_without_their_files(desk: Path) -> None:
    (desk / "t.csv").write_text("k,v\na,1\n", "utf-8")
    text = "tools: {t: {lookup: {file: t.csv}}}\nteam: {size: 1, models: [m], tools: t}\nembedder: lexical\n"
    (desk / "exp.yaml").write_text(HEAD + text, "utf-8")
    run = api.run("exp.yaml", out=desk / "run")
    (desk / "t.csv").unlink()
    again = from_folder(RunFolder.open(run.path))
    assert again.header.cells == load_cells(run.path)
    assert api.replay(run.path, out=desk / "again").tally is not None


def load_cells(path: Path) -> Any:
    return RunFolder.open(path).header.cells


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "team: {tools: calculator}\n",
            "exp.yaml:3: team.tools: unknown tool 'calculator'\n  allowed: no tool is defined",
        ),
        (
            "tools: [calculator]\nteam: {tools: [calculater]}\n",
            "team.tools: unknown tool 'calculater'\n  allowed: calculator",
        ),
        ("tools: [calculator]\nteam: {tools: [[calculator, calculator]]}\n", "the tool 'calculator' stands twice"),
        ("tools: [calculator]\nteam: {members: [{model: m, tools: x}]}\n", "team.members[0].tools: unknown tool 'x'"),
        (
            "tools: [calculator]\nprotocol: {judged: {judge: {model: n, tools: x}}}\n",
            "protocol.judged.judge.tools: unknown tool 'x'",
        ),
        (
            "tools: {t: {lookup: {file: gone.csv}}}\n",
            "exp.yaml:3: tools.t.lookup.file: the table 'gone.csv' cannot be read",
        ),
        ("tools: {f: {function: 'gone.py:f'}}\n", "exp.yaml:3: tools.f.function: 'gone.py' cannot be loaded"),
        ("tools: {c: {calculator: {}, python: {}}}\n", "give exactly one of calculator, python, lookup, function"),
        ("tools: {t: {lookup: {}}}\n", "give exactly one of file and rows"),
        ("tools: {a tool: calculator}\n", "tools"),
        ("tool_steps: 0\n", "tool_steps: got 0"),
        (
            "tools: [calculator]\nteam: {members: [{model: m}], tools: calculator}\n",
            "leave layer, models, personas and tools out",
        ),
    ],
)
def test_what_is_wrong_is_told_in_the_files_terms(loaded: Load, text: str, said: str) -> None:
    with pytest.raises(SpecError) as refused:
        loaded(HEAD + text)
    assert said in str(refused.value)


def test_a_models_own_field_of_tools_is_refused(desk: Path) -> None:
    text = "models: {m: {model: x, extra: {tools: []}}}\ntask: ./quiz\n"
    (desk / "exp.yaml").write_text(text, "utf-8")
    with pytest.raises(SpecError, match="tools of the experiment; who has them is said under team"):
        load("exp.yaml")
