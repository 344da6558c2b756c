"""A treatment changes prompts exactly where it speaks, in every topology and every round, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.schema.calls import Message
from tests.protocols.stage import Asked, played, resolved, team

PERSONAS = ("You are a sailor who doubts.", "You are a judge of maps.")
ROUNDS = 3
Messages = tuple[Message, ...]
Mask = Callable[[Asked], Messages]
"""A prompt without what a treatment may say in it."""

GRAPHS = st.builds(
    lambda n, p, seed: nx.gnp_random_graph(n, p, seed=seed, directed=True),
    st.integers(1, 5),
    st.floats(0, 1),
    st.integers(0, 99),
)


def whole(asked: Asked) -> Messages:
    return asked.call.messages


def without_system(asked: Asked) -> Messages:
    return tuple(message for message in asked.call.messages if message.role != "system")


def blanked(pattern: str) -> Mask:
    def mask(asked: Asked) -> Messages:
        return tuple(Message(each.role, re.sub(pattern, "", each.content)) for each in asked.call.messages)

    return mask


def without_quotes(asked: Asked) -> Messages:
    return tuple(
        Message(each.role, re.sub(r"(?m)(?<=:\n)([>-] ?.*\n?)+", "…\n", each.content)) for each in asked.call.messages
    )


def without_the_middle(asked: Asked) -> Messages:
    """Persona, question, own last reply and the request."""
    messages = asked.call.messages
    system = [message for message in messages[:1] if message.role == "system"]
    last = messages[-2:] if messages[-2].role == "assistant" else messages[-1:]
    return tuple(messages if asked.round == 0 else (*system, messages[len(system)], *last))


TREATMENTS: dict[str, tuple[dict[str, Any], Mask, Callable[[Asked], bool]]] = {
    "traits": ({"traits": True}, without_system, lambda each: True),
    "a shared persona": ({"personas": "shared"}, without_system, lambda each: int(each.call.slot[-1]) % 2 == 1),
    "padding for personas": ({"personas": "padding"}, without_system, lambda each: True),
    "noise for replies": ({"shows": "noise"}, without_quotes, lambda each: reads_peers(each)),
    "padding for replies": ({"shows": "padding"}, without_quotes, lambda each: reads_peers(each)),
    "agreement": (
        {"agreement": 0.75},
        blanked(r"\n\nWhere they differ from you, agree with them in about 75 of a hundred cases\."),
        lambda each: reads_peers(each),
    ),
    "history": ({"memory": "history"}, without_the_middle, lambda each: each.round > 1),
    "notes": (
        {"memory": "summary"},
        blanked(r"\n\nYour notes on the discussion so far:\n> summary .*"),
        lambda each: each.round > 1,
    ),
    "a probe": ({"probe": "How do you feel?"}, whole, lambda each: False),
    "a hub that decides": ({"decides": "hub"}, whole, lambda each: False),
    "a judge": ({"decides": "judge"}, whole, lambda each: False),
}


def reads_peers(asked: Asked) -> bool:
    return "Other agents were asked" in asked.call.messages[-1].content


@pytest.mark.parametrize("name", TREATMENTS)
@pytest.mark.parametrize("see", ["answer", "rationale"])
@settings(max_examples=12, deadline=None)
@given(graph=GRAPHS)
def test_prompts_differ_where_a_treatment_speaks_and_nowhere_else(see: str, name: str, graph: nx.DiGraph) -> None:
    parameters, mask, speaks = TREATMENTS[name]
    members = team(len(graph), PERSONAS)
    if parameters.get("traits") is True:
        parameters = {"traits": ("EO" * 5)[: len(graph)]}
    plain = list(played(resolved("debate", see=see), members, graph).of())
    treated = list(played(resolved("debate", see=see, **parameters), members, graph).of())
    assert len(plain) == len(treated) == len(graph) * (1 + ROUNDS)
    for before, after in zip(plain, treated, strict=True):
        assert (before.round, before.call.slot) == (after.round, after.call.slot)
        assert mask(before) == mask(after)
        assert (before.call.messages != after.call.messages) == speaks(after)


@given(graph=GRAPHS, schedules=st.tuples(*[st.text("DR", min_size=3, max_size=3)] * 2))
def test_two_schedules_give_equal_prompts_in_every_round_that_is_equal_in_both(
    graph: nx.DiGraph, schedules: tuple[str, str]
) -> None:
    one, two = (list(played(resolved("debate", schedule=each), team(len(graph)), graph).of()) for each in schedules)
    for before, after in zip(one, two, strict=True):
        number = before.round
        same = number == 0 or schedules[0][number - 1] == schedules[1][number - 1]
        lonely = not list(graph.predecessors(int(before.call.slot[-1])))
        assert (before.call == after.call) == (same or lonely)


@given(graph=GRAPHS, data=st.data())
def test_a_schedule_by_agent_is_each_agents_own(graph: nx.DiGraph, data: st.DataObject) -> None:
    n = len(graph)
    each = data.draw(st.lists(st.text("DR", min_size=2, max_size=2), min_size=n, max_size=n))
    made = played(resolved("debate", schedule=each), team(n), graph)
    for asked in made.of():
        debates = asked.round > 0 and each[int(asked.call.slot[-1])][asked.round - 1] == "D"
        peers = list(graph.predecessors(int(asked.call.slot[-1])))
        assert len(asked.call.reads) == (len(peers) if debates else 0)
        assert reads_peers(asked) == (debates and bool(peers))
