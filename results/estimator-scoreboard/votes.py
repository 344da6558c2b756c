"""Estimators of votes, against worlds of the latent-channel mixture: layers L1 to L4, 2 to 64 agents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from scores import Score

from agentscale.analysis import (
    DeFinetti,
    Pilot,
    agreement,
    betabinom_jury,
    bootstrap_means,
    both_wrong,
    count_answers,
    coverage_betabinom,
    entropies,
    expected_accuracy,
    icc_correct,
    icc_estimate,
    kish,
    mean_phi,
    pass_at_k,
)
from agentscale.simulation import World, WorldParameters, overlap, pair_law

OPTIONS, SIZES, LAYERS = 4, (2, 4, 8, 16, 64), ("L1", "L2", "L3", "L4")
KINDS = {
    "default": {},
    "parse failures": {"parse_failure": (0.05, 0.08, 0.30)},
    "even preference": {"affinity": 5.0, "persona_tilt": 0.5},
}


def scores(kind: str, seed: int, questions: int, resamples: int, population: int) -> Iterator[Score]:
    """All scores of one world."""
    world = World(WorldParameters(seed=seed, **KINDS[kind]))
    asked = [f"q{n}" for n in range(questions)]
    many = [f"truth {n}" for n in range(population)]
    for layer in LAYERS:
        seats = world.team(layer, max(SIZES))
        drawn, truth = world.answers(asked, OPTIONS, seats)
        everyone = world.answers(many, OPTIONS, seats).answers
        for n in SIZES:
            for made in _of_team(world, seats[:n], drawn[:, :n], everyone[:, :n], seed, resamples):
                yield Score("votes", *made[:2], kind, layer, n, seed, *made[2:])
        if layer == "L1":
            yield from _of_answers(kind, seed, drawn, truth.theta[:, 0])
        yield from _forecasts(kind, layer, seed, seats, drawn, everyone, resamples)


def _of_team(world, seats, answers, everyone, seed, resamples):  # type: ignore[no-untyped-def]
    """Name, estimand, value, truth and interval of what is said of the team as it voted."""
    n, right = len(seats), answers == 0
    counts, k = count_answers(answers, OPTIONS), right.sum(axis=1)
    vote = bootstrap_means(expected_accuracy(counts)[:, None], seed=seed, resamples=resamples)
    yield ("vote accuracy, BCa", "accuracy", vote.value[0], _vote(everyone), vote.low[0], vote.high[0])
    one = bootstrap_means(right.mean(axis=1)[:, None], seed=seed, resamples=resamples)
    yield ("mean accuracy, BCa", "accuracy", one.value[0], (everyone == 0).mean(), one.low[0], one.high[0])
    if max(world.parameters.parse_failure) == 0:  # the formula's pairs can be read
        met = np.mean([overlap(world, *pair) for pair in combinations(seats, 2)])  # all is linear in it
        _, rho, agree = pair_law(world.parameters, OPTIONS, float(met))
    else:
        rho = float(icc_correct((everyone == 0).sum(axis=1), n))
        agree = both_wrong(everyone, np.zeros(len(everyone), int), OPTIONS).observed
    icc = icc_estimate(k, n, seed=seed, resamples=resamples)
    yield ("ρ, icc_correct", "correlation", icc.value, rho, icc.low, icc.high)
    yield ("ρ, mean φ of pairs", "correlation", mean_phi(right.astype(int)), rho)
    yield ("Kish N_eff", "effective size", float(kish(n, min(1.0, icc.value)).value), float(kish(n, rho).value))
    wrong = both_wrong(answers, np.zeros(len(answers), int), OPTIONS).observed
    yield ("both-wrong agreement", "agreement", wrong, agree)
    yield ("agreement", "agreement", agreement(answers).observed, agreement(everyone).observed)


def _of_answers(kind: str, seed: int, drawn: np.ndarray, theta: np.ndarray) -> Iterator[Score]:
    """Entropy of the answers of one configuration, whose law is known question by question."""
    law = np.column_stack([theta, np.clip(1 - theta.sum(axis=1), 0, 1)])[:, :OPTIONS]
    law = law / law.sum(axis=1, keepdims=True)
    truth = float(np.mean(-np.sum(law * np.log(np.where(law > 0, law, 1)), axis=1)))
    for n in SIZES:
        found = entropies(count_answers(drawn[:, :n], OPTIONS), OPTIONS)
        for name in found._fields:
            value = float(np.nanmean(getattr(found, name)))
            yield Score("votes", f"entropy, {name}", "entropy", kind, "L1", n, seed, value, truth)


def _forecasts(kind, layer, seed, seats, drawn, everyone, resamples) -> Iterator[Score]:  # type: ignore[no-untyped-def]
    """What smaller pilots say of teams that were not asked."""
    truth, largest = _vote(everyone), everyone.shape[1]
    configs = [seat.config for seat in seats]
    for n in (8, 16):
        of = Score("forecasts", "", "accuracy of 64", kind, layer, n, seed, np.nan, truth)
        names = list(dict.fromkeys(configs[:n]))
        if len(names) * 4 <= n:  # four replicates of each
            member = np.array([names.index(config) for config in configs[:n]])
            counts = np.stack([count_answers(drawn[:, :n][:, member == b], OPTIONS) for b in range(len(names))], axis=1)
            lost = np.stack([(drawn[:, :n][:, member == b] < 0).sum(axis=1) for b in range(len(names))], axis=1)
            team = [configs.count(name) for name in names]
            (found,) = DeFinetti(Pilot.of_counts(counts, lost), seed=seed, resamples=resamples).accuracy([team])
            told = found.accuracy
            yield of._replace(estimator="de Finetti", value=told.value, low=told.low, high=told.high)
        right = (drawn[:, :n] == 0).sum(axis=1)
        p, rho = right.mean() / n, float(icc_correct(right, n))
        yield of._replace(estimator="beta-binomial jury", value=float(betabinom_jury(p, min(max(rho, 1e-6), 1 - 1e-6), 64)))
        best = (everyone == 0).any(axis=1).mean()
        covered = coverage_betabinom(right, n)
        yield of._replace(
            estimator="coverage_betabinom", estimand="pass@64", value=float(covered.at(largest)), truth=float(best)
        )
        half = (everyone == 0).sum(axis=1)
        yield of._replace(
            estimator="pass_at_k, k = 4",
            estimand="pass@4",
            value=float(np.mean(pass_at_k(n, right, 4))),
            truth=float(np.mean(pass_at_k(largest, half, 4))),
        )


def _vote(answers: np.ndarray) -> float:
    return float(np.nanmean(np.nan_to_num(expected_accuracy(count_answers(answers, OPTIONS)))))
