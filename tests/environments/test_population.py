"""Populations: who is active, who reads whom and how that changes, archetypes, and what is counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from agentscale.cli.pages import page
from agentscale.environments import Population, resolve
from agentscale.environments.population.reads import Alike, Follow, Near
from agentscale.environments.population.words import post_of
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.calls import Message
from agentscale.schema.run import Named
from agentscale.schema.worlds import Heard, Observation

RING = [(u, (u + 1) % 6) for u in range(6)]
Says = Callable[[Observation], str | None]


def states(world: Population, n: int, says: Says, edges: Sequence[tuple[int, int]] = RING, seed: int = 0) -> list[Any]:
    assert world.unfit(n, edges) is None
    rng = keyed(seed, "world")
    made = [world.start(n, edges, rng)]
    while seen := world.observe(made[-1]):
        made.append(world.after(made[-1], [says(one) for one in seen], rng))
    return made


def policy(world: Population, name: str, seed: int = 0) -> Says:
    rng = keyed(seed, "policy")
    return lambda seen: world.policies[name](Heard(world, (Message("user", f"{seen.rules}\n\n{seen.text}"),)), rng)


def test_a_third_are_asked_where_a_third_are_active_and_it_is_kept_who() -> None:
    world = Population(steps=40, activation=1 / 3)
    path = states(world, 6, lambda seen: "Hello.")
    for state in path[:-1]:
        who = [one.who for one in world.observe(state)]
        assert who == np.flatnonzero(state.active[state.step]).tolist() == world.snapshot(state)["next"]
    assert world.score(path[-1]).measures["active"] == pytest.approx(1 / 3, abs=0.1)
    again = states(world, 6, lambda seen: "Other words.")
    assert [state.active_bytes for state in again] == [state.active_bytes for state in path]


def test_steps_without_anybody_are_passed_by_and_no_play_ends_early() -> None:
    world = Population(steps=30, activation=0.05, reads={"rule": "follow", "each": 1})
    path = states(world, 3, lambda seen: "Hello.")
    awake = np.flatnonzero(path[0].active.any(axis=1))
    assert [state.step for state in path[:-1]] == awake.tolist()
    assert path[-1].step == 30
    assert 0 < len(awake) < 30


def test_a_post_is_read_by_followers_alone_until_a_newer_one_takes_its_place() -> None:
    world = Population(steps=3, seeds=0)
    path = states(world, 6, lambda seen: f"I am {seen.who}.")
    texts = {one.who: one.text for one in world.observe(path[1])}
    for reader in range(6):
        assert f'"I am {(reader - 1) % 6}."' in texts[reader]
        assert sum(f'"I am {other}."' in texts[reader] for other in range(6)) == 2  # that, and its own
    assert {one.who: one.reads for one in world.observe(path[1])} == {
        reader: ((reader - 1) % 6,) for reader in range(6)
    }


def test_agents_follow_and_unfollow_by_their_words_and_what_cannot_be_is_counted() -> None:
    world = Population(steps=1, seeds=0)

    acts = {0: "Follow: user 3", 1: "Unfollow: 0", 2: "Follow: 99\nFollow: me"}
    last = states(world, 6, lambda seen: f"Hi.\n{acts.get(int(seen.who), '')}")[-1]
    pairs = set(map(tuple, last.ties.pairs.tolist()))
    assert pairs == (set(RING) | {(3, 0)}) - {(0, 1)}
    assert world.score(last).measures["invalid"] == pytest.approx(2 / 6)
    assert {post.text for post in last.posts} == {"Hi."}


def test_a_graph_grows_towards_the_popular_and_never_shrinks() -> None:
    world = Population(steps=20, seeds=0, reads=Follow(each=2, growth=0.5))
    path = states(world, 40, lambda seen: "Hi.", ())
    sizes = [len(state.ties.pairs) for state in path]
    assert sizes == sorted(sizes)
    assert sizes[-1] > 1.5 * sizes[0]
    followers = np.bincount(path[-1].ties.pairs[:, 0], minlength=40)
    assert followers.max() > 3 * np.median(followers)


def test_individuals_walk_hear_who_is_near_and_stop_at_walls() -> None:
    world = Population(steps=30, seeds=0, reads=Near(side=8, radius=2.0))
    path = states(world, 5, lambda seen: "Hi.\nMove: north" if seen.who == 0 else "Hi.\nMove: up", ())
    places = path[-1].ties.traits
    assert places[0, 1] == 7
    assert (places[1:] == path[0].ties.traits[1:]).all()
    assert world.score(path[-1]).measures["invalid"] == pytest.approx(4 / 5)
    for state in path:
        where = state.ties.traits
        close = {(u, v) for u in range(5) for v in range(5) if u != v and np.hypot(*(where[u] - where[v])) <= 2}
        assert set(map(tuple, state.ties.pairs.tolist())) == close
    (seen,) = (one for one in world.observe(path[8]) if one.who == 0)
    assert f"You stand at ({places[0, 0]:.0f}, 7) of a grid" in seen.text


def test_individuals_that_come_to_hold_the_same_read_one_another() -> None:
    world = Population(steps=2, seeds=0, reads=Alike(threshold=0.6))
    last = states(world, 6, lambda seen: f"Hi.\nHold: {'iron, salt' if seen.who in (0, 1, 2) else 'silk, gold'}", ())[
        -1
    ]  # type: ignore[operator]
    pairs = set(map(tuple, last.ties.pairs.tolist()))
    assert {(0, 1), (1, 2), (2, 0)} <= pairs
    assert world.score(last).measures["invalid"] == pytest.approx(1 / 2)
    slow = Population(steps=1, seeds=0, reads=Alike(threshold=0.6, decay=0.9))
    path = states(slow, 6, lambda seen: "Hold: iron", ())
    assert np.allclose(path[-1].ties.traits, 0.9 * path[0].ties.traits + 0.1 * np.eye(12)[5])


def test_an_archetype_is_told_the_same_and_each_of_its_individuals_takes_one_sample() -> None:
    world = Population(individuals=60, archetypes=3, steps=4, activation=0.5, reads=Follow(each=4))
    path = states(world, 6, lambda seen: f"Sample {seen.who}.", ())
    seen = {one.who: one.text for one in world.observe(path[2])}
    assert [seen[who] == seen[who + 3] for who in range(3)] == [True] * 3
    assert len(set(seen.values())) == 3
    last = path[-1]
    spoken = last.last[last.last >= 0]
    members = np.array([last.posts[post].member for post in spoken])
    assert (members % 3 == np.flatnonzero(last.last >= 0) % 3).all()
    assert set(members.tolist()) == set(range(6))
    for step in last.steps:
        assert 2.5 < (step.prompts or 0) <= 3 + 1e-9
        assert (step.distinct or 0) <= 6 + 1e-9


def test_many_individuals_cost_as_many_calls_as_there_are_members() -> None:
    world = Population(individuals=20_000, archetypes=4, steps=3, activation=0.1, reads=Follow(each=5), seeds=20)
    path = states(world, 8, policy(world, "optimal"), ())
    assert [step.asked for step in path[-1].steps] == [8, 8, 8]
    assert path[-1].steps[0].active == pytest.approx(2_000, abs=200)
    measures = world.score(path[-1]).measures
    assert measures["spread"] == 1.0
    assert measures["effective_prompts"] == pytest.approx(4, abs=0.01)
    assert isinstance(world.snapshot(path[1])["edges"], int)
    assert "pairs" not in world.snapshot(path[1])


def test_lengths_of_posts_are_told_from_first_to_last() -> None:
    world = Population(steps=3, seeds=0)
    last = states(world, 6, lambda seen: "word " * (1 + int(seen.text.split()[1])))[-1]
    measures = world.score(last).measures
    assert [measures[name] for name in ("words_first", "words_last", "words")] == [2, 4, 3]


def test_where_there_is_no_news_nothing_is_right_or_wrong() -> None:
    world = Population(steps=2, seeds=0)
    score = world.score(states(world, 6, policy(world, "echo"))[-1])
    assert [score.correct, *(score.measures[name] for name in ("spread", "informed", "possible"))] == [None] * 4


def test_lines_that_act_are_no_part_of_a_post() -> None:
    assert post_of("Hello\n**Follow: 3**\n  there.", ("follow:",)) == "Hello there."
    assert post_of("Follow: 3", ("follow:",)) == ""


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"individuals": 100}, 6, "say how many archetypes the members speak for"),
    (
        {"individuals": 100, "archetypes": 4, "reads": {"rule": "follow", "each": 3}},
        6,
        "as many members or a multiple",
    ),
    ({"individuals": 100, "archetypes": 3}, 6, "say how many each of them follows"),
    ({"reads": {"rule": "follow", "each": 6}}, 6, "there are 5"),
    ({"seeds": 7}, 6, "7 individuals that know the news, of 6"),
    ({"individuals": 5_000, "archetypes": 2, "reads": "alike"}, 6, "takes 4000 at most"),
]


@pytest.mark.parametrize(("parameters", "n", "told"), REFUSED)
def test_sizes_that_do_not_fit_are_refused_with_the_reason(parameters: dict[str, Any], n: int, told: str) -> None:
    assert told in (resolve(Named(name="population", parameters=parameters)).unfit(n, RING) or "")


@pytest.mark.parametrize("wrong", [{"activation": 0.0}, {"reads": "telepathy"}, {"feed": 1}, {"steps": 0}])
def test_parameters_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        resolve(Named(name="population", parameters=wrong))


def test_the_page_on_worlds_names_every_measure_and_parameter() -> None:
    told = page("worlds").partition("**population**")[2].partition("\n**")[0]
    measures = Population().score(states(Population(), 6, lambda seen: "Hi.")[-1]).measures
    assert [name for name in (*measures, *Population.model_fields) if f"`{name}" not in told] == []
