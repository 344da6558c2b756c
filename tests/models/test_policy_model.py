"""A model that plays a world by a policy says what the policy says, and slips as often as it states."""

from __future__ import annotations

import pytest

from agentscale.environments import Network
from agentscale.errors import EndpointError
from agentscale.models.policy import PolicyModel, unplayable
from agentscale.schema.calls import CallId, ChatRequest, Message
from agentscale.schema.experiment import ModelSpec, Playing
from agentscale.schema.worlds import Heard

PLACE = ("digest", "w")
WORLD = Network(problem="consensus")
CASTS = {PLACE: (WORLD, {"optimal": lambda heard, rng: heard.told[::-1], "random": lambda heard, rng: "slipped"})}


def asked(spec: Playing, attempt: int = 0, place: tuple[str, str] = PLACE) -> str:
    call = CallId(1, *place, 0, "m/-/0", "agent", 3, 0, 0, attempt, "body")
    request = ChatRequest("m", (Message("system", "x"), Message("user", "abc")))
    return PolicyModel(spec, CASTS).answer(request, call).completion.text


def test_it_says_what_the_policy_makes_of_all_that_it_was_sent() -> None:
    assert asked(Playing()) == "cba"
    chat = (Message("user", "a"), Message("assistant", "b"), Message("user", "c"))
    assert Heard(WORLD, chat).everything == "a\n\nc"


def test_it_slips_as_often_as_it_states_and_the_same_call_slips_again() -> None:
    said = [asked(Playing(slip=0.3), attempt) for attempt in range(1000)]
    assert said.count("slipped") / 1000 == pytest.approx(0.3, abs=0.05)
    assert said[:20] == [asked(Playing(slip=0.3), attempt) for attempt in range(20)]


def test_what_a_world_has_not_is_told_with_the_nearest_that_it_has() -> None:
    policies = CASTS[PLACE][1]
    assert "did you mean 'optimal'" in str(unplayable(Playing(name="optimum"), policies))
    assert "no random action" in str(unplayable(Playing(slip=0.1), {"optimal": policies["optimal"]}))
    assert unplayable(Playing(slip=0.1), policies) is None


def test_a_question_that_opens_no_world_is_told_so() -> None:
    with pytest.raises(EndpointError, match="opens no world"):
        asked(Playing(), place=("digest", "other"))


def test_a_policy_is_written_by_its_name_or_with_a_slip() -> None:
    assert ModelSpec.model_validate({"policy": "silent"}).policy == Playing(name="silent")
    assert ModelSpec.model_validate({"policy": {"slip": 0.5}}).policy == Playing(name="optimal", slip=0.5)
