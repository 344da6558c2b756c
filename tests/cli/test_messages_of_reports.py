"""What ``agentscale report`` says of options that cannot be: before anything is computed, naming what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentscale import api
from agentscale.errors import SpecError

EXPERIMENT = """
name: small
models: {a: {simulated: {preset: mcq-default, model: 0}}}
task: {name: knowledge, limit: 2}
team: {size: 2, layer: L1}
protocol: vote
embedder: lexical
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> api.Run:
    """A small run of the simulator: a vote of two."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "small.yaml").write_text(EXPERIMENT, "utf-8")
    return api.run(folder / "small.yaml", out=folder / "run")


def test_an_unknown_preset_or_form_names_the_nearest(run: api.Run, tmp_path: Path) -> None:
    for act, nearest in (
        (lambda: run.print_figures(tmp_path, "one-colum"), "one-column"),
        (lambda: run.print_figures(tmp_path, forms=["pfd"]), "pdf"),
        (lambda: run.typeset("latx"), "latex"),
    ):
        with pytest.raises(SpecError, match=f"did you mean '{nearest}'"):
            act()
    assert list(tmp_path.iterdir()) == []


def test_print_and_paper_come_from_the_command_line(
    run: api.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from agentscale.cli import main

    options = ["--tables", "markdown", "--methods", "--figures", str(tmp_path / "f"), "--formats", "svg"]
    with pytest.raises(SystemExit) as ended:
        main(["report", str(run.path), *options])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "**curves**\n\n| Setting | Team | N | Accuracy |" in said
    assert "The run 'small' was made with agentscale" in said
    assert (tmp_path / "f" / "captions.md").is_file()


def test_a_preset_without_figures_is_told_what_is_lacking(run: api.Run, capsys: pytest.CaptureFixture[str]) -> None:
    from agentscale.cli import main

    with pytest.raises(SystemExit) as ended:
        main(["report", str(run.path), "--preset", "two-column"])
    assert ended.value.code == 2
    assert "give --figures FOLDER too" in capsys.readouterr().err
