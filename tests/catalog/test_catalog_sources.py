"""Questions are read from files of any columns, in the real format of every benchmark of the catalog.

All content is invented here; the columns, their types and their oddities are those of the sources.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from agentscale.catalog import load_task
from agentscale.errors import SpecError
from agentscale.schema.sources import Columns, TaskData
from agentscale.schema.tasks import Sample

Rows = Sequence[dict[str, Any]]


def as_jsonl(rows: Rows, file: Path) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return file


def as_json(rows: Rows, file: Path) -> Path:
    file.write_text(json.dumps(list(rows), indent=1), "utf-8")
    return file


def as_gzip(rows: Rows, file: Path) -> Path:
    file.write_bytes(gzip.compress(as_jsonl(rows, file.with_suffix("")).read_bytes()))
    return file


def as_csv(rows: Rows, file: Path) -> Path:
    with file.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.DictWriter(sink, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def as_parquet(rows: Rows, file: Path) -> Path:
    parquet.write_table(pa.Table.from_pylist(list(rows)), file)
    return file


Written = Callable[[Rows, Path], Path]


class Format(NamedTuple):
    """A file of a benchmark: how it is written, and what its first sample should be."""

    task: str
    write: Written
    name: str
    rows: Rows
    input: str
    choices: tuple[str, ...]
    target: str


GSM8K = [
    {"question": "A boat has 3 oars more than 9. How many?", "answer": "3 + 9 = <<3+9=12>>12\n#### 12"},
    {"question": "How many grains?", "answer": "A lot.\n#### 1,234,567"},
    {"question": "How far below?", "answer": "It is\n#### -5"},
    {"question": "How dear?", "answer": "#### $1,250.50"},
]
ARC = {"text": ["moss", "stone", "sand", "rope"], "label": ["1", "2", "3", "4"]}
ARC_STEM = {"stem": "Which one grows?", "choices": [{"text": "moss", "label": "A"}, {"text": "stone", "label": "B"}]}
MC1 = {"choices": ["It does not.", "It flies.", "It sings."], "labels": [1, 0, 0]}
MMLU = {
    "question": "Which follows from p and q?",
    "subject": "formal_logic",
    "choices": ["p", "r", "s", "t"],
    "answer": 0,
}
GPQA = {
    "Record ID": "rec1",
    "Question": "Which particle, in this invented world?\n",
    "Correct Answer": " the flume\n",
    "Incorrect Answer 1": "the grume",
    "Incorrect Answer 2": "the grume",
    "Incorrect Answer 3": "the brume",
    "High-level domain": "Physics",
    "Subdomain": "Invented, (general)",
}
PRO = {
    "question_id": 70,
    "question": "How many tails has the invented beast?",
    "options": [*"0123456", "N/A", "N/A", "N/A"],
    "answer": "G",
    "answer_index": 6,
    "cot_content": "",
    "category": "biology",
    "src": "invented",
}
HUMANEVAL = {
    "task_id": "HumanEval/900",
    "prompt": 'def double(x: int) -> int:\n    """Twice x."""\n',
    "entry_point": "double",
    "canonical_solution": "    return x + x\n",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n",
}
MBPP_PLAIN = {
    "task_id": 900,
    "code": "def third(x):\n    return x[2]\n",
    "test_list": ["assert third([1, 2, 3]) == 3", "assert third('abc') == 'c'"],
}
FORMATS = [
    Format("gsm8k", as_parquet, "a.parquet", GSM8K, GSM8K[0]["question"], (), "12"),
    Format("gsm8k", as_jsonl, "test.jsonl", GSM8K, GSM8K[0]["question"], (), "12"),
    Format("gsm8k", as_csv, "test.csv", GSM8K, GSM8K[0]["question"], (), "12"),
    Format(
        "arc-challenge",
        as_parquet,
        "a.parquet",
        [{"id": "X_1", "question": "Which one grows?", "choices": ARC, "answerKey": "1"}],
        "Which one grows?",
        tuple(ARC["text"]),
        "A",
    ),
    Format(
        "arc-challenge",
        as_jsonl,
        "ARC-Challenge-Test.jsonl",
        [{"id": "X_1", "question": ARC_STEM, "answerKey": "B"}],
        "Which one grows?",
        ("moss", "stone"),
        "B",
    ),
    Format(
        "mmlu-formal-logic",
        as_parquet,
        "a.parquet",
        [{**MMLU, "subject": "anatomy"}, MMLU],
        MMLU["question"],
        tuple(MMLU["choices"]),
        "A",
    ),
    Format(
        "hellaswag",
        as_parquet,
        "a.parquet",
        [
            {"ind": 4, "activity_label": "Rowing", "ctx_a": "A boat.", "ctx_b": "it", "ctx": "A boat. it"}
            | {"endings": ["sinks.", "sings.", "flies.", "reads."], "split_type": "indomain", "label": "3"}
        ],
        "Which ending goes on best?\nRowing: A boat. it",
        ("sinks.", "sings.", "flies.", "reads."),
        "D",
    ),
    Format(
        "hellaswag",
        as_jsonl,
        "hellaswag_val.jsonl",
        [{"activity_label": "Rowing", "ctx": "It", "endings": ["sinks.", "sings."], "split_type": "x", "label": 0}],
        "Which ending goes on best?\nRowing: It",
        ("sinks.", "sings."),
        "A",
    ),
    Format(
        "winogrande",
        as_parquet,
        "a.parquet",
        [
            {
                "sentence": "The cup did not fit the box as the _ was small.",
                "option1": "cup",
                "option2": "box",
                "answer": "2",
            }
        ],
        "Which option fills the blank _ in this sentence?\nThe cup did not fit the box as the _ was small.",
        ("cup", "box"),
        "B",
    ),
    Format("aime-2024", as_parquet, "a.parquet", [{"id": 1, "problem": "p", "answer": "025"}], "p", (), "025"),
    Format("mmlu-pro", as_parquet, "a.parquet", [PRO], PRO["question"], tuple("0123456"), "G"),
    Format(
        "math-500",
        as_jsonl,
        "test.jsonl",
        [
            {"problem": "Halve $1$.", "solution": "s", "answer": r"\frac{1}{2}", "subject": "Algebra", "level": 2}
            | {"unique_id": "test/algebra/1.json"}
        ],
        "Halve $1$.",
        (),
        r"\frac{1}{2}",
    ),
    Format(
        "humaneval",
        as_gzip,
        "HumanEval.jsonl.gz",
        [HUMANEVAL],
        f"Complete this function:\n```python\n{HUMANEVAL['prompt']}```",
        (),
        HUMANEVAL["prompt"] + HUMANEVAL["canonical_solution"],
    ),
    *(
        Format(
            "mbpp",
            write,
            name,
            [{**MBPP_PLAIN, **more}],
            "Third of a list.\nYour program should pass these tests:\n" + "\n".join(MBPP_PLAIN["test_list"]),
            (),
            MBPP_PLAIN["code"],
        )
        for write, name, more in (
            (as_parquet, "a.parquet", {"prompt": "Third of a list.", "test_imports": ["import math"]}),
            (as_jsonl, "mbpp.jsonl", {"text": "Third of a list.", "test_setup_code": ""}),
        )
    ),
]


def read(task: str, file: Path) -> tuple[Sample, ...]:
    return load_task(task, Path("/"), data=str(file)).samples


def refusal(task: str, file: Path, base: Path) -> str:
    with pytest.raises(SpecError) as caught:
        read(task, file)
    return str(caught.value).replace(f"{base}/", "")


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: f"{form.task}-{form.name}")
def test_a_benchmark_is_read_from_each_of_its_formats(form: Format, tmp_path: Path) -> None:
    sample = read(form.task, form.write(form.rows, tmp_path / form.name))[0]
    assert (sample.input, sample.choices, sample.target) == (form.input, form.choices, form.target)


def test_every_benchmark_of_the_catalog_has_a_format_here() -> None:
    tasks = Path(__file__).parents[2] / "tasks"
    heads = {head.parent.name: yaml.safe_load(head.read_text("utf-8")) for head in tasks.glob("*/task.yaml")}
    foreign = {name for name, head in heads.items() if "hub" in head.get("data", {})}
    asked_alike = {"mmlu-professional-medicine"}  # the same file with another subject
    assert foreign == {form.task for form in FORMATS} | {"truthfulqa", "gpqa-diamond"} | asked_alike


def test_thousands_signs_and_currency_are_taken_off_the_answers_of_gsm8k(tmp_path: Path) -> None:
    samples = read("gsm8k", as_parquet(GSM8K, tmp_path / "a.parquet"))
    assert [sample.target for sample in samples] == ["12", "1234567", "-5", "1250.50"]
    plain = as_jsonl([{"question": "?", "answer": "1,234"}], tmp_path / "plain.jsonl")
    assert read("gsm8k", plain)[0].target == "1234"


@pytest.mark.parametrize("answer", ["#### twelve", "#### 1,23", "####", "none"])
def test_an_answer_of_gsm8k_without_a_number_is_refused(answer: str, tmp_path: Path) -> None:
    file = as_jsonl([{"question": "?", "answer": answer}], tmp_path / "a.jsonl")
    assert refusal("gsm8k", file, tmp_path).startswith("a.jsonl:1: target: got ")


@pytest.mark.parametrize("write", [as_parquet, as_json])
def test_the_true_option_of_truthfulqa_is_found_behind_every_letter(write: Written, tmp_path: Path) -> None:
    """Options go past J, and their order is that of the seed, the same whatever the format."""
    rows = []
    for i in range(120):
        options = [f"true {i}", *(f"false {j}" for j in range(1 + i % 12))]
        marks = [1] + [0] * (len(options) - 1)
        foreign = dict(zip(options, marks, strict=True)) if write is as_json else {"choices": options, "labels": marks}
        rows.append({"question": f"What is true of {i}?", "mc1_targets": foreign})
    samples = read("truthfulqa", write(rows, tmp_path / ("mc_task.json" if write is as_json else "a.parquet")))
    right = [sample.choices["ABCDEFGHIJKLM".index(sample.target)] for sample in samples]
    assert right == [f"true {i}" for i in range(120)]
    assert {sample.target for sample in samples} >= set("ABCDEFGHIJK")
    assert [sample.target for sample in samples[:8]] == ["A", "B", "D", "C", "A", "D", "F", "C"]


def test_options_of_gpqa_are_shuffled_and_two_equal_wrong_ones_stay(tmp_path: Path) -> None:
    rows = [{**GPQA, "Record ID": f"rec{i}"} for i in range(40)]
    samples = read("gpqa-diamond", as_csv(rows, tmp_path / "gpqa_diamond.csv"))
    assert {sample.choices["ABCD".index(sample.target)] for sample in samples} == {"the flume"}
    assert {sample.target for sample in samples} == set("ABCD")
    assert all(sample.choices.count("the grume") == 2 for sample in samples)
    assert samples[0].input == "Which particle, in this invented world?"
    assert samples[0].metadata == {"High-level domain": "Physics", "Subdomain": "Invented, (general)"}


def test_programs_are_tried_on_the_tests_of_the_source(tmp_path: Path) -> None:
    (human,) = read("humaneval", as_gzip([HUMANEVAL], tmp_path / "h.jsonl.gz"))
    space: dict[str, Any] = {}
    assert human.tests is not None
    exec(human.target, space)
    exec(str(human.tests.hidden[0].check), space)
    (mbpp,) = read(
        "mbpp", as_jsonl([{**MBPP_PLAIN, "prompt": "p", "test_imports": ["import math"]}], tmp_path / "m.jsonl")
    )
    assert mbpp.tests is not None
    assert mbpp.tests.setup == "import math"
    assert [case.check for case in mbpp.tests.hidden] == MBPP_PLAIN["test_list"]


# -- a head of one's own ---------------------------------------------------------------------------------------------

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
COLUMNS: dict[str, Any] = {"input": "q", "choices": ["a", "b", "c"], "target": "key"}


def own(base: Path, data: dict[str, Any], **head: Any) -> Path:
    home = base / "quiz"
    home.mkdir(exist_ok=True)
    (home / "task.yaml").write_text(yaml.safe_dump({**HEAD, **head, "data": data}, sort_keys=False), "utf-8")
    return home


def load(base: Path) -> tuple[Sample, ...]:
    return load_task("./quiz", base).samples


def problem(base: Path) -> str:
    with pytest.raises(SpecError) as caught:
        load(base)
    return str(caught.value).replace(f"{base}/", "")


def test_a_table_without_names_takes_them_from_the_head(tmp_path: Path) -> None:
    own(tmp_path, {"files": ["t.csv"], "header": ["q", "a", "b", "c", "key"], "columns": COLUMNS})
    (tmp_path / "quiz" / "t.csv").write_text('"Is it, ""x""?",yes,no,,A\nq2,1,2,3,C\n', "utf-8")
    first, second = load(tmp_path)
    assert (first.input, first.choices, first.target) == ('Is it, "x"?', ("yes", "no"), "A")
    assert (second.id, second.choices) == ("quiz-00002", ("1", "2", "3"))


def test_a_table_may_be_split_by_tabs_and_over_files(tmp_path: Path) -> None:
    own(tmp_path, {"files": ["one.tsv", "two.csv"], "columns": {**COLUMNS, "level": "hard"}})
    (tmp_path / "quiz" / "one.tsv").write_text("q\ta\tb\tc\tkey\thard\nx, y\t1\t2\t3\tB\tLevel 4\n", "utf-8")
    (tmp_path / "quiz" / "two.csv").write_text("key,c,b,a,q,hard\nA,3,2,1,z,2\n", "utf-8")
    assert [(s.input, s.target, s.level, s.id) for s in load(tmp_path)] == [
        ("x, y", "B", 4, "quiz-00001"),
        ("z", "A", 2, "quiz-00002"),
    ]


def test_rows_that_are_samples_already_need_no_columns(tmp_path: Path) -> None:
    sample = {"id": "one", "input": "?", "choices": ["x", "y"], "target": "B"}
    own(tmp_path, {"files": "mine.json"})
    as_json([sample], tmp_path / "quiz" / "mine.json")
    assert load(tmp_path)[0] == Sample(id="one", input="?", choices=("x", "y"), target="B")


def test_only_rows_that_hold_what_the_head_says_are_taken(tmp_path: Path) -> None:
    own(tmp_path, {"files": "t.jsonl", "columns": COLUMNS, "where": {"kept": True, "part": 2}})
    rows = [
        {"q": f"{k} {p}", "a": 1, "b": 2, "c": 3, "key": "A", "kept": k, "part": p}
        for k in (True, False)
        for p in (1, 2)
    ]
    as_jsonl(rows, tmp_path / "quiz" / "t.jsonl")
    assert [(sample.id, sample.input) for sample in load(tmp_path)] == [("quiz-00002", "True 2")]


def test_what_must_be_all_samples_is_counted_and_hashed(tmp_path: Path) -> None:
    row = {"q": "?", "a": "1", "b": "2", "c": "3", "key": "A"}
    own(tmp_path, {"files": "t.jsonl", "columns": COLUMNS, "samples": 2})
    as_jsonl([row], tmp_path / "quiz" / "t.jsonl")
    assert problem(tmp_path) == "quiz/t.jsonl: 1 samples\n  allowed: 2, as the task's head says"
    own(tmp_path, {"files": "t.jsonl", "columns": COLUMNS, "digest": "0" * 64})
    said = problem(tmp_path)
    assert said.startswith("quiz/t.jsonl: the samples have the digest ")
    digest = said.split()[6]
    own(tmp_path, {"files": "t.csv", "columns": COLUMNS, "digest": digest})
    as_csv([row], tmp_path / "quiz" / "t.csv")
    assert len(load(tmp_path)) == 1, "the digest is of what is asked, not of the file"


def test_a_file_or_folder_that_the_user_names_goes_before_the_heads(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "main"
    folder.mkdir(parents=True)
    as_parquet(GSM8K[:1], folder / "test-00000-of-00001.parquet")
    assert len(read("gsm8k", tmp_path / "data")) == 1, "by the path of the source"
    assert len(read("gsm8k", folder)) == 1, "by the name alone"
    as_jsonl(GSM8K[:2], tmp_path / "data" / "mine.jsonl")
    (tmp_path / "data" / "notes.txt").write_text("x")
    (folder / "test-00000-of-00001.parquet").unlink()
    assert len(read("gsm8k", tmp_path / "data")) == 2, "the only file with rows"
    as_jsonl(GSM8K[:3], tmp_path / "data" / "other.jsonl")
    assert refusal("gsm8k", tmp_path / "data", tmp_path) == (
        "data: which file holds the rows? It has mine.jsonl, other.jsonl\n"
        "  allowed: main/test-00000-of-00001.parquet\n  name the file"
    )


# -- what is wrong is named with file and line -----------------------------------------------------------------------

ROW = {"q": "?", "a": "1", "b": "2", "c": "3", "key": "A"}
WRONG = {
    "missing column": (
        [{"Q": "?", "a": "1", "b": "2", "c": "3", "key": "A"}],
        "t.jsonl:1: there is no column 'q'; it has Q, a, b, c, key\n  allowed: q, a, b, c, key\n"
        "  or copy the task's folder, and say under data.columns what the columns are",
    ),
    "missing in a later row": (
        [ROW, {"q": "?", "a": "1", "b": "2", "key": "A"}],
        "t.jsonl:2: there is no column 'c'\n  allowed: a, b, key, q",
    ),
    "empty question": (
        [{**ROW, "q": " "}],
        "t.jsonl:1: the column 'q' is empty\n  allowed: a text or a number in every row",
    ),
    "no question": (
        [{**ROW, "q": None}],
        "t.jsonl:1: the column 'q' is empty\n  allowed: a text or a number in every row",
    ),
    "mixed types": (
        [ROW, {**ROW, "q": ["?"]}],
        "t.jsonl:2: the column 'q' holds ['?']\n  allowed: a text or a number in every row",
    ),
    "no option": ([{**ROW, "key": "D"}], "t.jsonl:1: target: got 'D'\n  allowed: the letter of an option, A, B, C"),
    "in lower case": (
        [{**ROW, "key": "b"}],
        "t.jsonl:1: target: got 'b'\n  allowed: the letter of an option, A, B, C\n  did you mean 'B'?",
    ),
    "no mapping": ([["q"]], "t.jsonl:1: the row is no mapping\n  allowed: a mapping from column to value"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_row_is_named_with_its_line(case: str, tmp_path: Path) -> None:
    rows, expected = WRONG[case]
    own(tmp_path, {"files": "t.jsonl", "columns": COLUMNS})
    as_jsonl(rows, tmp_path / "quiz" / "t.jsonl")
    assert problem(tmp_path) == f"quiz/{expected}"


def test_an_id_that_stands_twice_over_files_is_named_with_both(tmp_path: Path) -> None:
    own(tmp_path, {"files": ["one.jsonl", "two.jsonl"], "columns": {**COLUMNS, "id": "q"}})
    for name in ("one.jsonl", "two.jsonl"):
        as_jsonl([ROW], tmp_path / "quiz" / name)
    assert problem(tmp_path) == (
        "quiz/two.jsonl:1: id: the id '?' stands on line 1 of one.jsonl already\n"
        "  allowed: an id that no other sample has"
    )


TARGETS = {
    "position past the end": (
        {"position": "key"},
        3,
        "the column 'key' means option 4 of 3\n  allowed: one of the options",
    ),
    "ordinal zero": ({"ordinal": "key"}, 0, "the column 'key' means option 0 of 3\n  allowed: one of the options"),
    "position in words": ({"position": "key"}, "two", "the column 'key' holds 'two'\n  allowed: a whole number"),
    "label unknown": ({"label": ["key", "labels"]}, "4", "the column 'key' holds '4'\n  allowed: one of 1, 2, 3"),
    "two flags": ({"flagged": "key"}, [1, 1, 0], "the column 'key' holds [1, 1, 0]\n  allowed: one 1 and 2 times 0"),
    "too few flags": ({"flagged": "key"}, [1, 0], "the column 'key' holds [1, 0]\n  allowed: one 1 and 2 times 0"),
    "no flags": ({"flagged": "key"}, "A", "the column 'key' holds 'A'\n  allowed: a list"),
}


@pytest.mark.parametrize("case", TARGETS)
def test_a_truth_that_is_no_option_is_refused_however_it_is_said(case: str, tmp_path: Path) -> None:
    target, key, expected = TARGETS[case]
    own(tmp_path, {"files": "t.jsonl", "columns": {**COLUMNS, "target": target}})
    as_jsonl([{**ROW, "key": key, "labels": ["1", "2", "3"]}], tmp_path / "quiz" / "t.jsonl")
    assert problem(tmp_path) == f"quiz/t.jsonl:1: {expected}"


FILES = {
    "t.csv": (b"q,a,b,c,key\nx,1,2,3\n", "quiz/t.csv:2: has 4 cells\n  allowed: 5: q, a, b, c, key"),
    "twice.csv": (b"q,a,a\n", "quiz/twice.csv:1: two columns are called 'a'\n  allowed: names that differ"),
    "open.csv": (
        b'q,a,b,c,key\n"x,1,2,3,A\n',
        'quiz/open.csv:2: is no table: unexpected end of data\n  quote cells with "',
    ),
    "empty.csv": (b"", "quiz/empty.csv: the file is empty\n  allowed: a line with the names of the columns, then rows"),
    "latin.csv": (
        b"q,a,b,c,key\n\xe9,1,2,3,A\n",
        "quiz/latin.csv:2: is not UTF-8: byte 0xe9\n  save the file as UTF-8",
    ),
    "t.json": (b'{"q": 1}', "quiz/t.json: the top level is no list\n  allowed: a JSON list of objects"),
    "t.xlsx": (b"", None),
    "t.parquet": (b"PAR1", None),
    "t.jsonl.gz": (b"plain", None),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_none_of_its_kind_is_named(name: str, tmp_path: Path) -> None:
    content, expected = FILES[name]
    own(tmp_path, {"files": name, "columns": COLUMNS})
    (tmp_path / "quiz" / name).write_bytes(content)
    said = problem(tmp_path)
    assert said.startswith(f"quiz/{name}: ") if expected is None else said == expected


HEADS = {
    "two places": ({"files": "t.csv", "gym": {"family": "x", "size": 1}}, "data: give exactly one of files, hub, gym"),
    "a branch": ({"hub": {"dataset": "a/b", "revision": "main", "files": {"f.csv": None}}}, None),
    "two ways": ({"files": "t.csv", "columns": {**COLUMNS, "target": {"position": "a", "ordinal": "b"}}}, None),
    "unknown way": ({"files": "t.csv", "columns": {**COLUMNS, "target": {"positon": "a"}}}, None),
    "no columns": (
        {"files": "t.csv", "shuffle": 1},
        "data: where, header and shuffle are for foreign columns: say under columns what they are",
    ),
}


@pytest.mark.parametrize("case", HEADS)
def test_a_wrong_word_on_the_source_is_named_with_its_line(case: str, tmp_path: Path) -> None:
    data, expected = HEADS[case]
    own(tmp_path, data)
    said = problem(tmp_path)
    assert said.startswith("quiz/task.yaml:1")
    assert "data" in said
    if expected is not None:
        assert expected in said


def test_a_head_has_samples_of_its_own_or_from_elsewhere(tmp_path: Path) -> None:
    own(tmp_path, {"files": "t.csv", "columns": COLUMNS}, samples="samples.jsonl")
    assert "there is data too" in problem(tmp_path)


parts = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from(["q", "t.jsonl", "", "{q", "a.b", "../x"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from([*TaskData.model_fields, "q"]), inner, max_size=2)
    ),
    max_leaves=4,
)
asked = st.fixed_dictionaries({}, optional=dict.fromkeys([*TaskData.model_fields, "colums"], parts))
mappings = st.fixed_dictionaries({}, optional=dict.fromkeys([*Columns.model_fields, "inputs"], parts))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked, mappings)
def test_no_word_on_a_source_brings_forth_another_error(
    tmp_path: Path, data: dict[str, Any], columns: dict[str, Any]
) -> None:
    own(tmp_path, {"files": "t.jsonl", "columns": columns, **data})
    as_jsonl([ROW], tmp_path / "quiz" / "t.jsonl")
    with contextlib.suppress(SpecError):
        load(tmp_path)


cells = st.none() | st.booleans() | st.integers(-3, 9) | st.text(max_size=4) | st.lists(st.integers(0, 1), max_size=3)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.dictionaries(st.sampled_from([*ROW, "labels", "q.x"]), cells), max_size=3),
    st.sampled_from(
        [{"text": "key"}, {"number": "key"}, {"label": ["key", "labels"]}, {"flagged": "key"}, {"always": "A"}]
    ),
    st.sampled_from([None, 3]),
)
def test_no_row_brings_forth_another_error(
    tmp_path: Path, rows: list[dict[str, Any]], target: dict[str, Any], shuffle: int | None
) -> None:
    data = {"files": "t.jsonl", "columns": {"input": "{q}!", "choices": "a", "target": target}, "shuffle": shuffle}
    own(tmp_path, data)
    as_jsonl(rows, tmp_path / "quiz" / "t.jsonl")
    with contextlib.suppress(SpecError):
        assert len(load(tmp_path)) == len(rows) > 0
