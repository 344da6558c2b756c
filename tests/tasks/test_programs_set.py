"""The set ``programs``: what its programs are to give is told by other programs, written for the same words."""

from __future__ import annotations

import calendar
import re
import textwrap
from collections import Counter
from collections.abc import Callable
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import pytest

from agentscale.schema.tasks import Sample

SAMPLES = Path(__file__).parents[2] / "tasks" / "programs" / "samples.jsonl"


def read() -> list[Sample]:
    return [Sample.model_validate_json(line) for line in SAMPLES.read_text("utf-8").splitlines()]


def shortest(edges: list[tuple[Any, Any]], a: Any, b: Any) -> int | None:
    seen, row = {a: 0}, [a]
    for node in row:
        for x, y in [*edges, *((y, x) for x, y in edges)]:
            if x == node and y not in seen:
                seen[y] = seen[node] + 1
                row.append(y)
    return seen.get(b)


def distance(a: str, b: str) -> int:
    if not a or not b:
        return len(a) + len(b)
    if a[0] == b[0]:
        return distance(a[1:], b[1:])
    return 1 + min(distance(a[1:], b), distance(a, b[1:]), distance(a[1:], b[1:]))


def coins_of(coins: list[int], amount: int) -> int | None:
    sums, n = {0}, 0
    while amount not in sums:
        sums, n = {s + c for s in sums for c in coins if s + c <= amount}, n + 1
        if not sums:
            return None
    return n


def union(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """By halves: a point between two whole numbers is covered only where one interval covers both."""
    covered = sorted({x for start, end in intervals for x in range(2 * start, 2 * end + 1)})
    starts = [x for x in covered if x - 1 not in covered]
    return [(start // 2, next(x for x in covered if x >= start and x + 1 not in covered) // 2) for start in starts]


def parts(n: int, most: int | None = None) -> int:
    return 1 if n == 0 else sum(parts(n - part, part) for part in range(1, min(n, n if most is None else most) + 1))


def following(items: list[int]) -> list[int]:
    rows = sorted({*permutations(items)})
    return list(rows[(rows.index(tuple(items)) + 1) % len(rows)])


def around(grid: list[list[int]]) -> list[int]:
    cells = {(r, c): value for r, row in enumerate(grid) for c, value in enumerate(row)}
    out, at, step = [], (0, 0), (0, 1)
    while cells:
        out.append(cells.pop(at))
        if (ahead := (at[0] + step[0], at[1] + step[1])) not in cells:
            step = (step[1], -step[0])
            ahead = (at[0] + step[0], at[1] + step[1])
        at = ahead
    return out


def filled(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False)


def closes(text: str) -> bool:
    kept = "".join(re.findall(r"[()\[\]{}]", text))
    while kept != (less := re.sub(r"\(\)|\[\]|\{\}", "", kept)):
        kept = less
    return not kept


def numeral_value(text: str) -> int:
    values = [dict(zip("IVXLCDM", (1, 5, 10, 50, 100, 500, 1000), strict=True))[sign] for sign in text]
    return sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))


ORACLES: dict[str, Callable[..., Any]] = {
    "last_digit": lambda n: int(str(n)[-1]),
    "is_leap": lambda year: calendar.isleap(year),
    "count_vowels": lambda text: len(re.findall("[aeiouAEIOU]", text)),
    "initials": lambda name: "".join(re.findall(r"\b(\w)", name)).upper(),
    "clamp": lambda x, low, high: sorted([x, low, high])[1],
    "repeat_ends": lambda items: [*items[:1], *items[-1:]],
    "digits_sum": lambda n: sum(map(int, re.findall(r"\d", str(n)))),
    "swap_ends": lambda text: re.sub(r"(?s)^(.)(.*)(.)$", r"\3\2\1", text),
    "evens_squared": lambda numbers: [x**2 for x in numbers if not x & 1],
    "longest_word": lambda text: sorted(text.split(), key=lambda word: -len(word))[0] if text.split() else "",
    "run_lengths": lambda text: [(m[0][0], len(m[0])) for m in re.finditer(r"(.)\1*", text)],
    "primes_below": lambda n: sorted({*range(2, n)} - {a * b for a in range(2, n) for b in range(2, n)}),
    "is_palindrome": lambda text: (t := re.sub("[^a-z]", "", text.lower())) == "".join(reversed(t)),
    "flatten": lambda nested: [int(x) for x in re.findall(r"-?\d+", repr(nested))],
    "second_largest": lambda numbers: next(iter(sorted({*numbers} - {max(numbers, default=0)}, reverse=True)), None),
    "rotate": lambda items, k: [items[(i - k) % len(items)] for i in range(len(items))],
    "balanced": closes,
    "word_counts": lambda text: dict(Counter(text.lower().split())),
    "collatz_steps": lambda n: 0 if n == 1 else 1 + ORACLES["collatz_steps"](3 * n + 1 if n % 2 else n // 2),
    "merge_intervals": union,
    "edit_distance": distance,
    "longest_increasing": lambda numbers: max(
        sum(mask >> i & 1 for i in range(len(numbers)))
        for mask in range(1 << len(numbers))
        if all(a < b for a, b in pairwise(x for i, x in enumerate(numbers) if mask >> i & 1))
    ),
    "spiral": around,
    "fewest_coins": coins_of,
    "evaluate": lambda text: eval(text),
    "shortest_path": shortest,
    "justify": filled,
    "partitions": parts,
    "next_permutation": following,
}


def space_of(sample: Sample) -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(sample.target, space)
    return space


@pytest.mark.parametrize("sample", read(), ids=lambda sample: sample.id)
def test_the_right_program_and_another_one_give_all_outputs_that_are_wanted(sample: Sample) -> None:
    assert sample.tests is not None
    found = re.match(r"def (\w+)", sample.target)
    assert found is not None
    cases = [*sample.tests.visible, *sample.tests.hidden]
    wanted = [eval(str(case.want)) for case in cases]
    assert [eval(str(case.call), space_of(sample)) for case in cases] == wanted
    if found[1] == "roman":
        assert [f"roman({numeral_value(numeral)})" for numeral in wanted] == [case.call for case in cases]
    else:
        assert [eval(str(case.call), {found[1]: ORACLES[found[1]]}) for case in cases] == wanted


def test_programs_are_shown_two_examples_and_judged_by_others() -> None:
    for sample in read():
        assert sample.tests is not None
        shown, hidden = ({case.call for case in cases} for cases in (sample.tests.visible, sample.tests.hidden))
        assert len(shown) == 2
        assert len(hidden) >= 5
        assert not shown & hidden
        assert all(f"{case.call} gives {case.want}" in sample.input for case in sample.tests.visible)
        assert not any(f"{call} gives" in sample.input for call in hidden)


def test_constant_programs_pass_no_sample_of_programs() -> None:
    """The hidden calls of a sample want more than one output."""
    for sample in read():
        assert sample.tests is not None
        assert len({case.want for case in sample.tests.hidden}) > 1, sample.id
