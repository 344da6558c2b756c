"""What the simulation and scoring areas measure does the work that it claims to do."""

import numpy as np

from agentscale.bench import debating
from agentscale.bench.areas import scoring, simulation
from agentscale.randomness import keyed
from agentscale.simulation import Graph, World, resolve


def test_votes_are_drawn_by_every_way_and_counted_by_the_vote() -> None:
    world = World(resolve("mcq-default", {}))
    assert simulation.by_world(world, 5, 3) == 15
    assert simulation.by_copula(5, 3) == 15
    assert simulation.by_counts(world, 3) == 3


def test_the_sparse_product_and_the_debate_run_over_all_agents() -> None:
    graph = Graph.scattered(50, 4, keyed(1, "test"))
    answers = np.zeros((1, 50), np.int8)
    assert simulation.debate_round(graph, answers) == simulation.product(graph, answers) == 50


def test_counting_what_neighbours_say_one_by_one_gives_the_pluralities_of_the_arrays() -> None:
    graph = Graph.circulant(60, 4)
    answers = keyed(1, "test").integers(0, simulation.OPTIONS, 60).astype(np.int8)
    assert simulation._pluralities(graph, answers) == simulation._pluralities_by_counter(graph, answers) == 60


def test_the_texts_are_of_every_kind_and_most_can_be_read() -> None:
    texts = scoring.made(600)
    assert len(set(texts)) == 600
    assert scoring.by_chain(texts) == scoring.by_regex(texts) == 600
    from agentscale.schema.calls import Completion
    from agentscale.scoring import read

    found = [read(Completion(text), kind="choice", choices=scoring.CHOICES, chain=scoring.CHAIN) for text in texts]
    wanted = ["ABCD"[n // 6 % 4] if n % 6 < 5 else None for n in range(600)]
    assert [reading.answer for reading in found] == wanted


def test_the_numbers_are_read_and_every_check_that_is_timed_is_right() -> None:
    texts = scoring.made(600, scoring.NUMBER_ENDS, ("7", "12.5", "1,240", "-3"))
    from agentscale.schema.calls import Completion
    from agentscale.scoring import read
    from agentscale.scoring.checks import MathChecker
    from agentscale.tools import sandbox

    found = [read(Completion(text), kind="number", choices=(), chain=scoring.NUMBER_CHAIN).answer for text in texts]
    values = ("7", "12.5", "1240", "-3")
    assert found == [values[n // 6 % 4] if n % 6 < 5 else None for n in range(600)]
    checker = MathChecker()
    assert scoring.by_meaning(checker, 2) == 2
    checker.close()
    assert sandbox.refusal() is not None or scoring.by_doing(2) == 2


def test_a_debate_is_the_same_however_it_is_cut_and_wherever_it_is_played() -> None:
    here = debating.play(300, 4, 2)
    assert {debating.play(300, 4, 2, step).digest for step in (1, 3)} == {here.digest}
    there = debating.apart(300, 4, 2)
    assert there.digest == here.digest
    assert 0 < there.held_gib < 1
    assert debating.play(300, 4, 3).digest != here.digest
