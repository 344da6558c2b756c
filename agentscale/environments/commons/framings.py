"""The words for one and the same commons: a lake, a pasture, a river."""

from __future__ import annotations

from typing import Literal, NamedTuple

FramingName = Literal["fishery", "pasture", "pollution"]


class Framing(NamedTuple):
    """Words; those in braces stand for numbers."""

    agent: str
    many: str
    """Several agents."""
    place: str
    nature: str
    """What there is at most, how it grows, when it is over, and what it is worth; ``capacity`` and ``least``."""
    stands: str
    """How much there is; ``pool``."""
    asks: str
    took: str
    left: str
    """How much a harvest has left; ``left``."""
    lost: str
    """What was taken away from outside; ``lost``."""
    unit: str


FRAMINGS: dict[FramingName, Framing] = {
    "fishery": Framing(
        agent="fisher",
        many="fishers",
        place="a lake",
        nature="The lake holds at most {capacity} tons of fish. At the end of a month the fish that are left double, "
        "up to {capacity} tons; but if fewer than {least} tons are left by then, the stock dies out and nobody ever "
        "fishes again. Each ton earns whoever caught it 1,000 dollars.",
        stands="There are {pool} tons of fish in the lake.",
        asks="How many tons of fish do you want to catch this month",
        took="caught",
        left="{left} tons were left.",
        lost="A hard winter has killed {lost} tons of fish.",
        unit="tons",
    ),
    "pasture": Framing(
        agent="shepherd",
        many="shepherds",
        place="a pasture",
        nature="The pasture has at most {capacity} hectares of grass. At the end of a month the grass that is left "
        "doubles, up to {capacity} hectares; but if fewer than {least} hectares are left by then, the pasture turns to "
        "dust and nobody ever grazes again. Each hectare feeds one sheep, which earns its shepherd 1,000 dollars.",
        stands="There are {pool} hectares of grass on the pasture.",
        asks="How many hectares of grass do you want to graze this month",
        took="grazed",
        left="{left} hectares were left.",
        lost="A drought has taken {lost} hectares of grass.",
        unit="hectares",
    ),
    "pollution": Framing(
        agent="factory owner",
        many="factory owners",
        place="a river",
        nature="The river is at most {capacity} percent clean. At the end of a month the clean share that is left "
        "doubles, up to {capacity} percent; but if fewer than {least} percent are left by then, the river is dead and "
        "nobody ever produces again. Making one pallet of goods fouls one percent of clean water, and earns the owner "
        "1,000 dollars.",
        stands="The river is {pool} percent clean.",
        asks="How many percent of clean water do you want to use up this month",
        took="used up",
        left="{left} percent were left.",
        lost="A spill upstream has fouled {lost} percent of clean water.",
        unit="percent",
    ),
}
