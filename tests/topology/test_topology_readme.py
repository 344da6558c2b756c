"""The page of the topologies: its tables are the catalog's, and every block of it does what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from agentscale import catalog
from agentscale.cli import main
from agentscale.experiment import load
from agentscale.schema.run import Named
from agentscale.topology import TOPOLOGIES, resolve

HOME = Path(__file__).parents[2] / "topologies"
README = (HOME / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)


def rows(title: str) -> list[str]:
    """The rows of the table under a title."""
    return README.split(f"| {title} |")[1].split("\n\n")[0].splitlines()[2:]


def shown(value: object) -> str:
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else f"{value}"


def test_the_first_table_is_the_catalog() -> None:
    assert rows("name | who reads whom") == [f"| `{made.name}` | {made.description} |" for made in catalog.topologies()]


def test_the_second_table_is_the_generators_with_their_parameters() -> None:
    expected = []
    for name, member in sorted(TOPOLOGIES.items()):
        fields = [
            f"`{field}`" if info.is_required() else f"`{field}: {shown(info.default)}`"
            for field, info in member.model_fields.items()
        ]
        expected.append(f"| `{name}` | {', '.join(fields) or '–'} |")
    assert rows("generator | parameters and defaults") == expected


@pytest.mark.parametrize("text", [text for language, text in BLOCKS if language == "yaml"])
def test_a_block_of_yaml_is_a_topology_or_part_of_an_experiment(text: str, tmp_path: Path) -> None:
    data = yaml.safe_load(text)
    if "generator" in data:
        assert data == yaml.safe_load((HOME / f"{data['name']}.yaml").read_text("utf-8"))
        assert resolve(Named(name=data["generator"], parameters=data["parameters"]), HOME).unfit(8) is None
    else:
        head = "models: {m: {scripted: {replies: [A]}}}\ntask: {name: knowledge, limit: 1}\nprotocol: debate\n"
        (tmp_path / "exp.yaml").write_text(f"{head}team: {{size: 8, layer: L1}}\n{text}", "utf-8")
        assert len(load(tmp_path / "exp.yaml").header.cells) == 5


@pytest.mark.parametrize(
    "line", [line for language, text in BLOCKS if language == "bash" for line in text.splitlines()]
)
def test_a_line_of_bash_runs(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    program, *args = shlex.split(line)
    assert program == "agentscale"
    with pytest.raises(SystemExit) as ended:
        main(args)
    assert not ended.value.code
    assert capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == [word for word in args if word.endswith(".svg")]


def test_no_block_escapes_these_tests() -> None:
    assert {language for language, _ in BLOCKS} == {"bash", "yaml"}
