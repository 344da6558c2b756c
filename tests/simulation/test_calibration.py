"""A world is fitted to votes and debates: what they can tell is recovered, and what they cannot is said."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation import Copy, Graph, Seat, World, WorldParameters, tally
from agentscale.simulation.calibration import FREE, Calibration, calibrate, value_of
from agentscale.simulation.flips import Changes, fit_copying, turning
from agentscale.simulation.moments import Design, counted_moments, law_moments

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


@lru_cache(1)
def fitted(seed: int = 0) -> tuple[World, Calibration]:
    world = some_world(seed)
    return world, calibrate(votes(world), DESIGN)


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
    assert set(told) == {free.name for free in FREE}
    assert {name for name, each in told.items() if each.identified} >= {"solvability", "attractor", "fresh"}
    assert not told["solvability_spread"].identified
    assert not told["monoculture"].identified
    for each in found.fitted:
        assert each.low < each.value < each.high
    inside = [each.low <= value_of(world.parameters, each.name) <= each.high for each in found.fitted]
    assert sum(inside) >= len(inside) - 1


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


def test_debates_add_the_copying_to_a_fit() -> None:
    world = some_world(0)
    found = calibrate(votes(world, 60), DESIGN, changes(world, 60))
    told = {each.name: each for each in found.fitted}
    assert told["copying"].identified
    assert found.parameters.copying == told["copying"].value


@pytest.mark.parametrize("counts", [np.ones((19, 1, 5), np.int64), np.ones((40, 1, 5), np.int64)])
def test_too_little_to_fit_is_refused(counts: np.ndarray) -> None:
    with pytest.raises(SpecError, match="20 questions, 2 agents"):
        calibrate(counts, Design((0,), (None,), (1,)))


@pytest.mark.slow
def test_identified_parameters_are_inside_their_intervals_in_18_of_20_worlds() -> None:
    inside: dict[str, list[bool]] = {}
    for seed in range(20):
        world = some_world(seed)
        for each in calibrate(votes(world), DESIGN, changes(world)).fitted:
            if each.identified:
                value = value_of(world.parameters, each.name)
                inside.setdefault(each.name, []).append(each.low <= value <= each.high)
    always = {name for name, hits in inside.items() if len(hits) == 20}
    assert always >= {"solvability", "attractor", "fresh", "copying"}
    assert all(sum(inside[name]) >= 18 for name in always)
