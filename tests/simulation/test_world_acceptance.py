"""The world has the accuracies, correlations and channel counts of theory.md, section 11.3."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from agentscale.simulation import World, WorldParameters

N_QUESTIONS = 2000
SIZES = (1, 4, 16)
LAYERS = ("L1", "L2", "L3", "L4")
N_THEIRS = 6  # worlds behind the published values

# Layer: vote accuracy at N = 1, 4, 16; Kish N_eff of correctness at 16; D_1 of the channels in use at 16.
PUBLISHED = {
    "L1": (0.589, 0.600, 0.594, 1.34, 2.01),
    "L2": (0.588, 0.622, 0.634, 1.69, 4.16),
    "L3": (0.586, 0.617, 0.635, 1.69, 4.11),
    "L4": (0.586, 0.623, 0.647, 1.82, 6.35),
}
# Standard deviation from world to world, measured here over 24 worlds and rounded up.
SPREAD = {
    "L1": (0.012, 0.011, 0.012, 0.011, 0.07),
    "L2": (0.012, 0.013, 0.015, 0.045, 0.38),
    "L3": (0.012, 0.014, 0.013, 0.030, 0.15),
    "L4": (0.013, 0.015, 0.016, 0.060, 0.81),
}


@lru_cache(1)
def world_of(seed: int) -> World:
    return World(WorldParameters(seed=seed))  # kept for the next layer, which has habits in common with this one


def vote_accuracy(answers: NDArray[np.int16]) -> float:
    counts = np.stack([np.sum(answers == option, axis=1) for option in range(4)], axis=1)
    winners = counts == counts.max(axis=1, keepdims=True)
    return float(np.mean(winners[:, 0] / winners.sum(axis=1)))


def kish(correct: NDArray[np.bool_]) -> float:
    n, k, p = correct.shape[1], correct.sum(axis=1), correct.mean()
    icc = (np.mean(k * (k - 1)) / (n * (n - 1)) - p**2) / (p * (1 - p))
    return float(n / (1 + (n - 1) * icc))


def measured(seed: int, layer: str) -> NDArray[np.float64]:
    world = world_of(seed)
    rows = []
    for model in range(3 if layer in ("L1", "L2") else 1):
        seats = world.team(layer, 16, model)  # type: ignore[arg-type]
        answers, truth = world.answers([f"q{i}" for i in range(N_QUESTIONS)], 4, seats)
        accuracies = [vote_accuracy(answers[:, :n]) for n in SIZES]
        rows.append([*accuracies, kish(answers == 0), truth.channel_count.mean()])
    return np.mean(rows, axis=0)


def z_of(layer: str, n_worlds: int) -> NDArray[np.float64]:
    ours = np.mean([measured(seed, layer) for seed in range(n_worlds)], axis=0)
    return (ours - PUBLISHED[layer]) / (np.array(SPREAD[layer]) * np.sqrt(1 / n_worlds + 1 / N_THEIRS))


@pytest.mark.parametrize("layer", LAYERS)
def test_one_world_has_the_published_votes_and_channels_within_its_sampling_error(layer: str) -> None:
    assert np.abs(z_of(layer, 1)).max() < 3.5


@pytest.mark.slow
@pytest.mark.parametrize("layer", LAYERS)
def test_twenty_four_worlds_have_the_published_votes_and_channels(layer: str) -> None:
    assert np.abs(z_of(layer, 24)).max() < 3.5


def test_models_agree_when_right_and_when_wrong_as_often_as_published() -> None:
    """Between-model φ .502 and both-wrong agreement .573 (section 11.3), over three worlds."""
    phis, both_wrong = [], []
    for seed in range(3):
        world = World(WorldParameters(seed=seed))
        answers = world.answers([f"q{i}" for i in range(N_QUESTIONS)], 4, world.team("L3", 3)).answers
        for i, j in ((0, 1), (0, 2), (1, 2)):
            phis.append(np.corrcoef(answers[:, i] == 0, answers[:, j] == 0)[0, 1])
            wrong = (answers[:, i] > 0) & (answers[:, j] > 0)
            both_wrong.append(np.mean(answers[wrong, i] == answers[wrong, j]))
    assert np.mean(phis) == pytest.approx(0.502, abs=0.05)
    assert np.mean(both_wrong) == pytest.approx(0.573, abs=0.05)
