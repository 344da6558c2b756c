"""Scripted nodes. They know what a model in their place is sent, and nothing else: all comes from the text.

An optimal node tells its neighbours who is beside whom, and whatever of that is news to it. After D rounds everybody
knows all, and decides by the same rule. What others say in words of their own is not understood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from agentscale.environments.network.problems import PROBLEMS
from agentscale.environments.network.problems.base import Facts, Problem
from agentscale.schema.calls import ANSWER_MARK
from agentscale.schema.worlds import Heard, Policy

if TYPE_CHECKING:
    import numpy as np

    from agentscale.environments.network.world import Network

_OWN_NAME = re.compile(r"Your name is (\w+)\.")
_NEIGHBOURS = re.compile(r"to nobody else: ([\w, ]+)\.")
_MESSAGE = re.compile(r"^Message from \w+: (\".*\")$", re.MULTILINE)
_TOLD = re.compile(r"I know (\w+:[\w ]*(?:; \w+:[\w ]*)*)\.")
_OPTIONS = re.compile(r"Answer with one of: (.*)\.$", re.MULTILINE)


def optimal(heard: Heard, rng: np.random.Generator) -> str:
    """Floods what is worth telling, and decides by the rule that all share."""
    earlier = "\n".join(message.content for message in heard.messages[:-1] if message.role == "user")
    return _flooding(heard, told_before=earlier)


def repeating(heard: Heard, rng: np.random.Generator) -> str:
    """As ``optimal``, but tells in every round all that is worth telling, not the news alone."""
    return _flooding(heard, told_before="")


def _flooding(heard: Heard, told_before: str) -> str:
    """Tells what was not told before, and decides in the end."""
    problem, text = PROBLEMS[cast("Network", heard.world).problem], heard.everything
    name, beside = _own(text)
    known = _known(problem, {name: beside}, text)
    if _OPTIONS.search(heard.told):
        return f"{ANSWER_MARK} {problem.decide(name, {**known, name: beside})}"
    before = _known(problem, {name: beside}, told_before) if told_before else {}
    news = {node: others for node, others in known.items() if node not in before}
    return json.dumps(dict.fromkeys(beside, _written(news)) if news else {})


def silent(heard: Heard, rng: np.random.Generator) -> str:
    """Says nothing."""
    return ""


def random(heard: Heard, rng: np.random.Generator) -> str:
    """Greets each neighbour with chance ½, and answers any of what may be answered."""
    options = _OPTIONS.search(heard.told)
    if options is not None:
        return f"{ANSWER_MARK} {rng.choice(options[1].split(', '))}"
    return json.dumps({node: "Hello." for node in _own(heard.everything)[1] if rng.random() < 0.5})


POLICIES: Mapping[str, Policy] = {"optimal": optimal, "repeating": repeating, "silent": silent, "random": random}
"""All by name."""


def _own(text: str) -> tuple[str, list[str]]:
    """The own name, and the neighbours' names."""
    name, beside = _OWN_NAME.search(text), _NEIGHBOURS.search(text)
    assert name is not None  # it is told the rules
    assert beside is not None
    return name[1], beside[1].split(", ")


def _known(problem: Problem, own: Facts, text: str) -> Facts:
    """What was worth telling of all that a node was told, its own included."""
    facts = dict(own)
    for quoted in _MESSAGE.findall(text):
        for told in _TOLD.findall(json.loads(quoted)):
            facts |= dict(map(_fact, told.split("; ")))
    return problem.worth_telling(facts)


def _fact(written: str) -> tuple[str, tuple[str, ...]]:
    name, _, beside = written.partition(":")
    return name, tuple(beside.split())


def _written(facts: Facts) -> str:
    told = (f"{name}: {' '.join(beside)}" for name, beside in facts.items())
    return f"I know {'; '.join(told)}."
