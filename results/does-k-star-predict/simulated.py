"""Studies of seven simulated data sets whose truth is known: who is right, through which channel, in which style."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.analysis import (
    channels_d2,
    count_answers,
    effective_channels,
    expected_accuracy,
    kstar_conditioned,
    kstar_rarefied,
)
from agentscale.catalog.published import published_yang2026
from agentscale.randomness import keyed
from agentscale.simulation import Drawn, EmbeddingParameters, World, WorldParameters, embeddings

Floats = NDArray[np.float64]
Row = dict[str, Any]
QUESTIONS, OPTIONS, SIZES, DIMENSIONS = 126, 4, (2, 4, 8, 16), 64
RELABELLINGS = 4
"""Of every question: their error goes with that of the mean over questions, of which there are many."""
EVENNESS = 1.85
"""a + b of the solvability, that of the default world; the mean is the data set's own."""
LOUDNESS = (0.3, 0.6)
"""Weights of a style that nothing comes of."""
ALIKE = "texts as alike everywhere"
TOPICS = {ALIKE: 0.0, "texts more alike in easy data sets": 4.0, "texts more varied in easy data sets": -4.0}
"""How the texts of data sets differ: slope of the question's weight in the accuracy of one agent."""
OF_TEXTS = ("K*", "K* of pairs", "channels_d2")
TRUTH = "channels in use (truth)"
OF_RIGHT_AND_WRONG = ("K*_c", "K*_c/K*_w", "pairs_c − pairs_w", "adj_c − adj_w")


class Team(NamedTuple):
    """A team of one data set at its largest size; smaller ones are its first members."""

    name: str
    kind: str
    """L1 to L4, or ``style`` for L1 in the styles of personas that change nothing."""
    z: NDArray[np.float32]
    """Vectors, shape (Q, N, d)."""
    answers: NDArray[np.int16]
    """Shape (Q, N), 0 is right."""
    channels: NDArray[np.int16]


def data_sets() -> dict[str, tuple[float, float]]:
    """Published accuracy of one agent on each data set, and its distance from their mean."""
    singles = {name: row["single"] / 100 for name, row in published_yang2026()["table_1"]["datasets"].items()}
    middle = sum(singles.values()) / len(singles)
    return {name: (single, single - middle) for name, single in singles.items()}


def teams(world: World, topic: float, styles: bool) -> Iterator[Team]:
    """L1 and L2 of every model, L3 and L4; and L1 again in styles of several volumes where asked for.

    Args:
        world: Of the data set.
        topic: By how much what the texts of a question have in common weighs more than by default.
        styles: Whether to give the styled teams too.
    """
    asked, n = [f"q{at}" for at in range(QUESTIONS)], max(SIZES)
    models = range(world.parameters.models)
    seated = {(layer, m): world.team(layer, n, m) for layer in ("L1", "L2") for m in models}
    seated |= {(layer, 0): world.team(layer, n) for layer in ("L3", "L4")}
    pool = list(dict.fromkeys(seat for seats in seated.values() for seat in seats))
    weights = EmbeddingParameters(dimensions=DIMENSIONS, question=EmbeddingParameters().question + topic)
    drawn = world.draw(asked, OPTIONS, pool)
    z = embeddings(world, weights, asked, pool, drawn)
    for (layer, m), seats in seated.items():
        own = [pool.index(seat) for seat in seats]
        said = Drawn(*(part[:, own] for part in drawn))
        yield Team(f"{layer} {m}", layer, z[:, own], said.answers, said.channels)
        for loudness in LOUDNESS if layer == "L1" and styles else ():
            louder = weights.model_copy(update={"persona": loudness})
            styled = embeddings(world, louder, asked, world.team("L2", n, m), said)
            yield Team(f"style {loudness} {m}", "style", styled, said.answers, said.channels)


def cells() -> Iterator[Row]:
    """A row for every topic, data set, team and size."""
    for at, (name, (single, off)) in enumerate(data_sets().items()):
        shape = {"solvability_a": EVENNESS * single, "solvability_b": EVENNESS * (1 - single)}
        world = World(WorldParameters(seed=at, **shape))
        for topic, slope in TOPICS.items():
            for team in teams(world, slope * off, styles=topic == ALIKE):
                split = topic == ALIKE and team.kind != "style"
                for n in SIZES:
                    where = {"topic": topic, "dataset": name, "size": n, "team": team.name, "kind": team.kind}
                    yield where | _cell(team, n, split, at)


def _cell(team: Team, n: int, split: bool, at: int) -> Row:
    """Accuracy, the channels in use, and metrics of the first n of a team."""
    z, answers, right = team.z[:, :n], team.answers[:, :n], team.answers[:, :n] == 0
    used = np.stack([np.sum(team.channels[:, :n] == k, axis=1) for k in range(12)], axis=1) / n
    found = {
        "accuracy": float(expected_accuracy(count_answers(answers, OPTIONS)).mean()),
        "member": float(right.mean()),
        TRUTH: float(np.exp(-np.sum(used * np.log(np.where(used > 0, used, 1.0)), axis=1)).mean()),
        **of_texts(z),
    }
    if split and n > 2:
        found |= of_right_and_wrong(z, right)
        chance = of_right_and_wrong(dealt(z, at, team.name, n), right)
        found |= {f"{name}, dealt": value for name, value in chance.items()}
    return found


def of_texts(z: NDArray[np.floating]) -> Row:
    """The metrics of a team that look at its texts alone; of ``channels_d2`` the share of pairs in two channels."""
    found = (np.mean(effective_channels(z)), np.mean(kstar_rarefied(z, 2).value), 1 - 1 / channels_d2(z).value)
    return dict(zip(OF_TEXTS, map(float, found), strict=True))


def of_right_and_wrong(z: NDArray[np.floating], right: NDArray[np.bool_]) -> Row:
    """The metrics that split texts by correctness; teams of two have none, since no two are right and two wrong."""
    found = kstar_conditioned(z, right.astype(float), permutations=RELABELLINGS)
    c, w = float(np.nanmean(found.k_star_c)), float(np.nanmean(found.k_star_w))
    pairs = float(np.nanmean(found.rarefied_c) - np.nanmean(found.rarefied_w))
    adjusted = float(np.nanmean(found.adj_c) - np.nanmean(found.adj_w))
    return dict(zip(OF_RIGHT_AND_WRONG, (c, c / w, pairs, adjusted), strict=True))


def dealt(z: NDArray[np.floating], *purpose: str | int) -> NDArray[np.floating]:
    """The vectors of every question dealt to its agents at random: K* stays, and they know nothing of who is right."""
    order = np.argsort(keyed(0, "dealt", *purpose).random(z.shape[:2]), axis=1)
    return np.take_along_axis(z, order[:, :, None], axis=1)
