"""Who sits where: the deal of models and personas."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.experiment import Sweep
from agentscale.experiment.teams import Configuration, Deal, crossed, deals
from agentscale.schema.agents import Persona, Sampling
from agentscale.schema.experiment import Experiment, TeamSpec

few = st.integers(1, 6)


def experiment(n_models: int = 3, **more: object) -> Experiment:
    models = {f"m{i}": {"scripted": {"replies": ["A"]}} for i in range(n_models)}
    return Experiment.model_validate({"models": models, "task": "quiz", **more})


def dealt(team: dict[str, object], n_models: int = 3, n_personas: int = 5, **more: object) -> list[Deal]:
    pool = {f"p{i}": Persona(name=f"p{i}", text=f"You are {i}.") for i in range(n_personas)}
    return deals(TeamSpec.model_validate(team), experiment(n_models, **more), tuple(pool), pool, {})


@settings(deadline=None)
@given(few, few)
def test_every_pair_comes_once_before_any_comes_again(n_models: int, n_personas: int) -> None:
    models, personas = [f"m{i}" for i in range(n_models)], [f"p{i}" for i in range(n_personas)]
    pairs = list(crossed(models, personas))
    assert sorted(pairs) == sorted((model, persona) for model in models for persona in personas)
    assert [model for model, _ in pairs] == [models[i % n_models] for i in range(len(pairs))]


@settings(deadline=None)
@given(few, few)
def test_coprime_numbers_of_models_and_personas_are_counted_plainly(n_models: int, n_personas: int) -> None:
    pairs = list(crossed([f"m{i}" for i in range(n_models)], [f"p{i}" for i in range(n_personas)]))
    plain = [(f"m{i % n_models}", f"p{i % n_personas}") for i in range(len(pairs))]
    first = math.lcm(n_models, n_personas)
    assert pairs[:first] == plain[:first]
    assert (pairs == plain) == (math.gcd(n_models, n_personas) == 1)


@settings(deadline=None)
@given(st.sampled_from(["L1", "L2", "L3", "L4"]), few, few, st.integers(1, 40), st.integers(1, 40))
def test_a_smaller_team_is_a_prefix_of_the_larger(layer: str, n_models: int, n_personas: int, a: int, b: int) -> None:
    small, large = sorted((a, b))
    for deal in dealt({"layer": layer}, n_models, n_personas):
        team = deal.team(large)
        assert team.agents[:small] == deal.team(small).agents
        assert len(set(team.slots)) == large


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=6), st.integers(1, 30))
def test_copies_count_equal_agents_from_zero(ids: list[str], size: int) -> None:
    members = tuple(Configuration(f"{name}/-", name, None, Sampling()) for name in ids)
    agents = Deal("explicit", "team", (size,), members).team(size).agents
    for name in set(ids):
        copies = [agent.copy_index for agent in agents if agent.model == name]
        assert copies == list(range(len(copies)))
    assert all(agent.slot == f"{agent.config_id}/{agent.copy_index}" for agent in agents)


@pytest.mark.parametrize(
    ("layer", "names", "slots"),
    [
        ("L1", ["m0", "m1"], ["m0/-/0", "m0/-/1", "m0/-/2"]),
        ("L2", ["m0", "m1"], ["m0/p0/0", "m0/p1/0", "m0/p0/1"]),
        ("L3", ["L3"], ["m0/-/0", "m1/-/0", "m0/-/1"]),
        ("L4", ["L4"], ["m0/p0/0", "m1/p1/0", "m0/p1/0", "m1/p0/0", "m0/p0/1"]),
    ],
)
def test_a_layer_says_what_differs_between_agents(layer: str, names: list[str], slots: list[str]) -> None:
    made = dealt({"layer": layer}, n_models=2, n_personas=2)
    assert [deal.name for deal in made] == names
    assert list(made[0].team(len(slots)).slots) == slots


def test_names_in_a_team_choose_and_order_models_and_personas() -> None:
    (deal,) = dealt({"layer": "L4", "models": ["m2", "m0"], "personas": "p3", "name": "few"})
    assert (deal.name, deal.team(3).slots) == ("few", ("m2/p3/0", "m0/p3/0", "m2/p3/1"))


def test_a_layered_team_of_one_model_bears_name_and_model() -> None:
    assert [deal.name for deal in dealt({"layer": "L2", "name": "few"}, n_models=2)] == ["few.m0", "few.m1"]


def test_members_are_dealt_round_robin_and_are_as_many_as_named_by_default() -> None:
    (deal,) = dealt({"members": [{"model": "m0"}, {"model": "m1", "persona": "p4"}, {"model": "m0"}]})
    assert (deal.layer, deal.name, deal.sizes) == ("explicit", "team", (3,))
    assert deal.team(5).slots == ("m0/-/0", "m1/p4/0", "m0/-/1", "m0/-/2", "m1/p4/1")


def test_sampling_of_the_member_goes_over_the_models_and_that_over_the_experiments() -> None:
    world = experiment(
        1,
        sampling={"temperature": 0.1, "max_tokens": 10, "top_p": 0.5},
        models={"m": {"scripted": {"replies": ["A"]}, "sampling": {"temperature": 0.2, "max_tokens": 20}}},
    )
    spec = TeamSpec.model_validate({"members": [{"model": "m", "sampling": {"temperature": 0.3}}]})
    (deal,) = deals(spec, world, (), {}, {})
    assert deal.configurations[0].sampling == Sampling(temperature=0.3, max_tokens=20, top_p=0.5)


def test_members_that_differ_in_sampling_alone_share_no_slot() -> None:
    members = [{"model": "m0"}, {"model": "m0", "sampling": {"temperature": 1.5}}, {"model": "m0"}]
    (deal,) = dealt({"members": members})
    usual, hot, again = deal.team(3).agents
    assert (usual.slot, again.slot) == ("m0/-/0", "m0/-/1")
    assert hot.config_id.startswith("m0/-@")
    assert hot.slot == f"{hot.config_id}/0"


def test_a_members_slot_does_not_move_with_its_place() -> None:
    hot, cold = ({"model": "m0", "sampling": {"temperature": value}} for value in (1.5, 0.0))
    ((one,), (other,)) = (dealt({"members": members}) for members in ([hot, cold], [cold, hot]))
    assert set(one.team(2).slots) == set(other.team(2).slots)


def test_sampling_that_says_the_usual_again_is_the_usual_agent() -> None:
    members = [{"model": "m0", "sampling": {"temperature": 0.5}}, {"model": "m0"}]
    (deal,) = dealt({"members": members}, sampling={"temperature": 0.5})
    assert deal.team(2).slots == ("m0/-/0", "m0/-/1")


def test_personas_of_the_file_come_before_those_of_the_catalog(loaded: Callable[..., Sweep]) -> None:
    base = "models:\n  m: {scripted: {replies: [A]}}\ntask: ./quiz\nteam: {layer: L2, size: 2%s}\n"
    own = "personas: {sceptic: Doubt it., pirate: Say arr.}\n"
    slots = {name: loaded(text).header.cells[0].team for name, text in {
        "catalog": base % "", "own": base % "" + own, "mixed": base % ", personas: [formalist, sceptic]" + own,
    }.items()}  # fmt: skip
    assert slots["catalog"].slots == ("m/careful-verifier/0", "m/intuitive-estimator/0")
    assert slots["own"].slots == ("m/sceptic/0", "m/pirate/0")
    assert slots["mixed"].slots == ("m/formalist/0", "m/sceptic/0")
    texts = [agent.persona.text for agent in slots["mixed"].agents if agent.persona is not None]
    assert texts[0].startswith("You are a formalist.")
    assert texts[1] == "Doubt it."


@pytest.mark.parametrize("layer", ["L1", "L2", "L3", "L4"])
def test_a_name_of_its_own_lets_two_teams_of_a_layer_be_different(layer: str, loaded: Callable[..., Sweep]) -> None:
    text = "models: {a: {scripted: {replies: [A]}}, b: {scripted: {replies: [B]}}}\ntask: ./quiz\n"
    one, other = "personas: [sceptic, formalist]", "personas: formalist, models: [b, a], name: other"
    sweep = loaded(text + f"team: [{{layer: {layer}, size: 2, {one}}}, {{layer: {layer}, size: 4, {other}}}]\n")
    names = {cell.team_name for cell in sweep.header.cells}
    assert names == ({"a", "b", "other.a", "other.b"} if layer in ("L1", "L2") else {layer, "other"})


def test_one_team_may_be_written_at_two_sizes(loaded: Callable[..., Sweep]) -> None:
    text = "models: {a: {scripted: {replies: [A]}}}\ntask: ./quiz\n"
    sweep = loaded(
        text + "team: [{members: [{model: a}]}, {members: [{model: a}, {model: a}]}, {layer: L1, size: 3}]\n"
    )
    assert [(cell.layer, cell.size) for cell in sweep.header.cells] == [("explicit", 1), ("explicit", 2), ("L1", 3)]


@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=5), st.lists(st.sampled_from("abc"), min_size=1, max_size=5)
)
def test_two_deals_part_at_the_first_agent_that_differs_at_any_size(one: list[str], other: list[str]) -> None:
    first, second = (
        Deal("explicit", "team", (1,), tuple(Configuration(name, name, None, Sampling()) for name in ids))
        for ids in (one, other)
    )
    teams = zip(first.team(60).agents, second.team(60).agents, strict=True)
    assert first.parts_from(second) == next((at for at, (x, y) in enumerate(teams) if x.model != y.model), None)


def test_pairs_are_all_teams_of_two_models_with_each_model_beside_itself_too() -> None:
    ordered, unordered = (dealt({"pairs": kind, "models": ["m2", "m0"]}) for kind in ("ordered", "unordered"))
    models = [tuple(agent.model for agent in deal.team(2).agents) for deal in ordered]
    assert models == [("m2", "m2"), ("m2", "m0"), ("m0", "m2"), ("m0", "m0")]
    assert [deal.name for deal in ordered] == ["m2+m2", "m2+m0", "m0+m2", "m0+m0"]
    assert [deal.name for deal in unordered] == ["m2+m2", "m2+m0", "m0+m0"]
    assert {(deal.layer, deal.sizes) for deal in ordered} == {("explicit", (2,))}
    assert len(dealt({"pairs": "ordered", "name": "club"}, n_models=4)) == 16


@pytest.mark.parametrize("more", [{"size": 2}, {"layer": "L1"}, {"members": [{"model": "m0"}]}, {"personas": "p0"}])
def test_pairs_say_all_of_their_teams_but_the_models(more: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="pairs are teams of two models"):
        TeamSpec.model_validate({"pairs": "ordered", **more})
