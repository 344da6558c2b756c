"""A stage without engine and loop: plays a protocol with replies that the test makes up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import networkx as nx

from agentscale.protocols import InteractionProtocol, resolve
from agentscale.randomness import keyed
from agentscale.schema.agents import Agent, Persona, Team
from agentscale.schema.calls import Batch, Call, Completion, Failure, Outcome, Reply
from agentscale.schema.run import Named
from agentscale.schema.tasks import Question

QUESTION = Question(sample_id="q1", prompt="Which river?\nA) Seine\nB) Thames", choices=("S", "T"))
Speak = Callable[[Call, int], Reply]


def resolved(name: str, **parameters: object) -> InteractionProtocol:
    return resolve(Named(name=name, parameters=parameters))


def team(n: int, personas: Sequence[str | None] = (None,), models: Sequence[str] = ("m",)) -> Team:
    """Members with personas and models in turn."""
    agents = []
    for i in range(n):
        text, model = personas[i % len(personas)], models[i % len(models)]
        persona = None if text is None else Persona(name=f"p{i % len(personas)}", text=text)
        config = f"{model}/{'-' if persona is None else persona.name}"
        agents.append(Agent(slot=f"{config}/{i}", config_id=config, copy_index=i, model=model, persona=persona))
    return Team(agents=tuple(agents))


def complete(n: int) -> nx.DiGraph:
    return nx.complete_graph(n, create_using=nx.DiGraph)


def chain(n: int) -> nx.DiGraph:
    return nx.path_graph(n, create_using=nx.DiGraph)


def place(call: Call) -> int:
    """Which member a call is of."""
    return int(call.slot.rpartition("/")[2])


def says(call: Call, text: str, answer: str | None = None) -> Reply:
    return Reply(call, "key", Completion(text), answer, None if answer else "no_answer")


def dead(call: Call) -> Reply:
    return Reply(call, "key", None, None, "error", Failure("timeout", "no answer in time"))


def by_round(call: Call, number: int) -> Reply:
    """Says who speaks in which round and role; answers differ."""
    role = "" if call.role == "agent" else f"{call.role} "
    return says(call, f"{role}round {number} of {place(call)}", "AB"[(number + place(call)) % 2])


class Asked(NamedTuple):
    """A call, its round, and its batch."""

    round: int
    batch: int
    call: Call

    @property
    def text(self) -> str:
        return "\n".join(message.content for message in self.call.messages)


class Played(NamedTuple):
    asked: list[Asked]
    outcome: Outcome

    def of(self, role: str = "agent") -> Iterator[Asked]:
        return (each for each in self.asked if each.call.role == role)


def played(
    protocol: InteractionProtocol, members: Team, graph: nx.DiGraph | None = None, speak: Speak = by_round
) -> Played:
    """Plays a trial to its end."""
    graph = complete(len(members.agents)) if graph is None else graph
    play = protocol.play(members, graph, QUESTION, keyed(0, "test"))
    asked, replies, number, count = list[Asked](), None, -1, 0
    while True:
        try:
            made = next(play) if replies is None else play.send(replies)
        except StopIteration as stop:
            return Played(asked, stop.value)
        batch = made if isinstance(made, Batch) else Batch(tuple(made))
        number = batch.round_after(number)
        asked += [Asked(number, count, call) for call in batch.calls]
        replies, count = [speak(call, number) for call in batch.calls], count + 1
