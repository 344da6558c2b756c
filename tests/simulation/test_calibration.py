"""A world is fitted to votes and debates: what they can tell is recovered, and what they cannot is said."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation import Copy, EmbeddingParameters, Graph, Seat, World, WorldParameters, embeddings, tally
from agentscale.simulation.calibration import CHANGES, COSINES, FREE, Calibration, calibrate, value_of
from agentscale.simulation.cosines import WEIGHTS, Cosines, counted_cosines, fit_weights
from agentscale.simulation.flips import Changes, copying_block, fit_copying, turning
from agentscale.simulation.moments import KINDS, Design, counted_moments, design_of, law_moments
from agentscale.simulation.numbers import Numbers

DESIGN = Design((0, 1, 2), (None, None, None), (8, 8, 8))


def some_world(seed: int) -> World:
    rng = keyed(seed, "true world")
    return World(
        WorldParameters(
            seed=seed,
            solvability_a=float(rng.uniform(0.7, 2)),
            solvability_b=float(rng.uniform(0.6, 1.5)),
            monoculture=float(rng.uniform(0.2, 0.7)),
            attractor=float(rng.uniform(0.3, 0.7)),
            fresh=float(rng.uniform(0.15, 0.6)),
            parse_failure=(0.05, 0.1, 0.0),
        )
    )


def votes(world: World, n_questions: int = 500) -> np.ndarray:
    members = [(Seat(f"{model}/-", model), 8) for model in range(3)]
    return tally(world, [f"q{i}" for i in range(n_questions)], 4, members).counts


def changes(world: World, n_questions: int = 200, n: int = 6, rounds: int = 2) -> Changes:
    graph = Graph.complete(n)
    answers = world.debate([f"q{i}" for i in range(n_questions)], 4, world.team("L4", n), graph, rounds)
    rows = []
    for t in range(1, rounds + 1):
        read, before, after = graph.counts(answers[:, t - 1], 4), answers[:, t - 1], answers[:, t]
        seen = (before >= 0) & (after >= 0)
        question = np.broadcast_to(np.arange(n_questions)[:, None], seen.shape)
        columns = (question, before == 0, read[0], read[1:].sum(axis=0), (before == 0) != (after == 0))
        rows.append([column[seen] for column in columns])
    return Changes(*map(np.concatenate, zip(*rows, strict=True)))


def some_weights(seed: int) -> EmbeddingParameters:
    rng = keyed(seed, "true weights")
    return EmbeddingParameters(
        channel=float(rng.uniform(0.3, 1)),
        model=float(rng.uniform(0.15, 0.5)),
        persona=float(rng.uniform(0.15, 0.5)),
        answer=float(rng.uniform(0.1, 0.5)),
        noise=float(rng.uniform(0.2, 0.8)),
    )


def spoken(world: World, layer: str, n: int, n_questions: int, weights: EmbeddingParameters) -> tuple[Design, Cosines]:
    asked, seats = [f"q{i}" for i in range(n_questions)], world.team(layer, n)  # type: ignore[arg-type]
    drawn = world.draw(asked, 4, seats)
    design, places = design_of([(seat.model, seat.persona) for seat in seats])
    return design, counted_cosines(embeddings(world, weights, asked, seats, drawn), drawn.answers, places, design)


def true_value(world: World, weights: EmbeddingParameters, name: str) -> float:
    kind, _, weight = name.rpartition(".")
    return float(getattr(weights, weight)) if kind else value_of(world.parameters, name)


@lru_cache(1)
def fitted(seed: int = 0) -> tuple[World, Calibration]:
    """A calibration by all that a run can show."""
    world = some_world(seed)
    _, cosines = spoken(world, "L3", 12, 300, some_weights(seed))
    return world, calibrate(votes(world), DESIGN, changes(world), cosines)


def test_counted_moments_are_those_of_the_law_in_expectation() -> None:
    world = some_world(1)
    truth = tally(world, [f"q{i}" for i in range(300)], 4, [(Seat(f"{m}/-", m), 8) for m in range(3)]).truth
    counted, law = counted_moments(votes(world, 300), DESIGN), law_moments(truth.theta, DESIGN)
    assert counted.names == law.names
    off = counted.by_question - law.by_question
    # A failing habit is known to no law: whether a copy that keeps it can be read is the question's, not the agent's.
    assert np.abs(off.mean(axis=0) / (off.std(axis=0) / np.sqrt(300) + 1e-9)).max() < 4.5


def test_what_a_run_can_tell_is_recovered_and_the_rest_is_said() -> None:
    world, found = fitted()
    told = {each.name: each for each in found.fitted}
    weights = {f"embedding.{free.name}" for free in WEIGHTS if free.name != "persona"}  # nobody has one
    assert set(told) == {free.name for free in FREE} | {"copying", "truth_advantage"} | weights
    assert {name for name, each in told.items() if each.identified} >= {"solvability", "attractor", "fresh", "copying"}
    assert not told["solvability_spread"].identified
    assert not told["monoculture"].identified
    for each in found.fitted:
        assert each.low < each.value < each.high
    inside = [each.low <= true_value(world, some_weights(0), each.name) <= each.high for each in found.fitted]
    assert sum(inside) >= len(inside) - 1
    assert found.absent == ()


def test_a_world_of_the_kind_fits_and_its_failures_are_counted() -> None:
    _, found = fitted()
    assert found.p_value > 0.01
    assert max(abs(fit.z) for fit in found.fits) < 3.5
    assert found.parameters.parse_failure == pytest.approx((0.05, 0.1, 0.0), abs=0.04)


def test_agents_that_no_world_of_the_kind_has_do_not_fit() -> None:
    """Models that are right exactly where another one is wrong."""
    right = keyed(0, "opposed").random((400, 1)) < 0.5
    counts = np.zeros((400, 2, 5), np.int64)
    counts[:, 0, 0], counts[:, 1, 0] = 8 * right[:, 0], 8 * ~right[:, 0]
    counts[:, :, 1] = 8 - counts[:, :, 0]
    assert calibrate(counts, Design((0, 1), (None, None), (8, 8))).p_value < 1e-6


@pytest.mark.parametrize(("kappa", "advantage"), [(0.1, 0.3), (0.25, -0.4)])
def test_copying_is_recovered_from_changes_of_answer(kappa: float, advantage: float) -> None:
    world = World(WorldParameters(copying=kappa, truth_advantage=advantage, parse_failure=(0.1,)))
    found = fit_copying(changes(world))
    assert abs(found.logit_kappa - np.log(kappa / (1 - kappa))) < 3.5 * found.spreads[0]
    assert abs(found.advantage - advantage) < 3.5 * found.spreads[1]
    assert max(found.spreads) < 0.4


def test_the_likelihood_of_turning_is_that_of_the_rule() -> None:
    rule, n = Copy(kappa=0.2, advantage=0.5), 20_000
    draws = keyed(0, "turning").random(n)
    for held, start in ((False, 1), (True, 0)):
        ends = np.array([rule.taken(draw, start, [0, 0, 1, 2]) for draw in draws.tolist()])
        expected = turning(rule, np.array([held]), np.array([2]), np.array([2]))[0]
        assert np.mean((ends == 0) != held) == pytest.approx(expected, abs=4.5 * np.sqrt(0.25 / n))


def test_what_debates_and_texts_tell_is_part_of_the_world_and_of_the_table() -> None:
    _, found = fitted()
    told = {each.name: each for each in found.fitted}
    assert found.parameters.copying == told["copying"].value
    assert found.weights is not None
    assert found.weights.noise == told["embedding.noise"].value
    rows = {fit.name for fit in found.fits}
    assert {
        f"cosine, {kind}, {said} answer" for kind in ("same agent", "other model") for said in ("same", "other")
    } < rows
    assert {"turned right, most read are right", "turned wrong, most read are not"} < rows


def test_rates_of_changing_are_those_of_the_run_and_fit_only_the_rule_that_made_them() -> None:
    world = World(WorldParameters(copying=0.2))
    seen = changes(world)
    held_wrong = ~seen.held_right & (seen.n_right > seen.n_wrong)
    block = copying_block(seen)
    assert block.fits[0].run == pytest.approx(seen.turned[held_wrong].mean())
    assert block.chi2 < 15
    stubborn = seen._replace(turned=seen.turned & (seen.n_right > seen.n_wrong))  # nobody follows the wrong
    assert copying_block(stubborn).chi2 > 30


def test_cosines_are_counted_for_every_pair_that_can_be_read_and_by_its_kind() -> None:
    rng = keyed(0, "counted")
    z, said = rng.standard_normal((60, 5, 3)), rng.integers(-1, 2, (60, 5))
    z[0, 0] = 0  # without a text
    seats = [(0, None), (0, None), (0, "critic"), (1, "critic"), (1, None)]
    design, places = design_of(seats)
    sums: dict[str, list[float]] = {}
    for q in range(60):
        for i in range(5):
            for j in range(i):
                kind = KINDS[2 * (seats[i][0] != seats[j][0]) + (seats[i][1] != seats[j][1])]
                if min(said[q, i], said[q, j]) >= 0 and z[q, i].any() and z[q, j].any():
                    name = f"cosine, {kind}, {'same' if said[q, i] == said[q, j] else 'other'} answer"
                    sums.setdefault(name, []).append(float(z[q, i] @ z[q, j]))
    found = counted_cosines(z, said, places, design)
    assert len(found.names) >= 4  # those of too few questions are left out
    for name, mean, pairs in zip(found.names, found.means, found.pairs.sum(axis=0), strict=True):
        assert (pairs, mean) == (len(sums[name]), pytest.approx(np.mean(sums[name])))


def test_weights_are_recovered_from_mean_cosines_personas_included() -> None:
    inside = []
    for seed in range(4):
        world, weights = some_world(seed), some_weights(seed)
        design, cosines = spoken(world, "L4", 30, 100, weights)
        alike = [Numbers(0, at, 100, design, world.parameters, 4).company(world.parameters) for at in range(60)]
        block = fit_weights(cosines, alike, design)
        assert len(block.fits) == 8
        assert sum(each.identified for each in block.fitted) >= 4
        inside += [each.low < true_value(world, weights, each.name) < each.high for each in block.fitted]
    assert sum(inside) >= 17  # of 20; the fourth world's models share their channels as few do


def test_one_kind_of_pairs_is_enough_for_weights_that_are_not_identified() -> None:
    world, weights = some_world(0), some_weights(0)
    design, cosines = spoken(world, "L3", 2, 40, weights)
    both = cosines._replace(
        names=cosines.names[:1], groups=cosines.groups[:1], total=cosines.total[:, :1], pairs=cosines.pairs[:, :1]
    )
    alike = [Numbers(0, at, 40, design, world.parameters, 4).company(world.parameters) for at in range(20)]
    assert not any(
        each.identified for each in fit_weights(both, alike, design).fitted if each.name != "embedding.noise"
    )


def test_a_run_of_votes_alone_says_what_it_does_not_have() -> None:
    world = some_world(0)
    assert calibrate(votes(world, 40), DESIGN).absent == (CHANGES, COSINES)


@pytest.mark.parametrize("counts", [np.ones((19, 1, 5), np.int64), np.ones((40, 1, 5), np.int64)])
def test_too_little_to_fit_is_refused(counts: np.ndarray) -> None:
    with pytest.raises(SpecError, match="20 questions, 2 agents"):
        calibrate(counts, Design((0,), (None,), (1,)))


@pytest.mark.slow
def test_identified_parameters_are_inside_their_intervals_in_18_of_20_worlds() -> None:
    inside: dict[str, list[bool]] = {}
    for seed in range(20):
        world, weights = some_world(seed), some_weights(seed)
        _, cosines = spoken(world, "L3", 24, 500, weights)
        for each in calibrate(votes(world), DESIGN, changes(world), cosines).fitted:
            if each.identified:
                value = true_value(world, weights, each.name)
                inside.setdefault(each.name, []).append(each.low <= value <= each.high)
    always = {name for name, hits in inside.items() if len(hits) == 20}
    assert always >= {"solvability", "attractor", "fresh", "copying"}
    for name, hits in inside.items():  # of fewer worlds no more may be missed either
        assert len(hits) - sum(hits) <= 2, name
