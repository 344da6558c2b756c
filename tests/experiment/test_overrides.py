"""An override is an edit of the file, and its errors name it."""

from __future__ import annotations

import contextlib
import json
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.catalog.document import parse, to_yaml
from agentscale.errors import SpecError
from agentscale.experiment import Sweep, load
from agentscale.experiment.overrides import overridden

BASE = """\
models:
  small: {scripted: {replies: [A]}}
  gpt-4.1: {scripted: {replies: [B]}}
task: {name: ./quiz, limit: 4}
team:
  size: [1, 2]   # a comment
"""


@pytest.mark.parametrize(
    ("override", "edited"),
    [
        ("team.size=2,4,8", BASE.replace("[1, 2]", "[2, 4, 8]")),
        ("team.size=[2, 4, 8]", BASE.replace("[1, 2]", "[2, 4, 8]")),
        ("team.size=3", BASE.replace("[1, 2]", "3")),
        ("team.layer=L2,L4", BASE + "  layer: [L2, L4]\n"),
        ("task.limit=2", BASE.replace("4}", "2}")),
        ("task.limit=null", BASE.replace(", limit: 4", "")),
        ("seed=7", BASE + "seed: 7\n"),
        ("sampling.temperature=1e-1", BASE + "sampling: {temperature: 0.1}\n"),
        ("sampling.stop='a,b','='", BASE + "sampling: {stop: ['a,b', '=']}\n"),
        ("independent=true", BASE + "independent: true\n"),
        ("protocol=vote,{debate: {rounds: 1}}", BASE + "protocol: [vote, {debate: {rounds: 1}}]\n"),
        ("protocol.debate.rounds=1", BASE + "protocol: {debate: {rounds: 1}}\n"),
        ('models."gpt-4.1".sampling.top_p=0.5', BASE.replace("[B]}}", "[B]}, sampling: {top_p: 0.5}}")),
        ("task=./quiz", BASE.replace("{name: ./quiz, limit: 4}", "./quiz")),
    ],
)
def test_an_override_equals_the_edit(override: str, edited: str, loaded: Callable[..., Sweep]) -> None:
    by_override, by_edit = loaded(BASE, override), loaded(edited)
    assert by_override.header == by_edit.header
    assert by_override.questions == by_edit.questions


def test_later_overrides_go_over_earlier_ones(loaded: Callable[..., Sweep]) -> None:
    sweep = loaded(BASE, "team.size=8", "team.layer=L3", "team.size=3", "team.name=mixed")
    assert [cell.id for cell in sweep.header.cells] == ["quiz.vote.L3.mixed.n3"]


def test_an_override_reaches_into_the_short_form_of_a_task(loaded: Callable[..., Sweep]) -> None:
    sweep = loaded(BASE.replace("{name: ./quiz, limit: 4}", "./quiz"), "task.limit=2")
    assert len(sweep.questions) == 2


def test_the_text_kept_with_the_run_says_what_the_overrides_made(loaded: Callable[..., Sweep], desk: Path) -> None:
    sweep = loaded(BASE, "team.size=2,4", "sampling.stop='no','1e3','12:30','0o17'")
    (desk / "again.yaml").write_text(sweep.source, "utf-8")
    assert load("again.yaml").header == sweep.header
    assert sweep.source.startswith("# exp.yaml with the overrides\n#   'team.size=2,4'\n")


def test_without_overrides_the_text_is_kept_as_it_is(loaded: Callable[..., Sweep]) -> None:
    assert loaded(BASE).source == BASE


WRONG = {
    "team.size=0": "team.size: got 0\n  allowed: a whole number ≥ 1",
    "team.size=2,0": "team.size[1]: got 0\n  allowed: a whole number ≥ 1",
    "team.sise=2": "team.sise: unknown key 'sise'\n  allowed: layer, members, models, name, pairs, "
    "personas, size, tools\n"
    "  did you mean 'size'?",
    "task.levels=9": "task.levels: no sample of the task 'quiz' has level 9\n  allowed: 1, 2, 3",
    "topology=rng": None,
    "x": "this is no override\n  allowed: key.key=value, such as team.size=2,4,8",
    "team.size[0]=2": "this is no override\n  allowed: key.key=value, such as team.size=2,4,8",
    "=3": "this is no override\n  allowed: key.key=value, such as team.size=2,4,8",
    "seed=": "seed: there is no value\n  allowed: a value; null, or '' for no text",
    "protocol=[vote": "is not YAML: while parsing a flow sequence, expected ',' or ']', but got '<stream end>'\n"
    "  quote texts that hold ': ' or ' #', or begin with '{', '[', '*' or '&'; indent with spaces",
    "team.size.x=1": "team.size is a list\n  allowed: a way through mappings only\n"
    "  give the whole value, team.size=…, or edit the file",
    "name.x=1": "name is 'exp'\n  allowed: a way through mappings only\n"
    "  give the whole value, name=…, or edit the file",
}


@pytest.mark.parametrize("override", WRONG)
def test_an_error_names_the_override(override: str, loaded: Callable[..., Sweep]) -> None:
    with pytest.raises(SpecError) as caught:
        loaded(BASE + "name: exp\n", override)
    place, expected = f"override {override!r}: ", WRONG[override]
    assert str(caught.value).startswith(place)
    assert caught.value.line is None
    if expected is not None:
        assert str(caught.value) == place + expected


def test_an_error_of_the_file_keeps_its_line_beside_overrides(loaded: Callable[..., Sweep]) -> None:
    with pytest.raises(SpecError) as caught:
        loaded(BASE + "  layr: L1\n", "team.size=4")
    assert (caught.value.file, caught.value.line, caught.value.key) == ("exp.yaml", 7, "team.layr")


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | st.text("0123456789eExob.:-+_~ynYN#&*!|>'\"%@`", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(string.printable, max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(string.ascii_letters, min_size=1), plain, min_size=1, max_size=4))
def test_values_written_as_yaml_are_read_back_as_they_were(data: dict[str, Any]) -> None:
    assert parse(to_yaml(data), "x", "test").data == data


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from("abc"), st.dictionaries(st.sampled_from("xyz"), st.integers())),
    st.sampled_from("abc"),
    st.sampled_from("xyz"),
    st.integers() | st.lists(st.integers(), min_size=2),
)
def test_an_override_changes_its_key_and_nothing_else(
    data: dict[str, Any], outer: str, inner: str, value: int | list[int]
) -> None:
    before = parse(json.dumps({**data, "z": 0}), "x", "test")
    written = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    after = overridden(before, f"{outer}.{inner}={written}")
    expected = {**before.data, outer: {**(before.data.get(outer) or {}), inner: value}}
    assert after.data == expected
    assert before.data == {**data, "z": 0}


@settings(deadline=None)
@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_overrides(text: str) -> None:
    document = parse("a: {b: 1}\nc: [1]\n", "x", "test")
    with contextlib.suppress(SpecError):  # the one error that a user may see
        overridden(document, text)
