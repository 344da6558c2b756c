"""How simulated agents lead: each choice that they are given is drawn, and says nothing of the question.

So all that adapts to what leaders and judges say can be played without a key.
"""

from __future__ import annotations

import re

from agentscale.randomness import keyed
from agentscale.schema.calls import (
    CONFIDENCE_MARK,
    DECISION_MARK,
    DIRECTION_MARK,
    REDO_MARK,
    SIZE_MARK,
    TOKENS_MARK,
    VERDICT_MARK,
    CallId,
)

_STOPS = 0.3
"""How often a leader stops, where it may."""


def wanted(text: str) -> str:
    """What a prompt itself asks for by marks, if anything: those in what it quotes of others ask for nothing."""
    if not any(mark in text for mark in (SIZE_MARK, VERDICT_MARK, CONFIDENCE_MARK)):
        return ""
    return "\n".join(line for line in text.splitlines() if not line.startswith(">"))


def steered(asked: str, call: CallId) -> str:
    """The lines by which an agent leads, each drawn from what the last message allows."""
    largest = int(_offered(asked, SIZE_MARK, r"1 to (\d+)"))
    caps = _offered(asked, TOKENS_MARK, r"one of ([\d, ]+)").split(", ")
    rng = keyed(call.seed, "lead", call.task, call.sample_id, call.replicate, call.slot, call.round, call.turn)
    size, cap, stops = int(rng.integers(1, largest + 1)), caps[int(rng.integers(len(caps)))], rng.random() < _STOPS
    decision = [f"{DECISION_MARK} {'stop' if stops else 'continue'}"] if DECISION_MARK in asked else []
    direction = f"{DIRECTION_MARK} Go through it step by step and check each of the {size + 1} steps."
    return "\n".join([*decision, f"{SIZE_MARK} {size}", f"{TOKENS_MARK} {cap}", direction])


def redirected(asked: str, call: CallId, checked: str) -> str:
    """A check that also says to whom the work goes back, where the last message asks for it."""
    if REDO_MARK not in asked:
        return checked
    names = _offered(asked, REDO_MARK, r"one of ([^>]+)").split(", ")
    rng = keyed(call.seed, "redo", call.task, call.sample_id, call.replicate, call.slot, call.round, call.turn)
    before, _, verdict = checked.rpartition(f"\n{VERDICT_MARK}")
    return f"{before}\n{REDO_MARK} {names[int(rng.integers(len(names)))]}\n{VERDICT_MARK}{verdict}"


def _offered(asked: str, mark: str, form: str) -> str:
    """What the prompt offers behind a mark."""
    found = re.findall(rf"{re.escape(mark)} <{form}>", asked)
    return str(found[-1])
