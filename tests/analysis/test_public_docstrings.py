"""What the docstring of every public array function says: arguments, shapes, what it refuses, its source."""

from __future__ import annotations

import inspect
import re
import sys

import pytest

from agentscale import analysis

from .test_bad_input import CONTENTS, EXAMPLES, SIZES, longer, outcome, spoilt

SOURCE = re.compile(r"arXiv|theory, section|\b\d{4}\.\d{4,5}\b|\b(19|20)\d\d\b")
"""A paper, or the section of the theory that has formula and source."""


ENDS, RESAMPLED = "agentscale.analysis.intervals", {"agentscale.analysis.bootstrap", "agentscale.analysis.resampling"}
"""Where the ends of what is resampled come from."""


def said(name: str) -> str:
    return inspect.getdoc(getattr(analysis, name)) or ""


def takes_an_array(name: str) -> bool:
    return any(
        "ArrayLike" in str(one.annotation) for one in inspect.signature(getattr(analysis, name)).parameters.values()
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_argument_is_named(name: str) -> None:
    arguments = inspect.signature(getattr(analysis, name)).parameters
    assert [one for one in arguments if not re.search(rf"\b{one}\b", said(name))] == []


@pytest.mark.parametrize("name", [name for name in EXAMPLES if takes_an_array(name)])
def test_shapes_are_told_where_arrays_are_taken(name: str) -> None:
    assert re.search(r"[Ss]hape|broadcast", said(name))


def refuses(name: str) -> bool:
    cases = [outcome(name, spoilt(name, case))[1] for case in (*SIZES, *CONTENTS)]
    return any(cases) or name in LONGER


LONGER = {name for name, _ in longer()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_refused_is_told(name: str) -> None:
    assert not refuses(name) or "Raises:\n    SpecError:" in said(name)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_source_is_told_by_the_function_or_its_module(name: str) -> None:
    module = getattr(analysis, name).__module__
    whose = ENDS if module in RESAMPLED else module
    assert SOURCE.search(said(name) + (sys.modules[whose].__doc__ or ""))
