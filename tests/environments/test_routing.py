"""Streams of jobs over a graph that learns: every mechanism, and what learning is worth beside its controls."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.cli.pages import page
from agentscale.environments import resolve
from agentscale.environments.routing import Routing
from agentscale.environments.routing.jobs import drawn_codes, drawn_jobs
from agentscale.environments.routing.learning import Code, Frozen, Paper
from agentscale.environments.routing.scores import specialisation
from agentscale.environments.routing.words import Action, action_of
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.calls import Message
from agentscale.schema.run import Named
from agentscale.schema.worlds import Heard, Observation

NAN = math.nan


def complete(n: int) -> list[tuple[int, int]]:
    return [(u, v) for u in range(n) for v in range(n) if u != v]


def states(world: Routing, n: int, says: Callable[[Any, Observation], str | None], seed: int = 0) -> list[Any]:
    """All states of a stream."""
    rng = keyed(seed, "stream")
    made = [world.start(n, complete(n), rng)]
    while seen := world.observe(made[-1]):
        made.append(world.after(made[-1], [says(made[-1], seen[0])], rng))
    return made


def by_policy(world: Routing, name: str, n: int = 6, seed: int = 0) -> dict[str, float | None]:
    draw = keyed(seed, "policy")

    def says(state: Any, seen: Observation) -> str:
        return world.policies[name](Heard(world, (Message("user", f"{seen.rules}\n\n{seen.text}"),)), draw)

    return dict(world.score(states(world, n, says, seed)[-1]).measures)


def executing(state: Any, seen: Observation) -> str:
    """Translates rightly, whoever holds the book."""
    return f"Action: execute {' '.join(str(state.codes[part.book][part.word]) for part in state.items[0].parts)}"


ACTIONS: list[tuple[str, int, Action | None]] = [
    ("Action: execute 1234", 1, Action("execute", (1234,))),
    ("I think.\n**Action:** nothing\naction: Forward agent 10", 1, Action("forward", (10,))),
    ("Action: execute 12\nNo, wait.\nAction: forward 1.", 1, Action("forward", (1,))),
    ("Action: split agent 1 and agent 0", 2, Action("split", (1, 0))),
    ("Action: execute 12 34", 2, Action("execute", (12, 34))),
    ("Action: execute 12", 2, None),
    ("Action: split 1", 1, None),
    ("Action: forward 1 2", 1, None),
    ("Action: forward -1", 1, None),
    ("Action: forward x10", 1, None),
    ("forward 1", 1, None),
    ("", 1, None),
]


@pytest.mark.parametrize(("text", "n_parts", "action"), ACTIONS)
def test_the_last_line_that_names_an_action_is_read_and_none_is_guessed(
    text: str, n_parts: int, action: Action | None
) -> None:
    assert action_of(text, n_parts) == action


@given(seed=st.integers(0, 2**32), n_books=st.integers(1, 8), every=st.integers(0, 4))
def test_jobs_ask_for_all_books_and_no_code_stands_twice(seed: int, n_books: int, every: int) -> None:
    jobs = drawn_jobs(16, n_books, every, keyed(seed, "jobs"))
    assert {job[0].book for job in jobs} == set(range(n_books))
    if n_books > 1:
        assert all(len({part.book for part in job}) == len(job) for job in jobs)
    codes = [code for book in drawn_codes(n_books, keyed(seed, "codes")) for code in book]
    assert len(set(codes)) == len(codes)


def test_a_part_is_handed_on_no_more_often_than_it_may_be_and_must_then_be_executed() -> None:
    world = Routing(train=0, test=2, split_every=0, max_hops=3)
    path = states(world, 4, lambda state, seen: f"Action: forward {(state.items[0].at + 1) % 4}")
    steps = path[-1].results[0].steps
    assert [step.did for step in steps] == ["forward", "forward", "forward", "invalid"]
    assert "forward" not in world.observe(path[3])[0].text
    assert world.score(path[-1]).measures["invalid"] == 1 / 4
    assert not path[-1].results[0].is_solved


def test_a_job_has_no_more_decisions_than_it_may() -> None:
    world = Routing(train=0, test=1, split_every=1, max_hops=100, max_steps=30)
    longest = states(world, 4, lambda state, seen: world.supposed(state, ["?"], "longest")[0])
    assert len(longest[-1].results[0].steps) == 30


def test_parts_that_are_split_go_each_its_way_and_the_job_is_solved_only_if_all_are() -> None:
    world = Routing(train=0, test=1, split_every=1)

    def says(state: Any, seen: Observation) -> str:
        item = state.items[0]
        if len(item.parts) > 1:
            return "Action: split 2 3" if item.at not in (2, 3) else "Action: split 0 1"
        return executing(state, seen) if item.at in (0, 2) else "Action: execute 1"

    (result,) = states(world, 4, says)[-1].results
    assert [step.did for step in result.steps] == ["split", "execute", "execute"]
    assert (result.right, result.is_solved) == ((True, False), False)


@pytest.mark.parametrize("said", ["Action: forward 0", "Action: forward 99", "Action: split 0 99"])
def test_a_hand_over_to_who_is_no_neighbour_is_counted_and_leaves_the_job_undone(said: str) -> None:
    world = Routing(train=0, test=1, split_every=1 if "split" in said else 0)
    rng = keyed(0, "stream")
    state = world.start(4, [(u, v) for u, v in complete(4) if v != 0], rng)
    while state.items[0].at == 0:  # who must not hand on to itself is another one
        state = world.start(4, [(u, v) for u, v in complete(4) if v != 0], rng)
    measures = world.score(world.after(state, [said], rng)).measures
    assert (measures["invalid"], measures["parts_right"]) == (1.0, 0.0)


def test_the_first_agent_is_whose_skills_are_most_like_the_job() -> None:

    def knows(state: Any) -> bool:
        return bool(state.items[0].at == state.items[0].parts[0].book)

    world = Routing(train=60, test=1, split_every=0)
    path = states(world, 4, lambda state, seen: executing(state, seen) if knows(state) else "?")
    found = [result.first for result in path[-1].results]
    known = [state.skills for state in path if not state.steps]
    for job, first, skills in zip(path[-1].jobs, found, known, strict=False):
        likeness = [row[job[0].book] / np.linalg.norm(row) for row in skills]
        assert likeness[first] == pytest.approx(max(likeness))
    assert found[-10:] == [job[0].book for job in path[-1].jobs[-10:]]


def after_one(rule: Any, success: float, seconds: float = 0.0, before: float = 1.0) -> float:
    weights = np.array([[NAN, before, before], [before, NAN, before], [before, before, NAN]])
    used = np.full((3, 3), NAN)
    used[0, 1] = success
    return float(rule.rewired(weights, used, seconds)[0, 1])


def test_the_rules_are_those_of_the_paper_and_of_the_code() -> None:
    assert after_one(Paper(alpha=0.8), 0.5) == pytest.approx(0.9)
    assert Paper(beta=0.8).learnt(0.5, True) == pytest.approx(0.6)
    assert Paper(beta=0.8).learnt(0.5, False) == pytest.approx(0.4)
    assert (after_one(Code(), 1.0), after_one(Code(), 0.5)) == pytest.approx((1.1, 0.9))
    assert after_one(Code(), 1.0, before=1.95) == 2.0
    assert [Code().learnt(skill, True) for skill in (0.5, 1.95)] == pytest.approx([0.6, 2.0])
    assert Code().learnt(0.5, False) == 0.5
    assert (after_one(Frozen(), 0.0), Frozen().learnt(0.5, True)) == (1.0, 0.5)


def test_the_damping_of_the_code_takes_weight_from_slow_successes_until_they_are_pruned() -> None:
    """The trap: 1.1 · 10/t is below 1 for every job of more than 11 seconds, though all of them succeed."""
    assert after_one(Code(), 1.0, seconds=11) == pytest.approx(1.0)
    world = Routing(train=60, test=1, learning=Code(), seconds=6.0)
    fast = by_policy(Routing(train=60, test=1, learning=Code()), "optimal")
    slow = by_policy(world, "optimal")
    assert fast["weight"] > 1 > slow["weight"]
    assert slow["edges"] < fast["edges"] == 30


def test_the_heaviest_way_out_of_an_agent_is_never_pruned() -> None:
    weights = np.array([[NAN, 0.3, 0.2], [0.1, NAN, 1.0], [NAN, NAN, NAN]])
    left = Code().rewired(weights, np.full((3, 3), NAN), 1)
    assert np.array_equal(left, [[NAN, 0.3, NAN], [NAN, NAN, 1.0], [NAN] * 3], equal_nan=True)


def test_nothing_is_learnt_in_the_test_unless_it_is_wanted() -> None:
    for learns in (False, True):
        world = Routing(train=8, test=8, learns_in_test=learns)
        path = [state for state in states(world, 4, executing) if not state.steps]
        assert (path[8].skills == path[-1].skills) is not learns
        assert path[0].skills != path[8].skills


def test_agents_are_reminded_of_their_own_jobs_with_the_same_book_and_it_is_kept_which() -> None:
    world = Routing(train=24, test=6, recall=2)
    path = states(world, 4, executing)
    for state in path[:-1]:
        item, (seen,) = state.items[0], world.observe(state)
        books = {part.book for part in item.parts}
        own = [
            result.job
            for result in state.results
            if any(step.agent == item.at and books & {part.book for part in step.parts} for step in result.steps)
        ]
        told = [line for line in seen.text.splitlines() if line.startswith("You remember: in job ")]
        assert [int(line.split()[4]) - 1 for line in told] == own[::-1][:2]
    last = path[-1].results[-1].steps[-1]
    assert last.recalled == tuple(sorted(last.recalled, reverse=True))
    kept = world.snapshot(path[-1])
    assert kept["over"]["steps"][-1]["recalled"] == list(last.recalled)


def test_the_graph_and_the_skills_are_kept_before_the_stream_and_after_each_job() -> None:
    world = Routing(train=5, test=3)
    kept = [snapshot for state in states(world, 4, executing) if (snapshot := world.snapshot(state)) is not None]
    assert [None if each["over"] is None else each["over"]["number"] for each in kept] == [None, *range(8)]
    assert all(len(each["weights"]) == len(each["skills"]) == 4 for each in kept)


def test_agents_that_learn_whom_to_ask_beat_those_that_do_not_and_these_beat_chance() -> None:
    """What the paper finds, on jobs whose holders are known: without evolution worse, with a random router worst."""
    paper, code, frozen, chance = (
        np.mean([by_policy(world, "learner", seed=seed)["solved_test"] for seed in range(3)])
        for world in (Routing(), Routing(learning="code"), Routing(learning="frozen"), Routing(router="random"))
    )
    assert min(paper, code) > frozen + 0.15
    assert frozen > chance + 0.15


def test_who_learns_specialises_and_who_is_frozen_does_not() -> None:
    learnt, frozen = (
        np.mean([by_policy(Routing(learning=rule), "learner", seed=seed)["specialisation"] for seed in range(2)])
        for rule in ("paper", "frozen")
    )
    assert learnt > 0.8 > 0.7 > frozen
    assert by_policy(Routing(), "optimal")["specialisation"] == 1.0


EXECUTIONS: list[tuple[Sequence[Sequence[int]], float | None]] = [
    ([[5, 0], [0, 3]], 1.0),
    ([[2, 2], [3, 3]], 0.0),
    ([[4, 0], [1, 1]], 4 / 6),
    ([[0, 0], [0, 7]], 1.0),
    ([[0, 0], [0, 0]], None),
    ([[3], [2]], None),
]


@pytest.mark.parametrize(("executions", "value"), EXECUTIONS)
def test_specialisation_is_one_for_one_book_each_and_nought_for_all_books_evenly(
    executions: Sequence[Sequence[int]], value: float | None
) -> None:
    found = specialisation(np.array(executions))
    assert found is None if value is None else found == pytest.approx(value)


def test_teams_that_cannot_reach_every_book_are_refused_with_the_reason() -> None:
    assert Routing().unfit(4, complete(4)) is None
    assert "agent 0 has none of damson" in (Routing().unfit(3, complete(3)) or "")
    assert "agent 0 has none of birch" in (Routing().unfit(4, [(1, 0), (2, 0)]) or "")
    assert Routing(router="random").unfit(1, []) is None
    assert "gives each agent 5 books, and there are 4" in (Routing(holds=5).unfit(4, complete(4)) or "")


@pytest.mark.parametrize("wrong", [{"learning": "fast"}, {"learning": {"rule": "paper", "alpha": 2}}, {"books": 9}])
def test_parameters_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        resolve(Named(name="routing", parameters=wrong))


def test_the_page_on_worlds_names_every_measure_and_parameter() -> None:
    told = page("worlds").partition("**routing**")[2].partition("\n**")[0]
    measures = Routing(train=0, test=1).score(states(Routing(train=0, test=1), 4, executing)[-1]).measures
    assert [name for name in (*measures, *Routing.model_fields) if f"`{name}" not in told] == []
