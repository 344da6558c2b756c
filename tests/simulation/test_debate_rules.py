"""What every rule of a debate does to one agent, in law; and that questions, order and chunks change no draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.run import Named
from agentscale.simulation import (
    MISSING,
    RULES,
    Copy,
    Debate,
    FriedkinJohnsen,
    Graph,
    Moment,
    Placebo,
    Polya,
    Quorum,
    Rule,
    SelfCorrect,
    Start,
    Streams,
    World,
    WorldParameters,
    debate,
    in_parts,
    rule_of,
)
from agentscale.simulation.rules import View, settle

EVERY_RULE = [Copy(kappa=0.3, advantage=1), FriedkinJohnsen(gamma=0.4), Polya(), Quorum(), SelfCorrect(), Placebo()]
N_DRAWS = 20_000
LAW = np.array([0.4, 0.3, 0.2, 0.1])


def shares(rule: Rule, read: list[int], own: int, first: int, *, heard: list[int] | None = None) -> np.ndarray:
    """How often one agent ends at each of four options, the unreadable one last."""
    shape = (4, 1, N_DRAWS)
    everybody = np.ones((1, N_DRAWS), np.int64)
    view = View(
        np.broadcast_to(np.array(read)[:, None, None], shape),
        own * everybody,
        first * everybody,
        np.broadcast_to(np.array(heard or [0] * 4)[:, None, None], shape),
        np.broadcast_to(LAW[:, None, None] * 0.9, shape),
    )
    answers = settle(rule.pull(view), keyed(1, "uniforms").random((1, N_DRAWS)), 4)
    return np.array([np.mean(answers == option) for option in (0, 1, 2, 3, MISSING)])


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (Copy(kappa=0), [0, 1, 0, 0, 0]),
        (Copy(kappa=1), [3 / 5, 0, 2 / 5, 0, 0]),
        (Copy(kappa=0.1), [(1 - 0.9**5) * 3 / 5, 0.9**5, (1 - 0.9**5) * 2 / 5, 0, 0]),
        (FriedkinJohnsen(gamma=0), [0, 0, 0, 1, 0]),
        (FriedkinJohnsen(gamma=1), [3 / 6, 1 / 6, 2 / 6, 0, 0]),
        (FriedkinJohnsen(gamma=0.4), [0.2, 0.4 / 6, 0.8 / 6, 0.6, 0]),
        (Quorum(share=0.6), [1, 0, 0, 0, 0]),
        (Quorum(share=0.61), [0, 1, 0, 0, 0]),
        (SelfCorrect(rate=0.5), [0.18, 0.5 + 0.135, 0.09, 0.045, 0.05]),
        (Placebo(rate=0), [0, 1, 0, 0, 0]),
        (Polya(concentration=10), [(3.6 + 3) / 14, (2.7 + 0) / 14, (1.8 + 2) / 14, 0.9 / 14, 0]),
    ],
    ids=lambda value: str(value) if isinstance(value, Rule) else "",
)
def test_an_agent_that_reads_three_right_and_two_wrong_moves_by_its_rule(rule: Rule, wanted: list[float]) -> None:
    got = shares(rule, read=[3, 0, 2, 0], own=1, first=3, heard=[3, 0, 2, 0])
    assert got == pytest.approx(wanted, abs=4.5 * np.sqrt(0.25 / N_DRAWS))


def test_a_tie_between_most_frequent_answers_is_settled_at_random() -> None:
    got = shares(Quorum(share=0.4), read=[2, 0, 0, 2], own=1, first=1)
    assert got == pytest.approx([0.5, 0, 0, 0.5, 0], abs=4.5 * np.sqrt(0.25 / N_DRAWS))


@pytest.mark.parametrize("rule", [Copy(kappa=1), Quorum(share=0.1), FriedkinJohnsen(gamma=1)], ids=str)
def test_what_cannot_be_read_moves_nobody(rule: Rule) -> None:
    assert shares(rule, read=[0, 0, 0, 0], own=2, first=2)[2] == 1
    assert shares(rule, read=[0, 0, 0, 0], own=MISSING, first=MISSING)[4] == 1


@given(
    st.floats(0, 1),
    st.floats(-20, 20),
    st.integers(-1, 5),
    st.lists(st.integers(-1, 5), max_size=9),
    st.integers(0, 2**32),
)
def test_one_agent_copies_as_the_array_of_agents_does(
    kappa: float, advantage: float, own: int, peers: list[int], seed: int
) -> None:
    rule = Copy(kappa=kappa, advantage=advantage)
    uniform = float(keyed(seed, "uniform").random())
    counts = np.bincount([peer for peer in peers if peer >= 0], minlength=6)[:, None, None]
    held = np.array([[own]])
    assert rule.taken(uniform, own, peers) == settle(rule.pull(View(counts, held, held)), np.array([[uniform]]), 6)


def start(n_questions: int, n: int, seed: int = 0, theta: np.ndarray = LAW) -> Start:
    drawn = keyed(seed, "first").random((n_questions, n))
    answers = np.searchsorted(np.cumsum(theta), drawn, side="right").clip(0, len(theta) - 1)
    return Start(answers, len(theta), np.broadcast_to(theta, (n_questions, 1, len(theta))))


@pytest.mark.parametrize("rule", EVERY_RULE, ids=lambda rule: rule.name)
@pytest.mark.parametrize("peers", [None, 2])
def test_neither_the_chunk_nor_other_questions_change_an_answer(rule: Rule, peers: int | None) -> None:
    setting = Debate(rule, Graph.scattered(30, 4, keyed(0, "graph")), 3, peers=peers)
    begin, streams = start(11, 30), Streams.alike(5, 11, 30)
    whole = debate(setting, begin, streams)
    for step in (1, 4, 11):
        parts = [part for _, part in in_parts(setting, begin, streams, step)]
        assert np.array_equal(np.concatenate(parts), whole)
    alone = Start(begin.answers[7:8], 4, begin.theta[7:8])  # type: ignore[index]
    assert np.array_equal(debate(setting, alone, Streams.alike(5, ["q7"], 30)), whole[7:8])
    assert whole.dtype == np.int8


@pytest.mark.parametrize("rule", [rule for rule in EVERY_RULE if rule.reads], ids=lambda rule: rule.name)
def test_a_complete_graph_debates_like_its_rows_written_out(rule: Rule) -> None:
    begin, streams = start(20, 9), Streams.alike(1, 20, 9)
    written = debate(Debate(rule, Graph.circulant(9, 8), 2), begin, streams)
    assert np.array_equal(debate(Debate(rule, Graph.complete(9), 2), begin, streams), written)


def test_rules_draw_apart_and_so_do_rounds_and_seeds() -> None:
    begin, graph = start(40, 8), Graph.complete(8)
    anew = debate(Debate(SelfCorrect(rate=1), graph, 2), begin, Streams.alike(1, 40, 8))
    assert not np.array_equal(anew[:, 1], anew[:, 2])
    placebo = debate(Debate(Placebo(rate=1), graph, 2), begin, Streams.alike(1, 40, 8))
    assert not np.array_equal(anew, placebo)
    assert not np.array_equal(anew, debate(Debate(SelfCorrect(rate=1), graph, 2), begin, Streams.alike(2, 40, 8)))


def test_stubborn_agents_stay_and_adversaries_say_their_answer_from_the_first_round() -> None:
    setting = Debate(Copy(kappa=1), Graph.complete(12), 4, stubborn=(0, 5), adversaries=(3,), aim=2)
    answers = debate(setting, start(50, 12), Streams.alike(0, 50, 12))
    assert np.all(answers[:, :, [0, 5]] == answers[:, :1, [0, 5]])
    assert np.all(answers[:, :, 3] == 2)
    assert np.mean(answers[:, -1] == answers[:, 0]) < 0.8


def test_an_adversary_hub_pulls_the_team_to_its_answer() -> None:
    ring = Graph.circulant(40, 2)
    for graph, low, high in ((ring, 0.1, 0.4), (ring.with_hubs([7]), 0.6, 1.0)):
        setting = Debate(Copy(kappa=0.5), graph, 12, adversaries=(7,), aim=3)
        last = debate(setting, start(100, 40), Streams.alike(0, 100, 40))[:, -1]
        assert low < np.mean(last == 3) < high


def test_without_context_or_peers_copying_does_nothing_and_with_one_answer_it_copies_that() -> None:
    begin, streams = start(30, 6), Streams.alike(0, 30, 6)
    blind = debate(Debate(Copy(kappa=1), Graph.complete(6), 1, context=0), begin, streams)
    assert np.array_equal(blind[:, 0], blind[:, 1])
    narrow = debate(Debate(Copy(kappa=1), Graph.complete(6), 1, context=1), begin, streams)
    assert np.array_equal(narrow[:, 1, 1:], np.repeat(narrow[:, 0, :1], 5, axis=1))
    assert np.array_equal(narrow[:, 1, 0], narrow[:, 0, 1])


def test_a_world_debates_at_once_as_its_agents_do_one_by_one() -> None:
    parameters = WorldParameters(copying=0.3, truth_advantage=0.7, parse_failure=(0.05, 0.2, 0.4))
    world, moment, graph = World(parameters), Moment(seed=3, replicate=1), Graph.scattered(9, 3, keyed(1, "graph"))
    questions, seats = [f"q{i}" for i in range(25)], world.team("L4", 9)
    at_once = world.debate(questions, 4, seats, graph, 2, moment)
    assert np.any(at_once == MISSING)
    alone = World(parameters)
    for q, question in enumerate(questions):
        said = [alone.answer(question, 4, seat, moment).answer for seat in seats]
        for t in (1, 2):
            now = replace(moment, round=t)
            before, said = said, []
            for v, seat in enumerate(seats):
                read = [before[peer] for peer in graph.peers[graph.starts[v] : graph.starts[v + 1]]]  # type: ignore[index]
                held = before[v] if before[v] != MISSING else alone.answer(question, 4, seat, now).answer
                said.append(alone.revise(question, seat, held, read, now))
            assert at_once[q, t].tolist() == said


def test_a_debate_of_no_rounds_is_the_vote() -> None:
    world = World(WorldParameters(parse_failure=(0.5,)))
    seats = world.team("L4", 5)
    debated = world.debate(["q0", "q1"], 4, seats, Graph.complete(5), 0)
    assert np.array_equal(debated[:, 0], world.answers(["q0", "q1"], 4, seats).answers)


def test_rules_are_found_by_name_with_strict_parameters() -> None:
    assert rule_of(Named(name="quorum", parameters={"share": 0.7})) == Quorum(share=0.7)
    assert set(RULES) == {"copy", "dcm", "fj", "placebo", "quorum", "self_correct"}
    with pytest.raises(SpecError, match="did you mean 'quorum'"):
        rule_of(Named(name="qurum"))
    with pytest.raises(SpecError, match=r"fj\.gamma: got 1\.2"):
        rule_of(Named(name="fj", parameters={"gamma": 1.2}))
    with pytest.raises(ValidationError):
        Polya(concentration=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Debate(Copy(), Graph.complete(4), -1), "debate.rounds: got -1"),
        (lambda: Debate(Copy(), Graph.complete(4), peers=0), "debate.peers: got 0"),
        (lambda: Debate(Copy(), Graph.complete(4), stubborn=(4,)), "allowed: 0 to 3"),
        (lambda: debate(Debate(Copy(), Graph.complete(5)), start(3, 4), Streams.alike(0, 3, 4)), "the same agents"),
        (lambda: debate(Debate(Copy(), Graph.complete(4)), start(3, 4), Streams.alike(0, 2, 4)), "2 questions"),
        (lambda: debate(Debate(Copy(), Graph.complete(4), aim=4), start(3, 4), Streams.alike(0, 3, 4)), "−1 to 3"),
        (
            lambda: debate(Debate(Polya(), Graph.complete(4)), Start(start(3, 4).answers, 4), Streams.alike(0, 3, 4)),
            "dcm needs the laws",
        ),
    ],
)
def test_a_debate_that_cannot_be_is_refused(make: object, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make()  # type: ignore[operator]
