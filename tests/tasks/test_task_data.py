"""The question sets that ship with agentscale, read as the plain files that they are."""

from __future__ import annotations

import ast
import calendar
import itertools
import json
import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentscale.schema.calls import ANSWER_MARK
from agentscale.schema.tasks import Sample, Task, TaskSpec

TASKS = Path(__file__).parents[2] / "tasks"
NAMES = ["knowledge", "quantities", "sums"]
COUNTS = {
    "knowledge": dict.fromkeys(range(1, 5), 60),
    "quantities": dict.fromkeys(range(1, 4), 60),
    "sums": dict.fromkeys(range(1, 7), 50),
}
"""Samples of each level."""

OPERATIONS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: lambda base, power: base ** int(power),
}
SIGNS = {"×": "*", "÷": "/", "^": "**", " mod ": " % "}


MONTHS = {calendar.month_name[k]: calendar.monthrange(2023, k)[1] for k in range(1, 13)}
"""Days of the months of a year that is not a leap year."""
PRIMES = [n for n in range(2, 200) if all(n % d for d in range(2, n))]
COUNTED = {
    "the month of June": MONTHS["June"],
    "the month of January": MONTHS["January"],
    "July and August have together": MONTHS["July"] + MONTHS["August"],
    "exactly 30 days": list(MONTHS.values()).count(30),
    "have 31 days": list(MONTHS.values()).count(31),
    "begins with the letter J": sum(month.startswith("J") for month in MONTHS),
    "begins with the letter T": sum(day.startswith("T") for day in calendar.day_name),
    "the number of the month of October": list(MONTHS).index("October") + 1,
    "On which date in March is the third Sunday": [d for d in range(1, 32) if calendar.weekday(2021, 3, d) == 6][2],
    "prime numbers are smaller than 100": sum(prime < 100 for prime in PRIMES),
    "follows 113 in the list of primes": min(prime for prime in PRIMES if prime > 113),
    "divisors does the number 60 have": sum(60 % d == 0 for d in range(1, 61)),
    "every whole number from 1 to 10 divides": math.lcm(*range(1, 11)),
    "letters of the word LEVEL": len(set(itertools.permutations("LEVEL"))),
    "zeros stand at the end of the number 30 factorial": len(re.findall("0*$", str(math.factorial(30)))[0]),
    "101101 in binary": int("101101", 2),
    "double-six set of dominoes": len(list(itertools.combinations_with_replacement(range(7), 2))),
}
"""What a program can count, by words that only one question of ``quantities`` has."""


def lines(name: str) -> list[str]:
    return (TASKS / name / "samples.jsonl").read_text(encoding="utf-8").splitlines()


@cache
def load(name: str) -> Task:
    head = yaml.safe_load((TASKS / name / "task.yaml").read_text(encoding="utf-8"))
    samples = tuple(Sample.model_validate_json(line) for line in lines(name))
    return Task(spec=TaskSpec.model_validate(head), samples=samples)


def evaluate(expression: str) -> Fraction:
    """The exact value of an expression in the signs of the set."""
    for sign, python in SIGNS.items():
        expression = expression.replace(sign, python)
    return value(ast.parse(expression, mode="eval").body)


def value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.BinOp):
        return OPERATIONS[type(node.op)](value(node.left), value(node.right))
    assert isinstance(node, ast.Constant)
    assert type(node.value) is int
    return Fraction(node.value)


def steps(node: ast.AST) -> Iterator[Fraction]:
    """The values of all parts of an expression."""
    return (value(part) for part in ast.walk(node) if isinstance(part, ast.BinOp))


def arithmetic() -> list[Sample]:
    return [sample for sample in load("sums").samples if sample.level <= 5]


def squeezed(text: str) -> str:
    """The text without what a second copy of a question could hide behind: case, spaces, punctuation."""
    return re.sub(r"[\s.,;:?!\"']+", " ", text).strip().lower()


@pytest.mark.parametrize("name", NAMES)
def test_a_set_loads_as_records_and_bears_the_name_of_its_folder(name: str) -> None:
    spec = load(name).spec
    assert spec.name == name
    assert (spec.licence, spec.source, spec.version) == ("MIT", "written for agentscale", "1")


@pytest.mark.parametrize("name", NAMES)
def test_the_instruction_ends_with_the_mark_that_extractors_look_for(name: str) -> None:
    spec = load(name).spec
    assert spec.instruction.splitlines()[-1].startswith(ANSWER_MARK)
    assert spec.extract[0] == "mark"


@pytest.mark.parametrize("name", NAMES)
def test_every_level_is_complete_and_ids_count_through_it(name: str) -> None:
    wanted = [f"{name}-{level}-{k:03d}" for level, count in COUNTS[name].items() for k in range(1, count + 1)]
    samples = load(name).samples
    assert [sample.id for sample in samples] == wanted
    assert all(sample.id.split("-")[1] == str(sample.level) for sample in samples)


@pytest.mark.parametrize("name", NAMES)
def test_no_question_is_asked_twice(name: str) -> None:
    counts = Counter(squeezed(sample.input) for sample in load(name).samples)
    assert [text for text, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_lines_are_short_plain_and_have_the_same_keys(name: str) -> None:
    for line in lines(name):
        assert len(line) <= 2_000
        data: dict[str, Any] = json.loads(line)
        assert list(data) == ["id", "input", "choices", "target", "level", "metadata"]
        assert line == json.dumps(data, ensure_ascii=False)
        assert all(text == text.strip() and text for text in (data["input"], *data["choices"]))
        assert data["metadata"]["area"]


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_text_that_ends_with_one_newline(name: str) -> None:
    for path in (TASKS / name).iterdir():
        content = path.read_bytes()
        assert content.endswith(b"\n")
        assert not content.endswith(b"\n\n")
        assert b"\r" not in content


def test_the_folder_holds_data_only() -> None:
    assert {path.suffix for path in TASKS.rglob("*") if path.is_file()} == {".yaml", ".jsonl", ".md"}


def test_the_readme_states_the_size_of_every_level() -> None:
    readme = (TASKS / "README.md").read_text(encoding="utf-8")
    stated = {
        (name, int(level)): int(count)
        for name, level, count in re.findall(r"^\| `(\w+)` \| (\d) \| (\d+) \|", readme, flags=re.MULTILINE)
    }
    assert stated == {(name, level): count for name in NAMES for level, count in COUNTS[name].items()}


def test_the_target_of_a_choice_is_one_of_its_four_or_five_options() -> None:
    for sample in load("knowledge").samples:
        assert len(sample.choices) in (4, 5), sample.id
        assert sample.target in "ABCDE"[: len(sample.choices)], sample.id


def test_the_options_of_a_choice_differ() -> None:
    for sample in load("knowledge").samples:
        assert len({squeezed(choice) for choice in sample.choices}) == len(sample.choices), sample.id


@pytest.mark.parametrize("level", COUNTS["knowledge"])
def test_right_letters_are_balanced_within_a_level(level: int) -> None:
    samples = [sample for sample in load("knowledge").samples if sample.level == level]
    right = Counter(sample.target for sample in samples)
    for letter in "ABCDE":
        uniform = sum(1 / len(s.choices) for s in samples if letter in "ABCDE"[: len(s.choices)])
        assert abs(right[letter] - uniform) <= 4, letter


@pytest.mark.parametrize("level", COUNTS["knowledge"])
def test_the_longest_option_is_no_better_guess_than_any(level: int) -> None:
    samples = [sample for sample in load("knowledge").samples if sample.level == level]
    hits = 0.0
    for sample in samples:
        lengths = [len(choice) for choice in sample.choices]
        tied = [k for k, length in enumerate(lengths) if length == max(lengths)]
        hits += ("ABCDE".index(sample.target) in tied) / len(tied)
    assert hits / len(samples) <= 0.40


@pytest.mark.parametrize("sample", arithmetic(), ids=lambda sample: sample.id)
def test_the_target_of_a_sum_is_its_exact_value(sample: Sample) -> None:
    asked = max(re.findall(r"[0-9(][0-9+×÷() -]*[0-9)]", sample.input), key=len)
    assert asked == sample.metadata["expression"]
    assert str(evaluate(asked)) == sample.target


def test_the_targets_of_the_hard_level_are_the_values_of_their_expressions() -> None:
    for sample in load("sums").samples:
        if sample.level == 6:
            assert str(evaluate(sample.metadata["expression"])) == sample.target, sample.id


def test_every_number_of_a_word_problem_is_in_its_text() -> None:
    """Counts written as words (a quarter, two thirds, twice, the four) may stand for small numbers only."""
    for sample in load("sums").samples:
        if sample.metadata["area"] == "word problem":
            missing = set(re.findall(r"\d+", sample.metadata["expression"])) - set(re.findall(r"\d+", sample.input))
            assert all(int(number) <= 5 for number in missing), sample.id


def test_sums_up_to_the_fifth_level_need_neither_fractions_nor_negative_results() -> None:
    for sample in arithmetic():
        tree = ast.parse(sample.metadata["expression"].replace("×", "*").replace("÷", "/"), mode="eval")
        assert all(part.denominator == 1 for part in steps(tree)), sample.id
        assert int(sample.target) >= 0, sample.id


def test_no_result_is_so_common_in_a_level_that_guessing_it_pays() -> None:
    for level in COUNTS["sums"]:
        results = Counter(sample.target for sample in load("sums").samples if sample.level == level)
        assert results.most_common(1)[0][1] <= 6, level


def test_the_levels_of_sums_use_numbers_of_their_size() -> None:
    longest = {1: 1, 2: 1, 3: 2, 4: 2, 5: 3}
    for sample in arithmetic():
        digits = max(map(len, re.findall(r"\d+", sample.metadata["expression"])))
        assert digits <= longest[sample.level], sample.id


def test_the_targets_of_quantities_are_plain_whole_numbers_that_the_question_does_not_give_away() -> None:
    for sample in load("quantities").samples:
        assert re.fullmatch(r"0|[1-9]\d*", sample.target), sample.id
        assert sample.target not in re.findall(r"\d+", sample.input), sample.id
        assert sample.choices == (), sample.id


@pytest.mark.parametrize("level", COUNTS["quantities"])
def test_no_quantity_is_so_common_in_a_level_that_guessing_it_pays(level: int) -> None:
    targets = Counter(sample.target for sample in load("quantities").samples if sample.level == level)
    assert targets.most_common(1)[0][1] <= 0.08 * COUNTS["quantities"][level]


def test_the_targets_of_quantities_are_the_values_of_their_expressions() -> None:
    given = [sample for sample in load("quantities").samples if "expression" in sample.metadata]
    assert len(given) > 50
    for sample in given:
        assert str(evaluate(sample.metadata["expression"])) == sample.target, sample.id


def test_letters_asked_for_by_quantities_are_counted_right() -> None:
    def counted(text: str) -> int:
        if found := re.search(r'does the letter "(\w)" occur in the word "(\w+)"', text):
            return found[2].count(found[1])
        if found := re.search(r'letters are in the word "(\w+)"', text):
            return len(found[1])
        found = re.search(r"position of the letter ([A-Z])|letters are in the English alphabet", text)
        assert found is not None, text
        return ord(found[1] or "Z") - ord("A") + 1

    asked = [sample for sample in load("quantities").samples if sample.metadata["area"] == "letters"]
    assert asked
    assert {sample.id: str(counted(sample.input)) for sample in asked} == {sample.id: sample.target for sample in asked}


@pytest.mark.parametrize("words", COUNTED)
def test_a_quantity_that_a_program_can_count_is_counted_right(words: str) -> None:
    (sample,) = (sample for sample in load("quantities").samples if words in sample.input)
    assert sample.target == str(COUNTED[words])
