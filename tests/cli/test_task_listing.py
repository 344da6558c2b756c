"""``agentscale catalog tasks`` and ``--show``: what a user chooses by, and a look at a task of one's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from agentscale.catalog.task_folders import task_names
from agentscale.cli import main
from agentscale.schema.sources import Columns, Target, TaskData

Ran = tuple[int, str, str]


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs ``catalog tasks`` in an empty folder, with an empty cache and without the library of the gym."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "reasoning_gym", None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*args: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(["catalog", "tasks", *args])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_every_task_is_listed_with_what_a_user_chooses_by(shown: Callable[..., Ran]) -> None:
    code, out, err = shown()
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    rows = {line.split()[0]: line.split() for line in out.partition("\n\n")[0].splitlines()[1:]}
    assert set(rows) == set(task_names())
    assert rows["sums"] == ["sums", "number", "1–6", "300", "MIT"]
    assert rows["math-500"] == ["math-500", "math", "1–5", "500", "MIT", "pull"]
    assert "agentscale pull task:NAME" in out
    assert rows["gym-legs"][-1] == "gym"
    assert "gym: pip install 'agentscale[gym]'" in out


@pytest.mark.parametrize("name", ["sums", "knowledge", "hanoi", "mazes", "programs", "words", "gsm8k", "gym-legs"])
def test_a_task_of_every_kind_can_be_shown(name: str, shown: Callable[..., Ran]) -> None:
    code, out, err = shown("--show", name)
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert "licence   " in out
    assert ("a question:" in out) is ("needs     " not in out)


def test_a_task_is_shown_with_a_question_as_it_is_asked(shown: Callable[..., Ran]) -> None:
    _, out, _ = shown("--show", "sums")
    assert "samples   50 of each level, 1–6\n" in out
    assert out.rstrip().endswith("Final answer: <number>")


def test_a_folder_of_ones_own_is_shown_and_checked(shown: Callable[..., Ran], tmp_path: Path) -> None:
    home = tmp_path / "mine"
    home.mkdir()
    (home / "task.yaml").write_text(
        "name: mine\ndescription: Of my own.\nkind: choice\ninstruction: Which?\nextract: [mark]\nversion: '1'\n"
        "licence: MIT\nsource: here\n"
        "data: {files: q.csv, columns: {input: q, choices: [a, b], target: {ordinal: key}}}\n",
        "utf-8",
    )
    (home / "q.csv").write_text("q,a,b,key\nIs it?,yes,no,2\n", "utf-8")
    _, out, _ = shown("--show", "./mine", "--json")
    told = json.loads(out)
    assert told["question"] == "Is it?\nA) yes\nB) no\n\nWhich?"
    assert (told["levels"], told["example"]["target"], len(told["digest"])) == ({"1": 1}, "B", 64)
    (home / "q.csv").write_text("q,a,b,key\nIs it?,yes,no,3\n", "utf-8")
    code, out, err = shown("--show", "./mine")
    assert (code, out) == (2, "")
    assert "mine/q.csv:2: the column 'key' means option 3 of 2\n  allowed: one of the options" in err


def test_questions_that_lie_elsewhere_are_shown_where_the_user_says_where(
    shown: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "gsm.jsonl").write_text(json.dumps({"question": "How many?", "answer": "#### 1,002"}) + "\n", "utf-8")
    code, out, _ = shown("--show", "gsm8k", "--data", "gsm.jsonl")
    assert code == 0
    assert "samples   1 of level 1\n" in out


@pytest.mark.parametrize("args", [("--show", "sumz"), ("--svg", "x.svg"), ("--show", "sums", "--svg", "x.svg")])
def test_a_slip_is_answered(args: tuple[str, ...], shown: Callable[..., Ran]) -> None:
    code, out, err = shown(*args)
    assert (code, out) == (2, "")
    assert "sums" in err or "nothing to draw" in err


def test_the_task_of_the_page_works_as_it_stands_there(shown: Callable[..., Ran], tmp_path: Path) -> None:
    page = (files("agentscale.cli.pages") / "tasks.md").read_text("utf-8")
    head = dedent(page[page.index("    name: mine") : page.index("`agentscale catalog tasks --show ./mine`")])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "task.yaml").write_text(head, "utf-8")
    (tmp_path / "mine" / "questions.csv").write_text("question,a,b,c,d,right\nIs it?,yes,no,,,2\n", "utf-8")
    code, out, err = shown("--show", "./mine")
    assert (code, err) == (0, "")
    assert "    B) no\n" in out


def test_the_keys_of_the_readme_are_those_that_there_are(shown: Callable[..., Ran], tmp_path: Path) -> None:
    readme = (Path(__file__).parents[2] / "tasks" / "README.md").read_text("utf-8")
    block = yaml.safe_load(
        readme[readme.index("    data:\n      files: questions.csv") : readme.index("Read are `.jsonl`")]
    )
    said = block["data"]
    assert set(said) | {"hub", "gym", "padding"} == set(TaskData.model_fields)
    assert set(said["columns"]) | {"tests"} == set(Columns.model_fields)
    assert all(f"`{{{way}: " in readme for way in Target.model_fields if way != "text")
    TaskData.model_validate({**said, "digest": "0" * 64})


@pytest.mark.parametrize(
    "name", ["a\0b", "~none", "no/such.jsonl", "no/such.parquet", "no/such.csv.gz", "\0.csv.gz", ""]
)
def test_a_file_that_is_not_there_is_told(name: str, shown: Callable[..., Ran]) -> None:
    code, out, err = shown("--show", "gsm8k", "--data", name)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
