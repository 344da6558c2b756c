"""A judge reads what the team said and decides; who it is stands in the file."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest

from agentscale.protocols import resolve
from agentscale.randomness import keyed
from agentscale.schema.agents import Agent, Persona, Team
from agentscale.schema.calls import Batch, Call, Completion, Message, Reply
from agentscale.schema.run import Named
from agentscale.schema.tasks import Question

QUESTION = Question(sample_id="q", prompt="Which river?", choices=("S", "T"))
MEMBERS = tuple(Agent(slot=f"m/-/{i}", config_id="m/-", copy_index=i, model="m") for i in range(3))
JUDGE = Agent(
    slot="big/owl@judge/0",
    config_id="big/owl@judge",
    copy_index=0,
    model="big",
    persona=Persona(name="owl", text="Hoo"),
)


def judged(team: Team, see: str = "rationale", dead: int | None = None) -> tuple[Call, Any]:
    play = resolve(Named(name="judged", parameters={"see": see})).play(team, nx.DiGraph(), QUESTION, keyed(0, "t"))
    asked = list(next(play))
    said = [Reply(call, str(i), Completion(f"since {i}\nB"), "B", None) for i, call in enumerate(asked)]
    if dead is not None:
        said[dead] = Reply(asked[dead], "x", None, None, "error")
    batch = play.send(said)
    assert isinstance(batch, Batch)
    assert batch.round == 0
    (call,) = batch.calls
    verdict = Reply(call, "verdict", Completion("A"), "A", None)
    with pytest.raises(StopIteration) as stop:
        play.send([verdict])
    assert stop.value.value.decider is verdict
    assert list(stop.value.value.replies) == said
    return call, stop.value.value


def test_the_judge_is_who_is_named_for_it_and_reads_everybody_once() -> None:
    call, _ = judged(Team(agents=MEMBERS, parts={"judge": JUDGE}))
    assert (call.slot, call.role, call.reads) == (JUDGE.slot, "judge", tuple(agent.slot for agent in MEMBERS))
    system, user = call.messages
    assert system == Message("system", "Hoo")
    assert user.content.startswith("Which river?\n\n")
    assert all(user.content.count(f"\nAgent {i + 1}:\n> since {i}\n> B\n") == 1 for i in range(3))


def test_without_a_name_the_first_member_judges() -> None:
    call, _ = judged(Team(agents=MEMBERS))
    assert (call.slot, call.role) == ("m/-/0", "judge")


def test_a_judge_of_answers_reads_no_reason_and_sees_who_is_silent() -> None:
    call, _ = judged(Team(agents=MEMBERS), see="answer", dead=1)
    content = call.messages[-1].content
    assert "since" not in content
    assert "Agent 1:\n- Final answer: B\n\nAgent 2:\n- no readable answer\n\nAgent 3:\n- Final answer: B\n" in content
