"""Looking only where an expression can begin finds what looking everywhere finds."""

from __future__ import annotations

import re
import string
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.scoring.extractors.letter import _forms
from agentscale.scoring.heads import Headed, lowered
from agentscale.scoring.marks import _FINAL, _LOOSE

FORMS = [_FINAL, _LOOSE, *(form.where for upper in ("[A-Z]", "[A-Z]{1,2}") for form in _forms(upper))]
PIECES = (
    *("final", "Fİnal", "answer", "ANSWER", "anſwer", "correct", "best", "right", "option", "choice", "letter", "is"),
    *(
        "so",
        "Thus",
        "choose",
        "picked",
        "selects",
        "go",
        "with",
        "went with",
        "vote for",
        "would be",
        "must be",
        "it's",
    ),
    *(
        "it's",
        "A",
        "B",
        "IS",
        "AB",
        "c",
        "(",
        ")",
        "[",
        "]",
        ":",
        "=>",
        "->",
        "x->",
        "--",
        "*",
        '"',
        "'",
        "_",
        ",",
        ".",
        "the",
    ),
)
TEXTS = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from([" ", " ", "", "\n", "  "])), max_size=30).map(
    lambda pairs: "".join(piece + gap for piece, gap in pairs)
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: next(iter(form.heads)).strip() or "line")
@given(text=TEXTS)
def test_a_headed_expression_matches_where_the_expression_alone_does(form: Headed, text: str) -> None:
    found = [match.span() for match in form.matches(text, lowered(text))]
    assert found == [match.span() for match in form.pattern.finditer(text)]


@given(text=st.text(max_size=60))
def test_lowering_leaves_every_sign_at_its_place(text: str) -> None:
    final = str.maketrans("ς", "σ")  # a sigma is lowered in two ways, by what follows
    assert lowered(text).translate(final) == "".join(map(lowered, text)).translate(final)


def test_every_sign_that_passes_for_a_letter_whatever_its_case_is_lowered_to_that_letter() -> None:
    signs = "".join(map(chr, range(sys.maxunicode + 1)))
    assert len(lowered(signs)) == len(signs)
    for letter in string.ascii_lowercase:
        assert {lowered(sign) for sign in re.findall(letter, signs, re.IGNORECASE)} == {letter}
