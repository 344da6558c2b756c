"""Which cells a sweep has, how they are called, and what each is played with."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.experiment import Sweep
from agentscale.experiment.labels import LONGEST, CellName, cell_ids, label
from agentscale.protocols import PROTOCOLS, InteractionProtocol
from agentscale.schema.agents import Sampling, Team
from agentscale.schema.calls import Call, Outcome, Play
from agentscale.schema.run import Named
from agentscale.schema.tasks import Question

BASE = """\
seed: 3
models:
  m0: {scripted: {replies: ["Final answer: A"]}}
  m1: {scripted: {replies: ["Final answer: B"]}}
task: ./quiz
"""

Loaded = Callable[..., Sweep]


def ids(sweep: Sweep) -> list[str]:
    return [cell.id for cell in sweep.header.cells]


def test_cells_stand_by_task_protocol_topology_team_and_size(loaded: Loaded) -> None:
    sweep = loaded(
        BASE + "team: {size: [2, 3], layer: [L1, L3]}\nprotocol: [vote, {debate: {rounds: 1, see: answer}}]\n"
        "topology: [ring, {small_world: {k: 2, p: 0.5}}]\n"
    )
    assert ids(sweep) == [
        "quiz.vote.L1.m0.n2",
        "quiz.vote.L1.m0.n3",
        "quiz.vote.L1.m1.n2",
        "quiz.vote.L1.m1.n3",
        "quiz.vote.L3.n2",
        "quiz.vote.L3.n3",
        "quiz.debate-1-answer.ring.L1.m0.n2",
        "quiz.debate-1-answer.ring.L1.m0.n3",
        "quiz.debate-1-answer.ring.L1.m1.n2",
        "quiz.debate-1-answer.ring.L1.m1.n3",
        "quiz.debate-1-answer.ring.L3.n2",
        "quiz.debate-1-answer.ring.L3.n3",
        "quiz.debate-1-answer.small_world-2-0.5.L1.m0.n3",
        "quiz.debate-1-answer.small_world-2-0.5.L1.m1.n3",
        "quiz.debate-1-answer.small_world-2-0.5.L3.n3",
    ]
    assert next((absent.cell, absent.reason) for absent in sweep.header.not_applicable) == (
        "quiz.debate-1-answer.small_world-2-0.5.L1.m0.n2",
        "k = 2 neighbours need more than 2 agents",
    )
    assert len(sweep.header.not_applicable) == 3


def test_a_vote_has_no_use_for_topologies(loaded: Loaded) -> None:
    sweep = loaded(BASE + "team: {size: 4}\ntopology: [ring, complete, hub]\n")
    assert ids(sweep) == ["quiz.vote.L1.m0.n4", "quiz.vote.L1.m1.n4"]
    assert all(cell.topology is None and cell.edges == () for cell in sweep.header.cells)
    assert [sorted(graph) for graph in sweep.graphs.values()] == [[0, 1, 2, 3]] * 2


def test_an_agent_alone_has_no_topology(loaded: Loaded) -> None:
    sweep = loaded(BASE + "protocol: debate\nteam: {layer: L3, size: [1, 2]}\ntopology: [ring, complete]\n")
    assert ids(sweep) == ["quiz.debate.L3.n1", "quiz.debate.ring.L3.n2", "quiz.debate.complete.L3.n2"]


def test_what_is_not_written_is_kept_with_its_default(loaded: Loaded) -> None:
    (cell, _) = loaded(BASE + "protocol: {debate: {rounds: 2}}\nteam: {size: 6}\ntopology: small_world\n").header.cells
    assert cell.protocol == Named(name="debate", parameters={"rounds": 2, "see": "answer"})
    assert cell.topology == Named(name="small_world", parameters={"k": 4, "p": 0.1})


def test_a_topology_of_the_catalog_keeps_its_name_and_finds_its_file(loaded: Loaded) -> None:
    sweep = loaded(BASE + "protocol: debate\nteam: {size: [4, 8], layer: L3}\ntopology: two_teams\n")
    (cell,) = sweep.header.cells
    assert cell.topology == Named(name="two_teams", parameters={"path": "two_teams.graphml", "reverse": False})
    assert len(cell.edges) == sweep.graphs[cell.id].number_of_edges() > 0
    assert sweep.header.not_applicable[0].reason == "two_teams.graphml has 8 nodes, not 4"


def test_edges_are_those_of_the_graph_and_come_from_the_seed(loaded: Loaded) -> None:
    text = BASE + "protocol: debate\nteam: {size: 12, layer: L3}\ntopology: {erdos_renyi: {p: 0.3}}\n"
    one, same, other = loaded(text), loaded(text), loaded(text, "seed=4")
    (cell,) = one.header.cells
    assert set(cell.edges) == set(one.graphs[cell.id].edges)
    assert cell.edges == same.header.cells[0].edges != other.header.cells[0].edges


def test_two_tasks_are_crossed_with_the_rest(loaded: Loaded, desk: object) -> None:
    sweep = loaded(BASE.replace("./quiz", "[{name: ./quiz, limit: 2}, {name: sums, limit: 3}]"))
    assert ids(sweep) == ["quiz.vote.L1.m0.n1", "quiz.vote.L1.m1.n1", "sums.vote.L1.m0.n1", "sums.vote.L1.m1.n1"]
    assert [task for task, _ in sweep.questions] == ["quiz"] * 2 + ["sums"] * 3


def test_distinct_temperatures_are_told(loaded: Loaded) -> None:
    members = "[{model: m0}, {model: m0, sampling: {temperature: 0}}, {model: m1}, {model: m1, sampling: {top_p: 0.5}}]"
    (cell,) = loaded(BASE + f"team: {{members: {members}}}\nsampling: {{temperature: 0.7}}\n").header.cells
    assert cell.temperature == (0.7, 0.0)


def test_it_is_an_error_only_if_no_cell_can_be(loaded: Loaded) -> None:
    text = BASE + "protocol: [debate%s]\nteam: {size: 3}\ntopology: {small_world: {k: 4}}\n"
    assert ids(loaded(text % ", vote")) == ["quiz.vote.L1.m0.n3", "quiz.vote.L1.m1.n3"]
    with pytest.raises(SpecError, match="no cell is left") as caught:
        loaded(text % "")
    assert caught.value.key == "topology"


names = st.lists(st.text(max_size=60), min_size=1, max_size=6).map(lambda parts: CellName(tuple(parts), tuple(parts)))


@settings(deadline=None)
@given(st.lists(names, unique=True, max_size=8))
def test_names_of_cells_are_unique_short_and_fit_for_files_on_any_system(made: list[CellName]) -> None:
    ids = cell_ids(made)
    assert len({name.casefold() for name in ids}) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9._=,-]*", name) and len(name) <= LONGEST for name in ids)


def test_cells_whose_labels_are_equal_are_told_apart() -> None:
    parts = ("quiz", "debate-3")
    one, other = cell_ids([CellName(parts, ({"rounds": 3},)), CellName(parts, ({"turns": 3},))])
    assert one != other
    assert one.startswith("quiz.debate-3-")


def test_models_whose_names_differ_in_case_alone_have_files_of_their_own(loaded: Loaded) -> None:
    sweep = loaded(BASE.replace("m1", "M0"))
    assert len({cell.id.casefold() for cell in sweep.header.cells}) == 2


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (Named(name="vote"), "vote"),
        (Named(name="debate", parameters={"see": "answer", "rounds": 3}), "debate-3-answer"),
        (Named(name="x", parameters={"a": None, "b": True, "c": 0.5}), "x-None-True-0.5"),
    ],
)
def test_a_label_gives_values_in_the_order_of_their_names(named: Named, expected: str) -> None:
    assert label(named) == expected


def test_a_list_among_the_parameters_is_shortened() -> None:
    assert re.fullmatch(r"x-[0-9a-f]{6}", label(Named(name="x", parameters={"a": [1, 2]})))


class Picky(InteractionProtocol):
    """Plays with three agents over a chain alone."""

    name: ClassVar[str] = "picky"
    uses_topology: ClassVar[bool] = True

    def unfit(self, team: Team, graph: nx.DiGraph) -> str | None:
        if len(team.agents) != 3:
            return f"needs 3 agents, and the team has {len(team.agents)}"
        return None if nx.is_directed_acyclic_graph(graph) else "needs a graph without a cycle"

    def play(self, team: Team, graph: nx.DiGraph, question: Question, rng: np.random.Generator) -> Play:
        replies = yield [Call(slot, ()) for slot in team.slots]
        return Outcome(tuple(replies))


def test_a_combination_that_the_protocol_cannot_play_is_listed_with_the_reason(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PROTOCOLS, "picky", Picky)
    text = "models: {m0: {scripted: {replies: [A]}}}\ntask: ./quiz\nprotocol: picky\n"
    sweep = loaded(f"{text}topology: [chain, complete]\nteam: {{size: [2, 3]}}\n")
    assert ids(sweep) == ["quiz.picky.chain.L1.m0.n3"]
    assert {each.cell: each.reason for each in sweep.header.not_applicable} == {
        "quiz.picky.chain.L1.m0.n2": "picky needs 3 agents, and the team has 2",
        "quiz.picky.complete.L1.m0.n2": "picky needs 3 agents, and the team has 2",
        "quiz.picky.complete.L1.m0.n3": "picky needs a graph without a cycle",
    }
    with pytest.raises(SpecError) as caught:
        loaded(f"{text}topology: complete\nteam: {{size: [1, 3]}}\n")
    assert str(caught.value) == (
        "exp.yaml:3: protocol: no cell is left; 1 agent: picky needs 3 agents, and the team has 1; "
        "complete with 3 agents: picky needs a graph without a cycle\n  change team.size, topology or protocol"
    )


JUDGED = BASE + "protocol: {judged: {judge: {model: m1, persona: sceptic, sampling: {temperature: 0}}}}\n"


def test_who_plays_a_part_has_its_own_settings_and_slot_beside_every_team(loaded: Loaded) -> None:
    sweep = loaded(JUDGED + "team: {size: [1, 2]}\nsampling: {temperature: 0.7, max_tokens: 9}\n")
    assert len(sweep.header.cells) == 4
    for cell in sweep.header.cells:
        judge = cell.team.parts["judge"]
        assert (judge.model, judge.persona and judge.persona.name) == ("m1", "sceptic")
        assert judge.sampling == Sampling(temperature=0, max_tokens=9)
        assert judge.config_id.startswith("m1/sceptic@")
        assert judge.slot == f"{judge.config_id}/0"
        assert judge.slot.endswith("@judge/0")
        assert judge.slot not in cell.team.slots
        assert cell.team.everyone == (*cell.team.agents, judge)
        assert cell.protocol.parameters["judge"]["model"] == "m1"


def test_a_team_without_parts_is_written_as_ever(loaded: Loaded) -> None:
    (cell, _) = loaded(BASE).header.cells
    assert "parts" not in cell.model_dump_json()
    assert "parts" in loaded(JUDGED).header.cells[0].model_dump_json()


def test_a_list_of_a_parameter_is_a_factor(loaded: Loaded) -> None:
    text = (
        BASE
        + "protocol: debate\nteam: {size: 8, layer: L3}\ntopology: [ring, {small_world: {k: [2, 4], p: [0, 0.5]}}]\n"
    )
    sweep = loaded(text)
    named = [cell.topology for cell in sweep.header.cells if cell.topology]
    assert [(one.name, one.parameters.get("k"), one.parameters.get("p")) for one in named] == [
        ("ring", None, None),
        *(("small_world", k, p) for k in (2, 4) for p in (0, 0.5)),
    ]
    assert len({cell.id for cell in sweep.header.cells}) == 5


def test_a_parameter_that_is_a_list_by_itself_is_one_level(loaded: Loaded) -> None:
    text = BASE + "protocol: debate\nteam: {size: 3, layer: L3}\ntopology: {hypergraph: {members: [[0, 1], [1, 2]]}}\n"
    (cell,) = loaded(text).header.cells
    assert cell.groups == ((0, 1), (1, 2))
