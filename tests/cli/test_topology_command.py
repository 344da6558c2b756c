"""``agentscale catalog topologies --show``: pictures, files, JSON, and what is told of a slip."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from agentscale.cli import main

Ran = tuple[int, str, str]


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs ``catalog topologies --show`` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*args: str, kind: str = "topologies") -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(["catalog", kind, *args])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_a_topology_is_drawn_with_its_measures_beside_it(shown: Callable[..., Ran]) -> None:
    code, out, err = shown("--show", "mesh", "--n", "16")
    assert (code, err) == (0, "")
    assert out.startswith("mesh, N = 16\n")
    assert "sink coverage       16" in out
    assert "15 reads 0–14" in out
    assert max(map(len, out.splitlines())) <= 80


def test_without_colour_it_is_the_same(shown: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    _, plain, _ = shown("--show", "ring")
    monkeypatch.setenv("NO_COLOR", "1")
    assert shown("--show", "ring")[1] == plain
    assert "\x1b" not in plain


def test_parameters_are_written_as_in_an_experiment_file(shown: Callable[..., Ran]) -> None:
    code, out, _ = shown("--show", "{small_world: {k: 2, p: 0.0}}", "--n", "6", "--json")
    shown_graph = json.loads(out)
    assert (code, shown_graph["name"], shown_graph["n"], shown_graph["seed"]) == (0, "small_world", 6, 0)
    assert shown_graph["parameters"] == {"k": 2, "p": 0.0}
    assert len(shown_graph["edges"]) == shown_graph["measures"]["edges"] == 12
    assert shown_graph["measures"]["sigma"] is None
    assert "sigma" in shown_graph["measures"]["undefined"]


def test_the_seed_decides_what_is_drawn(shown: Callable[..., Ran]) -> None:
    graphs = [shown("--show", "proximity", "--seed", seed, "--json")[1] for seed in ("1", "1", "2")]
    assert graphs[0] == graphs[1] != graphs[2]
    assert len(json.loads(graphs[0])["positions"]) == 16


def test_groups_are_told(shown: Callable[..., Ran]) -> None:
    out = shown("--show", "{hypergraph: {members: [[0, 1, 2], [2, 3]]}}", "--n", "4", "--json")[1]
    assert json.loads(out)["groups"] == [[0, 1, 2], [2, 3]]


def test_a_drawing_is_written_and_is_the_same_each_time(shown: Callable[..., Ran], tmp_path: Path) -> None:
    code, out, _ = shown("--show", "random_dag", "--svg", "a.svg")
    assert (code, out.splitlines()[-1]) == (0, "drawing: a.svg")
    shown("--show", "random_dag", "--svg", "b.svg", "--json")
    first = (tmp_path / "a.svg").read_text("utf-8")
    assert first == (tmp_path / "b.svg").read_text("utf-8")
    circles = [element for element in ElementTree.fromstring(first).iter() if element.tag.endswith("circle")]
    assert len(circles) == 16


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--show", "rign"), "agentscale: unknown topology 'rign'"),
        (("--show", "rign"), "did you mean 'ring'?"),
        (
            ("--show", "caveman", "--n", "9"),
            "no graph with n = 9: caves of 4 need two or more full ones: 8, 12, … agents",
        ),
        (("--show", "{small_world: {k: 3}}"), "small_world.k: got 3"),
        (("--show", "{small_world: {q: 3}}"), "unknown parameter of small_world 'q'"),
        (("--show", "[ring, hub]"), "topology: got ['ring', 'hub']\n  allowed: a name, or {name: {parameter: value}}"),
        (("--show", "{ring: "), "topology: is not YAML"),
        (("--show", ""), "allowed: a name"),
        (("--show", "ring", "--n", "0"), "n: got 0\n  allowed: 1 to 1024 agents"),
        (("--show", "ring", "--n", "2000"), "n: got 2000\n  allowed: 1 to 1024 agents"),
        (("--svg", "a.svg"), "--svg: there is nothing to draw\n  name a topology with --show"),
        (("--show", "{file: {path: none.graphml}}"), "no such graph file"),
    ],
)
def test_a_slip_is_told_with_what_is_allowed(args: tuple[str, ...], said: str, shown: Callable[..., Ran]) -> None:
    code, out, err = shown(*args)
    assert (code, out) == (2, "")
    assert said in err


def test_only_topologies_and_tasks_can_be_shown(shown: Callable[..., Ran]) -> None:
    code, _, err = shown("--show", "sceptic", kind="personas")
    assert code == 2
    assert "--show: personas cannot be shown\n  allowed: catalog topologies|tasks --show NAME" in err


def test_a_file_that_cannot_be_written_is_told(shown: Callable[..., Ran]) -> None:
    code, _, err = shown("--show", "ring", "--svg", "no/such/folder/a.svg")
    assert (code, err) == (1, "agentscale: cannot write: No such file or directory\n")
