"""Checks that are no score: identities, null calibration, and confounds that raw numbers fall for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import debates
import numpy as np

from agentscale.analysis import (
    channels_d2,
    count_answers,
    dose,
    effective_channels,
    expected_accuracy,
    kstar_conditioned,
    martingale_test,
)
from agentscale.randomness import keyed
from agentscale.simulation import (
    Copy,
    Debate,
    EmbeddingParameters,
    Graph,
    Polya,
    Start,
    Streams,
    World,
    WorldParameters,
    ballots,
    deal,
    debate,
    embeddings,
    overlap,
    pair_law,
)

COLUMNS = "check what value wanted".split()


class Check(NamedTuple):
    """A number and what it should be."""

    check: str
    what: str
    value: float
    wanted: str


def checks(worlds: int, questions: int) -> Iterator[Check]:
    """All of them."""
    yield from between_models(worlds, 2000)
    yield from identities(worlds, questions)
    yield from uniform_p(10 * worlds, questions)
    yield from null_of_k_star_c(2 * worlds, questions)
    yield from style(questions)
    yield from collapse(4 * questions)


def between_models(worlds: int, questions: int) -> Iterator[Check]:
    """What two models have in common: drawn, by formula, and as the specification has it."""
    found, formula = [], []
    for seed in range(worlds):
        world = World(WorldParameters(seed=seed))
        seats = world.team("L3", 3)
        answers = world.answers([f"q{n}" for n in range(questions)], 4, seats).answers
        for i, j in combinations(range(3), 2):
            wrong = (answers[:, [i, j]] > 0).all(axis=1)
            phi = np.corrcoef(answers[:, i] == 0, answers[:, j] == 0)[0, 1]
            found.append((phi, np.mean(answers[wrong, i] == answers[wrong, j])))
            formula.append(pair_law(world.parameters, 4, overlap(world, seats[i], seats[j]))[1:])
    expected = pair_law(WorldParameters(), 4, 1 / 12)[1:]
    for at, (name, published) in enumerate((("φ between models", 0.502), ("both-wrong agreement", 0.573))):
        by_world = np.array(found).reshape(worlds, 3, 2).mean(axis=1)[:, at]
        yield Check("acceptance", f"{name}, drawn", float(by_world.mean()), f"{np.mean(formula, axis=0)[at]:.3f} by formula")
        yield Check("acceptance", f"{name}, spread of a world", float(by_world.std(ddof=1)), "")
        yield Check("acceptance", f"{name}, in expectation", expected[at], f"{published} in the specification")


def identities(worlds: int, questions: int) -> Iterator[Check]:
    """Two voters are worth their mean; an even team of exchangeable agents as much as the odd one before it."""
    two, even = [], []
    for seed in range(worlds):
        world = World(WorldParameters(seed=seed))
        said = world.answers([f"q{n}" for n in range(questions)], 4, world.team("L4", 2)).answers
        vote = float(expected_accuracy(count_answers(said, 4)).mean())
        two.append(abs(vote - float((said == 0).mean())))
        right = keyed(seed, "even").random((questions, 8)) < keyed(seed, "p").random((questions, 1))
        # exchangeable: the mean over the teams of seven out of eight
        sevens = [np.delete(right, out, axis=1).sum(axis=1) > 3 for out in range(8)]
        ties = right.sum(axis=1)
        even.append(abs(float(np.mean(sevens)) - float(np.mean(ties > 4) + np.mean(ties == 4) / 2)))
    yield Check("two voters", "largest |vote of 2 − mean of the two|", max(two), "0")
    yield Check("even teams", "largest |vote of 8 − vote of 7 of them|", max(even), "0")


def uniform_p(n: int, questions: int) -> Iterator[Check]:
    """Under dcm the p of the martingale test is uniform."""
    p = np.array(
        [
            martingale_test(
                debates.played(Polya(), "complete", seed, questions), np.zeros(questions, int), seed=seed, resamples=20
            ).p_value
            for seed in range(n)
        ]
    )
    ordered = np.sort(p)
    distance = max(np.max(np.arange(1, n + 1) / n - ordered), np.max(ordered - np.arange(n) / n))
    yield Check("martingale under dcm", f"share of {n} p below .05", float(np.mean(p < 0.05)), "0.05")
    yield Check("martingale under dcm", "Kolmogorov distance from uniform", float(distance), f"< {1.36 / np.sqrt(n):.3f}")


def null_of_k_star_c(n: int, questions: int) -> Iterator[Check]:
    """Vectors that know nothing of who is right: the adjusted number is calibrated, the raw ratio follows accuracy."""
    z_c, ratio, accuracy = [], [], []
    for seed in range(n):
        rng = keyed(seed, "independent")
        right = rng.random((questions, 8)) < 0.3 + 0.5 * seed / n
        vectors = rng.standard_normal((questions, 1, 16)) + rng.standard_normal((questions, 8, 16))
        found = kstar_conditioned(vectors, right.astype(int), permutations=30, seed=seed)
        z_c.append(found.z_c)
        ratio.append(np.nanmean(found.k_star_c) / np.nanmean(found.k_star_w))
        accuracy.append(right.mean())
    yield Check("null of K*_c", f"mean z over {n} runs", float(np.mean(z_c)), f"0 ± {2 / np.sqrt(n):.2f}")
    yield Check("null of K*_c", "standard deviation of z", float(np.std(z_c)), "1")
    correlation = float(np.corrcoef(ratio, accuracy)[0, 1])
    yield Check("null of K*_c", "r of the raw K*_c/K*_w with accuracy", correlation, "0 if it meant anything")


def style(questions: int) -> Iterator[Check]:
    """The same agents with and without a loud style of their personas."""
    world, asked = World(WorldParameters(seed=1)), [f"q{n}" for n in range(questions)]
    seats = world.team("L2", 16)
    drawn = world.draw(asked, 4, seats)
    for name, measure in (("K*", lambda z: float(effective_channels(z).mean())), ("channels_d2", _channels)):
        plain, styled = (
            measure(embeddings(world, EmbeddingParameters(question=1, channel=1.5, noise=0.3, persona=w), asked, seats, drawn))
            for w in (0.0, 0.4)
        )
        yield Check("style alone", f"{name} with style / without", styled / plain, "1: channels and answers are the same")


def _channels(z: np.ndarray) -> float:
    return channels_d2(z).value


def collapse(questions: int) -> Iterator[Check]:
    """Accuracy after a debate depends on peers × rounds: k·τ, not on k and τ."""
    n, ids, world = 200, [f"q{at}" for at in range(questions)], World(WorldParameters(seed=3))
    (seat,) = deal("L1", 1, models=3, personas=0)
    start = Start(ballots(world, ids, 4, [(seat, n)]).answers, 4)
    reached: dict[float, list[float]] = {}
    for peers, rounds in ((1, 4), (2, 2), (4, 1), (2, 8), (4, 4), (8, 2), (16, 1)):
        setting = Debate(Copy(kappa=0.05, advantage=1.0), Graph.complete(n), rounds, peers=peers)
        right = float((debate(setting, start, Streams.alike(4, ids, n))[:, -1] == 0).mean())
        reached.setdefault(float(dose(peers, rounds)), []).append(right)
    gaps = [max(found) - min(found) for found in reached.values()]
    means = [float(np.mean(found)) for found in reached.values()]
    yield Check("kτ collapse", "largest spread within a dose", max(gaps), "small beside the next")
    yield Check("kτ collapse", "difference between dose 16 and dose 4", means[1] - means[0], "")
