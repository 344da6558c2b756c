"""Worlds of agents with known truth: one world, two doors.

`World.answers` gives all votes of many agents on many questions as arrays; `World.answer` gives one of them, from the
same draws, so that a vote asked alone is the vote asked among thousands. This room knows numbers only: nothing of
texts, prompts, the engine or networkx.
"""

from agentscale.simulation.parameters import PRESETS, WorldParameters, resolve
from agentscale.simulation.seats import MISSING, Given, Layer, Moment, Seat, Votes, deal
from agentscale.simulation.truth import Truth
from agentscale.simulation.world import World

__all__ = [
    "MISSING",
    "PRESETS",
    "Given",
    "Layer",
    "Moment",
    "Seat",
    "Truth",
    "Votes",
    "World",
    "WorldParameters",
    "deal",
    "resolve",
]
