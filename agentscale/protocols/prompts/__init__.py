"""The one path on which every prompt is made, so that a treatment changes prompts exactly where it speaks.

An agent is told of peers as Agent 1, Agent 2, … in slot order: neither models nor personas are named, and reasoning
text is never shown. What is quoted is set off line by line, so that no reply can pass itself off as another's. In a
large team a reply has many readers and is quoted once for all of them.
"""

from agentscale.protocols.prompts.controls import noise, padding
from agentscale.protocols.prompts.graphs import assisted, in_groups, instruction, merging, revised
from agentscale.protocols.prompts.parts import checking, correcting, noting, probing, reviewing, unswayed, verdict
from agentscale.protocols.prompts.quotes import See, quoted
from agentscale.protocols.prompts.sureness import confident, sureness
from agentscale.protocols.prompts.teamwork import (
    branching,
    redirecting,
    solving,
    staged,
    steering,
)
from agentscale.protocols.prompts.turns import opening, revision

__all__ = [
    "See",
    "assisted",
    "branching",
    "checking",
    "confident",
    "correcting",
    "in_groups",
    "instruction",
    "merging",
    "noise",
    "noting",
    "opening",
    "padding",
    "probing",
    "quoted",
    "redirecting",
    "reviewing",
    "revised",
    "revision",
    "solving",
    "staged",
    "steering",
    "sureness",
    "unswayed",
    "verdict",
]
