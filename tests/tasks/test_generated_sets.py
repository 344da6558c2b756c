"""Sets that a program wrote: their files are what it writes, and their truths follow from the words of the questions.

The truths are found anew here from the text alone, by other means than those of the generators.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise, permutations, product
from pathlib import Path

import pytest

from agentscale.schema.tasks import Sample
from tests.tasks.generators import GENERATED, lines
from tests.tasks.generators.words import ORDINALS

TASKS = Path(__file__).parents[2] / "tasks"


def read(name: str) -> list[Sample]:
    text = (TASKS / name / "samples.jsonl").read_text("utf-8")
    return [Sample.model_validate_json(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", GENERATED)
def test_the_file_is_what_its_generator_writes(name: str) -> None:
    assert (TASKS / name / "samples.jsonl").read_text("utf-8") == lines(name)


@pytest.mark.parametrize("name", GENERATED)
def test_no_question_is_asked_twice_and_lines_stay_short(name: str) -> None:
    assert max(Counter(sample.input for sample in read(name)).values()) == 1
    assert all(len(json.dumps(sample.model_dump(mode="json"))) <= 2_000 for sample in read(name))


@pytest.mark.parametrize("name", ["logic", "ordering"])
def test_no_letter_is_so_common_in_a_level_that_guessing_it_pays(name: str) -> None:
    for level in {sample.level for sample in read(name)}:
        own = [sample for sample in read(name) if sample.level == level]
        right = Counter(sample.target for sample in own)
        assert max(right.values()) / len(own) <= 1 / len(own[0].choices) + 0.15, level


# -- logic: worlds that make every sentence true, read from the sentences --------------------------------------------

NEGATED = [
    ("does not ring", "rings"),
    ("does not sleep", "sleeps"),
    ("does not turn", "turns"),
    ("does not burn", "burns"),
    ("does not sing", "sings"),
    ("has not stopped", "has stopped"),
    (" is not ", " is "),
]
FORMS: list[tuple[str, Callable[..., bool]]] = [
    (r"either (.+) or (.+), but not both", lambda a, b: a + b == 1),
    (r"if (.+) and (.+), then (.+)", lambda a, b, c: c or not (a and b)),
    (r"if (.+), then (.+)", lambda a, b: b or not a),
    (r"(.+) or (.+), or both", lambda a, b: a or b),
    (r"(.+) if and only if (.+)", lambda a, b: a == b),
    (r"(.+)", bool),
]


def literal(text: str) -> tuple[str, bool]:
    """What is spoken of, without its negation, and whether there was none."""
    for negative, positive in NEGATED:
        if negative in text:
            return text.replace(negative, positive), False
    return text, True


def holds(sentence: str, world: dict[str, bool]) -> bool:
    for pattern, rule in FORMS:
        if found := re.fullmatch(pattern, sentence):
            parts = [literal(part) for part in found.groups()]
            return rule(*(world[atom] is said for atom, said in parts))
    raise AssertionError(sentence)


def atoms(sentence: str) -> set[str]:
    found = next(match for pattern, _ in FORMS if (match := re.fullmatch(pattern, sentence)))
    return {literal(part)[0] for part in found.groups()}


def test_what_must_be_true_is_what_holds_in_every_world_of_the_sentences() -> None:
    for sample in read("logic"):
        _, *premises, question = sample.input.split("\n")
        sentences = [(text[0].lower() + text[1:]).rstrip(".") for text in premises]
        claim = question.removeprefix("What follows for this claim: ").rstrip("?")
        names = sorted(set().union(*map(atoms, sentences)))
        worlds = [dict(zip(names, bits, strict=True)) for bits in product((True, False), repeat=len(names))]
        verdicts = {holds(claim, world) for world in worlds if all(holds(text, world) for text in sentences)}
        assert verdicts, sample.id
        right = "C" if len(verdicts) == 2 else "A" if verdicts == {True} else "B"
        assert sample.target == right, sample.id
        assert claim not in sentences, sample.id


# -- ordering: queues that fit all clues, read from the clues ---------------------------------------------------------

CLUES: list[tuple[str, Callable[..., bool]]] = [
    (r"(\w+) stands directly in front of (\w+)\.", lambda q, a, b: (a, b) in pairwise(q)),
    (r"(\w+) stands somewhere in front of (\w+)\.", lambda q, a, b: b in q[q.index(a) :]),
    (r"(\w+) is not first\.", lambda q, a: q[0] != a),
    (r"(\w+) is not last\.", lambda q, a: q[-1] != a),
    (
        r"Exactly one person stands between (\w+) and (\w+)\.",
        lambda q, a, b: {a, b} in [{*x} for x in zip(q, q[2:], strict=False)],
    ),
    (r"(\w+) and (\w+) do not stand next to each other\.", lambda q, a, b: {a, b} not in [{*x} for x in pairwise(q)]),
]


def fitting(clue: str, queues: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    found, rule = next((found, rule) for pattern, rule in CLUES if (found := re.fullmatch(pattern, clue)))
    return [queue for queue in queues if rule(queue, *found.groups())]


def test_the_clues_of_a_queue_leave_one_order_which_has_the_right_person_in_that_place() -> None:
    for sample in read("ordering"):
        _, *clues, question = sample.input.split("\n")
        queues = list(permutations(sample.choices))
        for clue in clues:
            queues = fitting(clue, queues)
        assert len(queues) == 1, sample.id
        asked = re.findall("|".join([*ORDINALS, "seventh"]), question)
        place = [*ORDINALS, "seventh"].index(asked[0])
        assert sample.choices["ABCDEFG".index(sample.target)] == queues[0][place], sample.id


# -- words: done by hand, word by word --------------------------------------------------------------------------------


def answered(text: str) -> str:
    """The answer to a question of ``words``."""
    listed = re.findall(r"\w+", text.partition(": ")[2].partition(". Which")[0])
    place = next((index for index, name in enumerate(ORDINALS) if f"the {name}" in text), 0)
    if found := re.search(r"letters of the word (\w+) in reverse", text):
        return "".join(found[1][-i] for i in range(1, len(found[1]) + 1))
    if "order of the alphabet" in text:
        return next(word for word in listed if sum(other < word for other in listed) == place)
    if "first letters" in text:
        return "".join(word[0] for word in listed)
    if "last letters" in text:
        return "".join(word[-1] for word in listed)[::-1]
    if found := re.search(r"every letter of the word (\w+) by the one that stands (\d)", text):
        alphabet = "abcdefghijklmnopqrstuvwxyz" * 2
        return "".join(alphabet[alphabet.index(letter) + int(found[2])] for letter in found[1])
    assert "Which word of this list" in text
    return listed[place]


def test_the_words_that_are_asked_for_are_those_that_the_question_makes() -> None:
    for sample in read("words"):
        assert answered(sample.input) == sample.target, sample.id
        assert re.fullmatch("[a-z]+", sample.target), sample.id


# -- sequences: every rule of a family that fits what is shown, found from the numbers ---------------------------------


def next_numbers(shown: list[int]) -> set[int]:
    """What comes next by each of a few kinds of rule that all the shown numbers follow."""
    steps = [b - a for a, b in pairwise(shown)]
    second = {b - a for a, b in pairwise(steps)}
    found = set()
    if len(second) == 1:  # steps that are equal, or that grow evenly
        found.add(shown[-1] + steps[-1] + second.pop())
    if len(set(steps[::2])) == 1 and len(set(steps[1::2])) == 1:
        found.add(shown[-1] + steps[-2])
    if all(a + b == c for a, b, c in zip(shown, shown[1:], shown[2:], strict=False)):
        found.add(shown[-1] + shown[-2])
    if steps[0] != 0 and all(b * steps[0] == a * steps[1] for a, b in pairwise(steps)):  # x becomes factor · x + more
        found.add(shown[-1] + steps[-1] * steps[1] // steps[0])
    return found


def test_a_sequence_goes_on_in_one_way_only() -> None:
    for sample in read("sequences"):
        shown = [int(number) for number in re.findall(r"\d+", sample.input)]
        assert next_numbers(shown) == {int(sample.target)}, sample.id
