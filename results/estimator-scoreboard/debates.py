"""Estimators of debates, against rules whose effect is known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scores import Score

from agentscale.analysis import fj_coupling, flip_table, martingale_test
from agentscale.randomness import keyed
from agentscale.simulation import (
    Copy,
    Debate,
    FriedkinJohnsen,
    Graph,
    Placebo,
    Polya,
    Rule,
    SelfCorrect,
    Start,
    Streams,
    World,
    WorldParameters,
    ballots,
    debate,
    deal,
)

N, ROUNDS, OPTIONS = 12, 3, 4
GRAPHS = {
    "complete": lambda: Graph.complete(N),
    "ring of 4": lambda: Graph.circulant(N, 4),
    "scattered": lambda: Graph.scattered(N, 4, keyed(5, "scattered")),
}
NEUTRAL: dict[str, Rule] = {
    "dcm": Polya(),
    "copy, adv 0": Copy(kappa=0.2),
    "fj, γ .28": FriedkinJohnsen(),
    "self_correct": SelfCorrect(),
    "placebo": Placebo(),
}
"""Rules that leave expected accuracy as it is on regular graphs."""
LED = {"copy, adv .5": 0.5, "copy, adv −.3": -0.3, "copy, adv 0": 0.0}


def played(rule: Rule, topology: str, seed: int, questions: int) -> np.ndarray:
    """Answers of a debate of one configuration, shape (questions, rounds + 1, N)."""
    world, ids = World(WorldParameters(seed=seed)), [f"q{n}" for n in range(questions)]
    (seat,) = deal("L1", 1, models=3, personas=0)
    votes = ballots(world, ids, OPTIONS, [(seat, N)])
    start = Start(votes.answers, OPTIONS, votes.theta)
    return debate(Debate(rule, GRAPHS[topology](), ROUNDS), start, Streams.alike(seed, ids, N))


def edges(topology: str) -> np.ndarray | None:
    """Who reads whom, u → v; everybody where the graph is complete."""
    graph = GRAPHS[topology]()
    if graph.starts is None or graph.peers is None:
        return None
    readers = np.repeat(np.arange(N), np.diff(graph.starts))
    return np.column_stack([graph.peers, readers])


def scores(seed: int, questions: int, resamples: int) -> Iterator[Score]:
    """All scores of one world."""
    truth = np.zeros(questions, int)
    for topology in ("complete", "ring of 4", "scattered"):
        for kind, rule in NEUTRAL.items():
            of = Score("debates", "martingale_test μ", "drift", kind, topology, N, seed, np.nan, 0.0)
            said = played(rule, topology, seed, questions)
            mu = martingale_test(said, truth, seed=seed, resamples=resamples).mu
            yield of._replace(value=mu.value, low=mu.low, high=mu.high)
            if kind.startswith("fj"):
                found = fj_coupling((said == 0).astype(float), edges(topology), seed=seed, resamples=resamples)
                yield of._replace(
                    estimator="fj_coupling", estimand="γ", truth=0.28, value=found.value, low=found.low, high=found.high
                )
    for kind, advantage in LED.items():
        said = played(Copy(kappa=0.1, advantage=advantage), "ring of 4", seed, questions)
        found = flip_table(said, truth, edges("ring of 4"), seed=seed, resamples=resamples)["all"].truth_advantage
        of = Score("debates", "flip_table truth_advantage", "adv", kind, "ring of 4", N, seed, found.value, advantage)
        yield of._replace(low=found.low, high=found.high)
