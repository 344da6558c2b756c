"""A call's identity is spelt canonically: it can be read back, its digest is the key, and nothing else is read."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.schema.calls import CallId, Role
from agentscale.schema.record import canonical, digest

NUMBERS = st.integers(min_value=0)
CALLS = st.builds(
    CallId,
    seed=NUMBERS,
    task=st.text(),
    sample_id=st.text(),
    replicate=NUMBERS,
    slot=st.text(),
    role=st.sampled_from(get_args(Role)),
    round=NUMBERS,
    turn=NUMBERS,
    step=NUMBERS,
    attempt=NUMBERS,
    body=st.text(),
    salt=st.text(),
)


def fields(call: CallId) -> list[Any]:
    return [getattr(call, name) for name in CallId.__slots__]


@given(CALLS)
def test_what_is_spelt_is_canonical_json_and_is_read_back(call: CallId) -> None:
    assert call.spelt.encode("ascii") == canonical(fields(call))
    assert call.key == digest(fields(call))
    assert CallId.read(call.spelt) == call


CALL = CallId(1, "t", "s", 0, "m/-/0", "agent", 0, 0, 0, 0, "b")


WRONG = [
    (at, wrong)
    for at, right in enumerate(fields(CALL))
    for wrong in (None, True, 1.5, [], 3 if isinstance(right, str) else "3")
]


@pytest.mark.parametrize(("at", "wrong"), [*WRONG, (5, "agents")])
def test_a_field_of_the_wrong_kind_is_no_call(at: int, wrong: Any) -> None:
    written = fields(CALL)
    written[at] = wrong
    with pytest.raises(ValueError, match=r"call"):
        CallId.read(canonical(written).decode())


@pytest.mark.parametrize("text", ["", "[]", "{}", "[1", json.dumps(fields(CALL)), CALL.spelt + " ", "[" * 100_000])
def test_what_is_spelt_otherwise_is_no_call(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        CallId.read(text)
