"""What was planted in a text is read back, whatever stands around it; what was not is never made up."""

from __future__ import annotations

import ast
import json
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from agentscale.schema.calls import Completion
from agentscale.schema.tasks import AnswerKind
from agentscale.scoring import EXTRACTORS, Reading, canonical_math, canonical_text, chain_of, letters, read

CHATTER = st.lists(
    st.sampled_from(["rivers", "flow", "past", "old walls,", "and", "people\n", "live there.", "Il pleut", "是的"]),
    max_size=20,
).map(" ".join)
THOUGHT = st.sampled_from(["", "<think>Maybe {}, \\boxed{0}, or Final answer: 0</think>", "<think>no\n</think>\n\n"])
EXPRESSIONS = st.sampled_from(
    [
        "x+1",
        "\\frac{\\sqrt{3}}{2}",
        "2\\pi r^2",
        "\\{1, 2\\}",
        "(1, 2)",
        "[0, \\infty)",
        "x^2 + y^2 = 4",
        "\\begin{pmatrix}1\\\\2\\end{pmatrix}",
        "\\text{even}",
        "e^{i\\pi}",
        "n!",
    ]
)
DELIMITED = st.sampled_from(
    ["{}", "${}$", "$${}$$", "\\({}\\)", "\\[{}\\]", "\\[\n{}\n\\]", "\\boxed{{{}}}", "$\\boxed{{{}}}$"]
)
WORDS = st.lists(st.sampled_from(["blue", "whale", "São", "Paulo", "42", "東京"]), min_size=1, max_size=4).map(" ".join)


def read_as(kind: AnswerKind, text: str, *chain: str, choices: tuple[str, ...] = ()) -> Reading:
    return read(Completion(text), kind=kind, choices=choices, chain=chain)


@given(data=st.data(), value=EXPRESSIONS)
def test_a_planted_expression_is_read_back_from_any_wrapping(data: st.DataObject, value: str) -> None:
    shown = data.draw(DELIMITED).format(value)
    mark = data.draw(st.sampled_from(["Final answer: ", "**Final answer:** ", "Final Answer:\n", "FINAL ANSWER - "]))
    end = data.draw(st.sampled_from(["", ".", "\n", "\n\nI am sure."]))
    text = f"{data.draw(THOUGHT)}{data.draw(CHATTER)}\n{mark}{shown}{end}"
    assert canonical_math(read_as("math", text, "boxed", "mark").answer or "") == canonical_math(value)


@given(
    before=CHATTER, after=CHATTER, value=st.fractions(max_denominator=60), signed=st.sampled_from(["\\frac", "\\dfrac"])
)
def test_a_planted_fraction_is_its_value_however_it_is_written(before, after, value: Fraction, signed: str) -> None:
    sign, whole = "-" * (value < 0), abs(value)
    for shown in (
        f"{sign}{signed}{{{whole.numerator}}}{{{whole.denominator}}}",
        f"{value.numerator}/{value.denominator}",
    ):
        text = f"{before} so \\boxed{{{shown}}}\n{after}"
        assert (
            read_as("math", text, "boxed").answer
            == read_as("number", text, "boxed").answer
            == canonical_math(str(value))
        )


@given(data=st.data(), words=WORDS)
def test_a_planted_text_is_read_back_whatever_its_dress(data: st.DataObject, words: str) -> None:
    dress = data.draw(st.sampled_from(["{}", "**{}**", '"{}"', "the {}.", "{}!", "« {} »", "\\boxed{{\\text{{{}}}}}"]))
    shown = data.draw(st.sampled_from([words, words.upper()]))
    text = f"{data.draw(CHATTER)}\nFinal answer: {dress.format(shown)}\n{data.draw(CHATTER)}"
    assert read_as("text", text, "boxed", "mark").answer == canonical_text(words)


BODIES = st.sampled_from(["return x + 1", "return '```'", "while True:\n        pass", "return '−é“'", "return f'{x}'"])


@given(data=st.data(), body=BODIES)
def test_a_planted_program_is_read_back_to_the_letter(data: st.DataObject, body: str) -> None:
    program = f"def f(x):\n    {body}\n"
    fence = data.draw(st.sampled_from(["````", "~~~"])) if "```" in body else data.draw(st.sampled_from(["```", "~~~"]))
    language = data.draw(st.sampled_from(["python", "py", "Python3", ""]))
    use = data.draw(st.sampled_from(["", "\nUse it:\n```\n>>> f(1)\n2\n```\n", "\n```python\nprint(f(3))\n```\n"]))
    text = f"{data.draw(CHATTER)}\n\n{fence}{language}\n{program}{fence}\n{use}{data.draw(CHATTER)}"
    assert read_as("code", text, "code_block").answer == program
    assert read_as("code", program, "code_block", "bare_program").answer == program
    assert read_as("code", json.dumps({"answer": program}), "json_field").answer == program


@given(data=st.data(), n=st.integers(2, 40))
def test_a_letter_planted_in_a_field_or_a_box_is_read_back(data: st.DataObject, n: int) -> None:
    options = tuple(f"thing number {i} of many" for i in range(n))
    letter = data.draw(st.sampled_from(letters(n)))
    key = data.draw(st.sampled_from(["answer", "Final Answer", "final_answer", "CHOICE"]))
    held = {"reasoning": data.draw(CHATTER), key: data.draw(st.sampled_from(["{}", "({})", "{}."])).format(letter)}
    spelt = json.dumps(held, indent=data.draw(st.sampled_from([None, 2])), ensure_ascii=data.draw(st.booleans()))
    text = f"{data.draw(CHATTER)}\n```json\n{spelt}\n```\n{data.draw(CHATTER)}"
    assert read_as("choice", text, "json_field", choices=options).answer == letter
    assert read_as("choice", f"so \\boxed{{\\text{{{letter}}}}}.", "boxed", choices=options).answer == letter


TANGLED = st.text(alphabet="AaBb12.,:/-+=()<>[]{}$\\*`~\"' \n^_%", max_size=80)
KINDS: tuple[AnswerKind, ...] = ("choice", "number", "math", "text", "code")


@given(text=st.one_of(st.text(max_size=200), TANGLED), kind=st.sampled_from(KINDS))
def test_any_text_gives_an_answer_or_a_reason_by_every_chain(text: str, kind: AnswerKind) -> None:
    names = tuple(name for name, extractor in EXTRACTORS.items() if kind in extractor.kinds)
    assert chain_of(names, kind)
    for prefix in ("", "Final answer: ", "\\boxed{", "```\n", '{"answer": '):
        reading = read_as(kind, prefix + text, *names, choices=("x", "y") if kind == "choice" else ())
        assert (reading.answer is None) != (reading.missing is None)
        if reading.answer is not None and kind == "text":
            assert canonical_text(reading.answer) == reading.answer


def test_a_sign_belongs_to_a_number_in_any_brackets() -> None:
    assert [canonical_text(text) for text in ("(-3)", "**-0.50**", "- 3", "-.5", "A -7.")] == [
        "-3",
        "-0.5",
        "3",
        "-0.5",
        "-7",
    ]


@given(program=st.text(alphabet="def f(x):\n return1+'\"#", max_size=60))
def test_no_bare_program_is_prose(program: str) -> None:
    answer = read_as("code", program, "bare_program").answer
    if answer is not None:
        ast.parse(answer)
