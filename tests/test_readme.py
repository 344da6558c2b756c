"""Every block of the README runs as it stands there, in the order of the page, in one folder."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pages
import pytest

from agentscale import api
from agentscale.catalog import experiments
from agentscale.endpoints import KNOWN

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BIN = Path(sys.executable).parent


class Block(NamedTuple):
    """A fenced block with its language and the comment that stands before it."""

    mark: str
    language: str
    text: str


BLOCKS = [Block(*found) for found in re.findall(r"(?:<!-- ([^<>]+) -->\n)?```(\w*)\n(.*?)```", README, re.DOTALL)]
SETUP = re.compile(r"python3 -m venv \.venv|\.venv/bin/pip install -q (-e )?('?\.(\[\w+\])?'?)")


def _command(mark: str) -> list[str]:
    """The parts of a marked one-line command."""
    (text,) = [block.text for block in BLOCKS if block.mark == mark]
    (line,) = text.splitlines()
    return line.split(" && ")


def _ran(command: str, folder: Path) -> str:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_the_first_command_sets_up_and_ends_with_the_path_of_the_page(tmp_path: Path) -> None:
    *setup, job = _command("run-command")
    assert all(SETUP.fullmatch(part) for part in setup)
    printed = _ran(job.removeprefix(".venv/bin/"), tmp_path)
    page = printed.splitlines()[-1].removeprefix("page: ")
    assert (tmp_path / page).is_file()


def test_the_local_command_names_what_there_is() -> None:
    setup, pull, run = _command("local-command")
    assert SETUP.fullmatch(setup)
    assert shlex.split(pull)[1:2] == ["pull"]
    assert shlex.split(pull)[2] in KNOWN
    name = shlex.split(run)[2]
    assert name in {entry.name for entry in experiments()}
    launched = [endpoint.launch for endpoint in api.load(name).experiment.endpoints.values()]
    assert [launch.model for launch in launched if launch] == [shlex.split(pull)[2]]


def test_the_test_command_is_what_ci_runs() -> None:
    *setup, tests = _command("test-command")
    assert all(SETUP.fullmatch(part) for part in setup)
    assert tests.startswith(".venv/bin/pytest")
    assert "<!-- test-command -->" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_worked_example_runs_from_its_first_block_to_its_last(tmp_path: Path) -> None:
    start = next(index for index, block in enumerate(BLOCKS) if block.mark.startswith("file: "))
    for block in BLOCKS[start:]:
        if block.mark.startswith("file: "):
            (tmp_path / block.mark.removeprefix("file: ")).write_text(block.text, "utf-8")
        elif block.language == "bash":
            for line in block.text.splitlines():
                _ran(line, tmp_path)
        elif block.language == "python":
            printed = _ran(f"{shlex.quote(sys.executable)} -c {shlex.quote(block.text)}", tmp_path)
            assert len(printed.splitlines()) > 8
        else:
            assert block.language == ""


def test_no_block_escapes_this_test() -> None:
    known = {"run-command", "local-command", "test-command"}
    for block in BLOCKS:
        assert block.mark in known or block.mark.startswith("file: ") or block.language in ("bash", "python", "")
    assert {block.mark for block in BLOCKS} >= known


def test_the_tree_of_the_readme_is_the_tree_of_the_checkout() -> None:
    (tree,) = [block.text for block in BLOCKS if block.language == "" and block.text.startswith("agentscale/")]
    named = re.findall(r"^(  )?(\S+?)/? {2,}", tree, re.MULTILINE)
    inside = {name for indent, name in named if indent}
    package = ROOT / "agentscale"
    rooms = {path.name for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert inside == rooms - {"__init__.py"}
    assert all((ROOT / name).exists() for indent, name in named if not indent)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_every_link_of_the_readme_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


REQUIREMENTS = ("Python 3.11 or newer",)
"""What the README may say with a numeral that stands in no table: names are none, and code is run as it stands."""


def test_no_sentence_of_the_readme_holds_a_number_that_no_table_gives() -> None:
    """Those between the marks are written from the tables of the studies, which tests/results checks."""
    before, _, rest = README.partition("<!-- findings -->")
    findings, _, after = rest.partition("<!-- /findings -->")
    said = before + after
    for requirement in REQUIREMENTS:
        assert requirement in said
        said = said.replace(requirement, "")
    assert pages.loose_numbers(said) == []
    assert pages.loose_numbers(findings)
