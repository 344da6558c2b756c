"""Tools of the user's: tables beside the experiment, and functions; what is wrong with one is said at once."""

from pathlib import Path
from typing import Any

import pytest

from agentscale.errors import SpecError
from agentscale.schema.experiment import ToolSpec
from agentscale.schema.tools import MOST_BYTES
from agentscale.tools import sandbox
from agentscale.tools.base import Usable
from agentscale.tools.building import build

TABLES = {
    "capitals.csv": "country,capital\nFrance,Paris\nJapan,Tokyo\n",
    "capitals.jsonl": '{"country": "France", "capital": "Paris"}\n\n{"country": "Japan", "capital": "Tokyo"}\n',
    "capitals.yaml": "France: Paris\nJapan: {capital: Tokyo}\n",
}
FUNCTIONS = '''
def twice(number: float, unit: str = "m") -> str:
    """Doubles a length."""
    return f"{2 * number} {unit}"

def rows(names: list[str]) -> dict:
    """Counts names."""
    return {"n": len(names)}

def breaks() -> str:
    """Breaks."""
    raise RuntimeError("out of order")

def long() -> str:
    """Talks."""
    return "é" * 5000

def plain(x): return x
def silent(x: int) -> str: return ""
def many(*numbers: int) -> str:
    """Many."""
    return ""
def strange(x: object()) -> str:
    """Strange."""
    return ""
number = 3
'''


def made(base: Path, **spec: Any) -> Usable:
    return build("mine", ToolSpec(**spec), base)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "own.py").write_text(FUNCTIONS, "utf-8")
    return tmp_path


@pytest.mark.parametrize("name", TABLES)
def test_a_row_is_found_by_its_key_regardless_of_case(desk: Path, name: str) -> None:
    tool = made(desk, lookup={"file": name})
    used = tool.use({"key": " FRANCE "})
    assert used.ok
    assert "Paris" in used.text
    assert "Tokyo" in tool.use({"key": "japan"}).text


@pytest.mark.parametrize("name", TABLES)
def test_a_key_that_is_missing_is_an_error_that_names_near_ones(desk: Path, name: str) -> None:
    used = made(desk, lookup={"file": name}).use({"key": "Frence"})
    assert used == ("error: LookupError: there is no 'Frence' in the table; near: france", False)


def test_another_column_may_be_the_key(desk: Path) -> None:
    assert "France" in made(desk, lookup={"file": "capitals.csv", "key": "capital"}).use({"key": "paris"}).text


def test_a_table_may_stand_in_the_experiment_file(tmp_path: Path) -> None:
    tool = made(tmp_path, lookup={"rows": {"France": "Paris", "Japan": {"capital": "Tokyo"}}})
    assert tool.use({"key": "france"}) == ("Paris", True)
    assert tool.use({"key": "Japan"}) == ('{"capital": "Tokyo"}', True)


def test_a_changed_table_is_another_tool(desk: Path) -> None:
    before = made(desk, lookup={"file": "capitals.csv"}).tool.version
    (desk / "capitals.csv").write_text("country,capital\nFrance,Lyon\n", "utf-8")
    assert made(desk, lookup={"file": "capitals.csv"}).tool.version != before


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("gone.csv", None, "the table 'gone.csv' cannot be read: No such file or directory"),
        ("a.txt", "x", "nobody knows how to read the table 'a.txt'\n  allowed: .csv, .jsonl, .yaml or .yml"),
        ("a.csv", "country,capital\n", "the table 'a.csv' has no row"),
        ("a.csv", "k,v\nx,1\nX,2\n", "row 2 of 'a.csv' has the key 'x' once more\n  give every row a key of its own"),
        ("a.jsonl", '{"k": 1}\nno\n', "a.jsonl:2: no JSON"),
        ("a.jsonl", "[1]\n", "a.jsonl:1: got [1]\n  allowed: one object a line"),
        ("a.yaml", "- 1\n", "the table 'a.yaml' is no mapping"),
        ("a.yaml", "a: [", "the table 'a.yaml' is no YAML"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(SpecError) as refused:
        made(tmp_path, lookup={"file": name})
    assert said in str(refused.value)


def test_a_column_that_is_missing_is_refused_with_the_nearest(desk: Path) -> None:
    with pytest.raises(SpecError, match=r"unknown column 'captal'\n  allowed: capital, country\n.*'capital'"):
        made(desk, lookup={"file": "capitals.csv", "key": "captal"})


def test_a_function_says_by_its_annotations_what_it_takes(desk: Path) -> None:
    tool = made(desk, function="own.py:twice")
    assert tool.tool.description == "Doubles a length."
    assert tool.tool.parameters == {
        "type": "object",
        "properties": {"number": {"type": "number"}, "unit": {"type": "string", "default": "m"}},
        "required": ["number"],
        "additionalProperties": False,
    }
    assert tool.use({"number": 2}) == ("4.0 m", True)
    assert made(desk, function="own.py:rows").use({"names": ["a", "b"]}) == ('{"n": 2}', True)


@pytest.mark.parametrize(
    ("function", "arguments", "said"),
    [
        ("twice", {}, "error: number: Field required; allowed: an object with number, unit (optional)"),
        ("twice", {"number": "x"}, "error: number: Input should be a valid number"),
        ("twice", {"number": 1, "colour": "red"}, "error: colour: Extra inputs are not permitted"),
        ("twice", "twice(2)", "error: the arguments: Input should be a valid dictionary"),
        ("breaks", {}, "error: RuntimeError: out of order"),
    ],
)
def test_an_error_is_a_result(desk: Path, function: str, arguments: Any, said: str) -> None:
    used = made(desk, function=f"own.py:{function}").use(arguments)
    assert not used.ok
    assert said in used.text


def test_a_long_result_is_cut(desk: Path) -> None:
    text = made(desk, function="own.py:long").use({}).text
    assert len(text.encode()) <= MOST_BYTES
    assert text.endswith(" … (cut)")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("own.py:twicee", "'own.py' has no function 'twicee'\n  allowed: breaks, long, many"),
        ("own.py:number", "'own.py' has no function 'number'"),
        ("gone.py:f", "'gone.py' cannot be loaded: OSError: there is no such file 'gone.py'"),
        ("no_such_module:f", "'no_such_module' cannot be loaded: ModuleNotFoundError"),
        ("bad.py:f", "'bad.py' cannot be loaded: SyntaxError"),
        ("raises.py:f", "'raises.py' cannot be loaded: ZeroDivisionError: division by zero"),
        ("own.py:plain", "the function 'own.py:plain' has no docstring, so no agent could know what it is for"),
        ("own.py:silent", "has no docstring"),
        ("own.py:many", "the parameters of 'own.py:many' cannot be read: 'numbers' cannot be given by name"),
        ("own.py:strange", "the parameters of 'own.py:strange' cannot be read"),
    ],
)
def test_a_function_that_cannot_be_a_tool_is_refused(desk: Path, function: str, said: str) -> None:
    (desk / "bad.py").write_text("def f(:\n", "utf-8")
    (desk / "raises.py").write_text("1 / 0\n", "utf-8")
    with pytest.raises(SpecError) as refused:
        made(desk, function=function)
    assert said in str(refused.value)


def test_a_parameter_without_annotation_is_refused(desk: Path) -> None:
    with pytest.raises(SpecError, match="'x' has no annotation\n  allowed: named parameters, each with an annotation"):
        made(desk, function="own.py:plain", description="Plain.")


def test_python_prints_or_tells_how_it_ended(tmp_path: Path) -> None:
    if (reason := sandbox.refusal()) is not None:
        pytest.skip(reason)
    tool = made(tmp_path, python={"seconds": 0.3})
    assert tool.use({"code": "print(input())", "stdin": "7"}) == ("7\n", True)
    assert tool.use({"code": ""}) == ("(the program printed nothing)", True)
    assert "it met its limit of time" in tool.use({"code": "while True: pass"}).text
    failed = tool.use({"code": "print('so far'); 1 / 0"})
    assert not failed.ok
    assert "it ended with exit code 1" in failed.text
    assert "ZeroDivisionError: division by zero" in failed.text
    assert "so far" in failed.text


def test_a_tool_is_named_as_the_file_names_it_and_described_as_the_file_says(tmp_path: Path) -> None:
    tool = made(tmp_path, calculator={}, description="Adds up.").tool
    assert (tool.name, tool.description, tool.version) == ("mine", "Adds up.", "calculator/1")
    assert tool.parameters["required"] == ["expression"]
