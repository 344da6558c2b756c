"""A task is read whole and every sample is checked; what is wrong is named with file and line."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentscale.catalog import load_task, task_folder
from agentscale.errors import SpecError

HEAD: dict[str, Any] = {
    "name": "quiz",
    "description": "For a test.",
    "kind": "choice",
    "instruction": "End with the letter.",
    "extract": ["mark"],
    "version": "1",
    "licence": "MIT",
    "source": "here",
}
CHOICE: dict[str, Any] = {"id": "q1", "input": "?", "choices": ["x", "y"], "target": "B"}
NUMBER: dict[str, Any] = {"id": "q1", "input": "1 + 1?", "target": "2"}


def write(base: Path, lines: str | bytes, **head: Any) -> Path:
    home = base / "quiz"
    home.mkdir(exist_ok=True)
    (home / "task.yaml").write_text(json.dumps({**HEAD, **head}), "utf-8")
    (home / "samples.jsonl").write_bytes(lines.encode() if isinstance(lines, str) else lines)
    return home


def row(sample: dict[str, Any], **changes: Any) -> str:
    made = {**sample, **changes}
    return json.dumps({key: value for key, value in made.items() if value is not ...}) + "\n"


def problem_of(base: Path) -> str:
    with pytest.raises(SpecError) as caught:
        load_task("./quiz", base)
    return str(caught.value).replace(f"{base}/", "")


def test_a_task_is_its_head_and_its_samples_in_order(tmp_path: Path) -> None:
    write(tmp_path, row(CHOICE) + "\n" + row(CHOICE, id="q2", level=3, metadata={"a": [1]}))
    task = load_task("./quiz", tmp_path)
    assert task.spec.name == "quiz"
    assert [(sample.id, sample.level) for sample in task.samples] == [("q1", 1), ("q2", 3)]


def test_lines_end_at_line_feeds_only(tmp_path: Path) -> None:
    write(
        tmp_path, json.dumps({**CHOICE, "input": "a\u2028b\x85c"}, ensure_ascii=False) + "\r\n" + row(CHOICE, id="q2")
    )
    assert [sample.input for sample in load_task("./quiz", tmp_path).samples] == ["a\u2028b\x85c", "?"]


CASES = {
    "no mapping": (
        "[1]\n",
        'the line is no mapping\n  allowed: one JSON object a line, {"id": …, "input": …, "target": …}',
    ),
    "bad JSON": ('{"id": "q1",}\n', None),
    "JSON cut off": (
        '{"id": "q1"',
        "is not JSON: Expecting ',' delimiter (column 12)\n  allowed: one JSON object a line",
    ),
    "wrong key": (
        row(CHOICE, targt="B"),
        "targt: unknown key 'targt'\n  allowed: aliases, choices, id, input, level, metadata, target, tests, world\n"
        "  did you mean 'target'?",
    ),
    "missing column": (row(CHOICE, target=...), "target: got ''\n  allowed: the letter of an option, A, B"),
    "empty input": (row(CHOICE, input=""), "input: got ''\n  allowed: text of at least 1 character"),
    "a number for text": (row(CHOICE, id=1), "id: got 1\n  allowed: text of at least 1 character"),
    "text for a level": (row(CHOICE, level="1"), "level: got '1'\n  allowed: a whole number ≥ 1"),
    "level 0": (row(CHOICE, level=0), "level: got 0\n  allowed: a whole number ≥ 1"),
    "a choice that is no text": (row(CHOICE, choices=["x", 2]), "choices[1]: got 2\n  allowed: text"),
    "no option letter": (row(CHOICE, target="C"), "target: got 'C'\n  allowed: the letter of an option, A, B"),
    "small letter": (
        row(CHOICE, target="b"),
        "target: got 'b'\n  allowed: the letter of an option, A, B\n  did you mean 'B'?",
    ),
    "the option's text": (row(CHOICE, target="y"), "target: got 'y'\n  allowed: the letter of an option, A, B"),
    "one choice": (row(CHOICE, choices=["x"]), "choices: 1 choices\n  allowed: 2 to 26 choices for the kind 'choice'"),
    "too many choices": (
        row(CHOICE, choices=[str(i) for i in range(27)]),
        "choices: 27 choices\n  allowed: 2 to 26 choices for the kind 'choice'",
    ),
    "equal choices": (
        row(CHOICE, choices=["x", "x"]),
        "choices: the option 'x' stands twice\n  allowed: options that differ",
    ),
    "a key twice": ('{"id": "a", "id": "b"}\n', "the key 'id' stands twice\n  keep one of them"),
    "NaN": ('{"metadata": {"a": NaN}}\n', "NaN is no JSON\n  allowed: finite numbers"),
    "half of a pair": ('{"input": "\\ud800"}\n', "holds half of a surrogate pair\n  allowed: Unicode text"),
    "deep": ("[" * 100_000, "is nested too deeply"),
    "a number of 5,000 digits": ("9" * 5000, None),
}


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_sample_is_named_with_its_line(name: str, tmp_path: Path) -> None:
    text, expected = CASES[name]
    write(tmp_path, row(CHOICE, id="fine") + "\n" + text)
    problem = problem_of(tmp_path)
    assert problem.startswith("quiz/samples.jsonl:3: ")
    if expected is not None:
        assert problem == f"quiz/samples.jsonl:3: {expected}"


TRIED = {"hidden": [{"check": "assert f(1) == 2"}]}
OTHER_KINDS = {
    "prose for an expression": (
        "math",
        {"target": "two apples"},
        "target: got 'two apples'\n  allowed: an expression, such as 1/2, \\sqrt{2} or x^2+1",
    ),
    "a text of signs": (
        "text",
        {"target": "…"},
        "target: got '…'\n  allowed: a text with at least one letter or digit",
    ),
    "an alias of signs": (
        "text",
        {"aliases": ["two", "--"]},
        "aliases: got '--'\n  allowed: a text with at least one letter or digit",
    ),
    "no tests": (
        "code",
        {"target": "x = 1"},
        'tests: is missing\n  allowed: what programs are tried on, such as {"hidden": [{"check": …}]}',
    ),
    "a target that is no program": ("code", {"target": "def f(x:", "tests": TRIED}, None),
    "a case of two uses": ("code", {"tests": {"hidden": [{"check": "f(1)", "call": "f(1)"}]}}, None),
    "a case without what is right": ("code", {"tests": {"hidden": [{"call": "f(1)"}]}}, None),
    "tests of a number": (
        "number",
        {"tests": TRIED},
        "tests: there are tests\n  allowed: none for the kind 'number'\n  set kind: code",
    ),
    "aliases of a number": (
        "number",
        {"aliases": ["2"]},
        "aliases: there are aliases\n  allowed: none for the kind 'number'\n  set kind: text",
    ),
}


@pytest.mark.parametrize("name", OTHER_KINDS)
def test_a_sample_that_does_not_fit_its_kind_is_named_with_its_line(name: str, tmp_path: Path) -> None:
    kind, changed, expected = OTHER_KINDS[name]
    chain = ["code_block"] if kind == "code" else ["mark"]
    write(tmp_path, row(NUMBER, **changed), kind=kind, extract=chain)
    problem = problem_of(tmp_path)
    assert problem.startswith("quiz/samples.jsonl:1: ")
    if expected is not None:
        assert problem == f"quiz/samples.jsonl:1: {expected}"


@pytest.mark.parametrize("target", ["two", "", " 2", "1,000", "2 apples", "nan", "inf", "٣", "1e9999", "1/0"])
def test_a_target_that_is_no_number_is_refused(target: str, tmp_path: Path) -> None:
    write(tmp_path, row(NUMBER, target=target), kind="number")
    assert problem_of(tmp_path) == (
        f"quiz/samples.jsonl:1: target: got {target!r}\n  allowed: a number, such as 12, -3, 0.5 or 1/3"
    )


@pytest.mark.parametrize("target", ["12", "-3", "+3", "0.5", "1/3", "1e3"])
def test_a_target_that_is_a_number_is_taken(target: str, tmp_path: Path) -> None:
    write(tmp_path, row(NUMBER, target=target), kind="number")
    assert load_task("./quiz", tmp_path).samples[0].target == target


def test_a_number_has_no_choices(tmp_path: Path) -> None:
    write(tmp_path, row(NUMBER, choices=["2", "3"]), kind="number")
    assert problem_of(tmp_path) == "quiz/samples.jsonl:1: choices: 2 choices\n  allowed: none for the kind 'number'"


def test_an_id_that_stands_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    write(tmp_path, row(CHOICE) + row(CHOICE, id="q2") + row(CHOICE))
    assert problem_of(tmp_path) == (
        "quiz/samples.jsonl:3: id: the id 'q1' stands on line 1 already\n  allowed: an id that no other sample has"
    )


def test_all_wrong_samples_are_listed_five_at_most(tmp_path: Path) -> None:
    write(tmp_path, "".join(row(CHOICE, id=f"q{i}", target="Z") for i in range(8)))
    problem = problem_of(tmp_path)
    assert problem.count("got 'Z'") == 5
    assert problem.endswith("and 3 more")


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_of_samples_is_refused(text: str, tmp_path: Path) -> None:
    write(tmp_path, text)
    assert problem_of(tmp_path) == (
        "quiz/samples.jsonl: there is no sample\n  allowed: one JSON object a line, at least one"
    )


def test_samples_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    write(tmp_path, row(CHOICE).encode() + b'{"id": "caf\xe9"}')
    assert problem_of(tmp_path) == "quiz/samples.jsonl:2: is not UTF-8: byte 0xe9\n  save the file as UTF-8"


def test_a_file_of_samples_that_is_not_there_is_named(tmp_path: Path) -> None:
    write(tmp_path, "", samples="other.jsonl")
    assert problem_of(tmp_path) == "quiz/other.jsonl: there is no such file\n  allowed: a samples file"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ({"kind": "essay"}, "kind: got 'essay'\n  allowed: one of choice, number, step, math, code, text, world"),
        ({"version": 1}, "version: got 1\n  allowed: text"),
        ({"extract": []}, "extract: got []\n  allowed: a list of at least 1 item, each text"),
        ({"extract": ["mark", "leter"]}, None),
        ({"extract": ["last_number"]}, None),
        (
            {"samples": "../samples.jsonl"},
            "samples: got '../samples.jsonl'\n  allowed: the name of a file beside task.yaml",
        ),
        (
            {"personas": "/etc/passwd"},
            "personas: unknown family of personas '/etc/passwd'\n  allowed: code, commonsense, general, logic, maths, "
            "medicine, science, or the name of a file beside task.yaml, such as who.yaml",
        ),
        ({"personas": "math"}, None),
        ({"personas": "../who.yaml"}, None),
        ({"licens": "MIT"}, None),
    ],
)
def test_a_wrong_head_is_named(head: dict[str, Any], expected: str | None, tmp_path: Path) -> None:
    write(tmp_path, row(CHOICE), **head)
    problem = problem_of(tmp_path)
    assert problem.startswith("quiz/task.yaml:1: ")
    if expected is not None:
        assert problem == f"quiz/task.yaml:1: {expected}"


def test_a_name_of_the_catalog_goes_before_a_folder_and_a_path_does_not(tmp_path: Path) -> None:
    (tmp_path / "sums").mkdir()
    (tmp_path / "sums" / "task.yaml").write_text("x: 1\n", "utf-8")
    assert task_folder("sums", tmp_path) != tmp_path / "sums"
    assert task_folder("./sums", tmp_path) == tmp_path / "sums"
    assert task_folder(str(tmp_path / "sums"), Path("/")) == tmp_path / "sums"


@pytest.mark.parametrize("name", ["sumz", "", "x" * 5000, "a\0b", "../../none"])
def test_a_task_that_is_not_there_is_named_with_those_that_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        task_folder(name, tmp_path)
    assert caught.value.problem == f"unknown task {name!r}"
    assert "sums" in str(caught.value.allowed)
    assert caught.value.nearest == ("sums" if name == "sumz" else None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*CHOICE, "level", "x"]), inner),
    max_leaves=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*CHOICE, "level", "metadata"]), json_values) | st.text(max_size=20))
def test_no_line_brings_forth_another_error(tmp_path: Path, line: Any) -> None:
    text = line if isinstance(line, str) else json.dumps({**CHOICE, **line})
    write(tmp_path, text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(SpecError):
        load_task("./quiz", tmp_path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (".", "'.' is a folder without a task.yaml, no task"),
        ("../..", "'../..' is a folder without a task.yaml, no task"),
        ("notes.txt", "'notes.txt' is a file, no task"),
        ("/etc/passwd", "'/etc/passwd' is a file, no task"),
    ],
)
def test_what_is_there_and_no_task_is_not_called_unknown(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(SpecError) as caught:
        task_folder(name, tmp_path)
    assert caught.value.problem == said
    assert caught.value.remedy == "or name a folder that holds a task.yaml"
