from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field, model_validator

from agentscale.errors import SpecError
from agentscale.schema.named import instantiate
from agentscale.schema.record import Record
from agentscale.schema.run import Named


class Walk(Record):
    name: ClassVar[str] = "walk"
    steps: int = Field(default=3, ge=1)
    pace: float = 1.0
    see: Literal["left", "right"] = "left"

    @model_validator(mode="after")
    def _not_backwards(self) -> Walk:
        if self.pace < 0:
            raise ValueError("a pace of zero or more")
        return self


class Post(Record):
    to: str


class Foot(Record):
    way: Literal["foot"] = "foot"
    shoes: str = "black"


class Wheel(Record):
    way: Literal["wheel"] = "wheel"
    spokes: int = 32


class Ride(Record):
    on: Annotated[Foot | Wheel, Field(discriminator="way")] = Foot()
    after: Foot | None = None


FAMILY: dict[str, type[Record]] = {"walk": Walk, "post": Post, "ride": Ride}


def fault(name: str, **parameters: object) -> SpecError:
    with pytest.raises(SpecError) as caught:
        instantiate("move", Named(name=name, parameters=parameters), FAMILY)
    return caught.value


def test_a_name_alone_takes_every_default():
    assert instantiate("move", Named(name="walk"), FAMILY) == Walk()


def test_parameters_become_fields_and_whole_numbers_may_stand_for_reals():
    made = instantiate("move", Named(name="walk", parameters={"steps": 5, "pace": 2, "see": "right"}), FAMILY)
    assert made == Walk(steps=5, pace=2.0, see="right")


def test_an_unknown_name_tells_the_nearest():
    error = fault("wlak")
    assert (error.key, error.nearest, error.allowed) == ("move", "walk", "post, ride, walk")


def test_an_unknown_parameter_tells_those_that_there_are():
    error = fault("walk", step=5)
    assert (error.key, error.nearest, error.allowed) == ("walk.step", "steps", "pace, see, steps")


def test_an_unknown_kind_within_tells_the_kinds_and_a_missing_one_where_it_stands():
    error = fault("ride", on={"way": "wheels"})
    assert (error.key, error.nearest, error.allowed) == ("ride.on", "wheel", "foot, wheel")
    assert "under 'way'" in str(fault("ride", on={"spokes": 3}).allowed)


@pytest.mark.parametrize(
    ("parameters", "nearest", "allowed"),
    [
        ({"on": {"way": "wheel", "spoke": 3}}, "spokes", "spokes, way"),
        ({"on": {"way": "foot", "x": 3}}, None, "shoes, way"),
        ({"after": {"shoe": "red"}}, "shoes", "shoes, way"),
    ],
)
def test_an_unknown_parameter_within_tells_those_that_there_are_at_its_place(parameters, nearest, allowed):
    error = fault("ride", **parameters)
    assert (error.nearest, error.allowed) == (nearest, allowed)


@pytest.mark.parametrize("got", ["3", True, 2.5, None, [3], 0])
def test_a_wrong_type_or_value_tells_what_was_got_and_what_is_allowed(got):
    error = fault("walk", steps=got)
    assert error.key == "walk.steps"
    assert repr(got) in error.problem
    assert error.allowed


def test_a_word_out_of_a_choice_tells_the_choices():
    assert fault("walk", see="up").allowed == "'left' or 'right'"


def test_a_missing_parameter_is_named():
    assert fault("post").key == "post.to"


def test_a_rule_over_several_parameters_speaks_for_itself():
    error = fault("walk", pace=-1.0)
    assert (error.key, error.allowed) == ("walk", "a pace of zero or more")
