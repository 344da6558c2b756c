"""Methods of search: what they propose, what they learn, and when they stop. No model is asked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.randomness import keyed
from agentscale.search import METHODS, Found, Method, Plan, Pruning, Reinforce, Space, SuccessiveHalving, Told, front
from agentscale.search.base import Setting
from agentscale.search.plans import planned
from agentscale.search.told import plans_of

SPACE = Space(4, ("small", "large"))
Score = Callable[[Plan], float]


def cost(plan: Plan) -> float:
    return len(plan.edges) + plan.models.count("large")


def searched(method: Method, score: Score, seed: int = 1) -> list[list[Found]]:
    """The batches of a whole search."""
    rng, batches = keyed(seed, "search"), list[list[Found]]()
    while proposed := method.propose(rng):
        found = [Found(each.plan, score(each.plan), cost(each.plan), each.share) for each in proposed]
        method.observe(found)
        batches.append(found)
    return batches


def likes_edge(plan: Plan) -> float:
    return float((0, 3) in plan.edges)


@pytest.mark.parametrize("name", ["random", "reinforce", "halving"])
def test_a_search_is_made_again_from_its_seed_and_ends_after_its_rounds(name: str) -> None:
    setting = Setting(SPACE, batch=5, rounds=3)
    batches = searched(METHODS[name](setting), likes_edge)
    assert searched(METHODS[name](setting), likes_edge) == batches
    assert searched(METHODS[name](setting), likes_edge, seed=2) != batches
    assert len(batches) == 3


@pytest.mark.parametrize("name", ["random", "reinforce", "halving"])
def test_no_plan_is_proposed_that_does_not_fit_nor_one_twice_in_a_batch(name: str) -> None:
    setting = Setting(SPACE, batch=6, rounds=2, fits=lambda plan: cost(plan) <= 3)
    for batch in searched(METHODS[name](setting), likes_edge):
        assert all(each.cost <= 3 for each in batch)
        assert len({each.plan for each in batch}) == len(batch)


def test_where_no_plan_fits_none_is_proposed() -> None:
    assert not searched(METHODS["random"](Setting(SPACE, 3, 2, lambda plan: False)), likes_edge)


def test_reinforce_raises_the_odds_of_what_good_plans_share() -> None:
    method = Reinforce(Setting(SPACE, batch=20, rounds=30))
    batches = searched(method, lambda plan: 0.6 * ((0, 3) in plan.edges) + 0.4 * (plan.models[3] == "large"))
    assert method.odds.edges[SPACE.edges.index((0, 3))] > 0.95
    assert method.odds.models[3, 1] > 0.95
    assert np.mean([each.score for each in batches[-1]]) > 0.9 > np.mean([each.score for each in batches[0]])


def test_the_first_step_of_reinforce_is_the_score_function_gradient() -> None:
    method = Reinforce(Setting(Space(2, ("m",)), batch=2, rounds=1))
    plans = [planned(["m", "m"], [], [(0, 1)]), planned(["m", "m"], [], [])]
    method.observe([Found(plans[0], 1.0, 1), Found(plans[1], 0.0, 1)])
    # Advantages are ±1, the gradient of the edge's logit is ±1/2 at even odds: the mean is 1/2.
    assert method.odds.edges[0] == pytest.approx(1 / (1 + np.exp(-0.5)))


def test_equal_scores_teach_reinforce_nothing() -> None:
    method = Reinforce(Setting(SPACE, batch=5, rounds=1))
    before = method.odds
    searched(method, lambda plan: 0.5)
    assert all(np.array_equal(one, two) for one, two in zip(before, method.odds, strict=True))


def test_halving_keeps_the_better_half_on_twice_the_questions() -> None:
    batches = searched(SuccessiveHalving(Setting(SPACE, batch=8, rounds=3)), lambda plan: -cost(plan))
    assert [len(batch) for batch in batches] == [8, 4, 2]
    assert [batch[0].share for batch in batches] == [0.25, 0.5, 1.0]
    ranked = sorted(each.cost for each in batches[0])
    assert sorted(each.cost for each in batches[1]) == ranked[:4]


def test_pruning_leaves_out_every_edge_that_is_worth_nothing_and_no_other() -> None:
    plan = planned(["small"] * 4, [3], SPACE.edges)
    pruning = Pruning(Setting(SPACE, 1, 1), Found(plan, 1.0, cost(plan)))
    batches = searched(pruning, likes_edge)
    assert pruning.best.plan.edges == ((0, 3),)
    assert len(batches) == 6


def test_pruning_may_give_up_as_much_as_is_tolerated() -> None:
    plan = planned(["small"] * 4, [], [(0, 3)])
    for tolerance, edges in ((0.0, ((0, 3),)), (1.0, ())):
        pruning = Pruning(Setting(SPACE, 1, 1), Found(plan, 1.0, 1.0), tolerance)
        searched(pruning, likes_edge)
        assert pruning.best.plan.edges == edges


# -- plans that a model writes -----------------------------------------------------------------------------------------


def test_plans_are_read_from_lines_and_what_is_no_plan_is_left_out() -> None:
    text = "\n".join(
        [
            "Here they are:",
            "1. 0:small 1:small 2:large 3:large* 0>3 1>3",
            "0:small 1:small 2:large 0>2",  # a node is lacking
            "0:small 1:small 2:huge 3:large 0>2",  # no such model
            "0:small 1:small 2:small 3:large 3>0",  # backwards
        ]
    )
    assert [plan.label for plan in plans_of(text, SPACE)] == ["0:small 1:small 2:large 3:large* 0>3 1>3"]


@given(seed=st.integers(0, 10_000))
def test_the_label_of_a_plan_reads_back_as_the_plan(seed: int) -> None:
    plan = SPACE.draw(SPACE.even(0.5), keyed(seed, "label"))
    assert plans_of(plan.label, SPACE) == [plan]


def test_a_model_is_told_what_came_of_earlier_plans_and_draws_stand_in_for_what_it_does_not_write() -> None:
    asked: list[str] = []

    def ask(text: str) -> str:
        asked.append(text)
        return "0:small 1:small 2:small 3:large* 0>3"

    method = Told(Setting(SPACE, batch=2, rounds=2, ask=ask))
    batches = searched(method, likes_edge)
    assert [batch[0].plan.label for batch in batches] == ["0:small 1:small 2:small 3:large* 0>3"] * 2
    assert "have been tried" not in asked[0]
    assert "0:small 1:small 2:small 3:large* 0>3 | accuracy 1.000, cost 2" in asked[1]
    assert method.n_unread == 2


# -- plans and fronts --------------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 10_000), density=st.floats(0, 1), nodes=st.integers(1, 6))
def test_a_drawn_plan_has_no_cycle_and_no_fuser_that_reads_nobody(seed: int, density: float, nodes: int) -> None:
    space = Space(nodes, ("a", "b", "c"))
    plan = space.draw(space.even(density), keyed(seed, "plan"))
    assert len(plan.models) == nodes
    assert set(plan.edges) <= set(space.edges)
    assert set(plan.fusers) <= {v for _, v in plan.edges}


POINTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12)


@given(points=POINTS)
def test_nothing_beats_the_front_and_everything_else_is_beaten_or_equalled(points: list[tuple[int, int]]) -> None:
    found = [Found(planned([str(at)], [], []), score / 5, float(cost)) for at, (score, cost) in enumerate(points)]
    kept = front(found)
    assert [each.cost for each in kept] == sorted({each.cost for each in kept})
    assert [each.score for each in kept] == sorted({each.score for each in kept})
    for each in found:
        assert any(one.score >= each.score and one.cost <= each.cost for one in kept)


def test_a_share_of_the_questions_is_on_no_front() -> None:
    plan = planned(["m"], [], [])
    assert front([Found(plan, 1.0, 1.0, 0.5)]) == []
