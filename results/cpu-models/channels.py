"""K* of small teams of the pool, by two embedders, beside the accuracy of their vote."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pool import PERSONAS, Pool
from scipy.stats import rankdata

from agentscale.analysis import bootstrap_means, effective_channels
from agentscale.embedders import EMBEDDERS
from agentscale.randomness import keyed

EMBEDDED = ("use", "lexical")
QUESTIONS = 40  # of each task, evenly over its levels: embedding takes longer than all else
SEED = 1
Row = dict[str, Any]
Vectors = NDArray[np.float32]


def channel_rows(pool: Pool) -> Iterator[Row]:
    """K* and vote accuracy of teams: every model alike, every pair, all four, with personas where there are any."""
    asked = pool.questions[:: len(pool.questions) // QUESTIONS]
    said = _texts(pool, set(asked))
    teams = list(_teams(pool))
    for name in EMBEDDED:
        find = _vectors(name, said)
        for layer, label, slots in teams:
            rows = np.stack([[find(said[question, slot]) for slot in slots] for question in asked])
            k = bootstrap_means(effective_channels(rows)[:, None], seed=SEED, task=pool.task)
            right = pool.right(_counted(slots))
            yield {
                "task": pool.task,
                "embedder": name,
                "layer": layer,
                "label": label,
                "n": len(slots),
                "questions": len(asked),
                "k_star": float(k.value[0]),
                "k_star_low": float(k.low[0]),
                "k_star_high": float(k.high[0]),
                "accuracy": float(right.mean()),
            }


def embedder_rows(channels: Sequence[Row], draws: int = 2000) -> list[Row]:
    """Within task and size: how the embedders agree on teams, and how each ranks them beside accuracy (Spearman).

    The interval of an association is that of a permutation of teams within task and size: what chance alone would give.
    """
    rows = []
    for task in dict.fromkeys(row["task"] for row in channels):
        mine = [row for row in channels if row["task"] == task and row["n"] == 4]
        by = {name: [row["k_star"] for row in mine if row["embedder"] == name] for name in EMBEDDED}
        accuracy = [row["accuracy"] for row in mine if row["embedder"] == EMBEDDED[0]]
        pairs = {"between embedders": (by[EMBEDDED[0]], by[EMBEDDED[1]])}
        pairs |= {f"{name} with accuracy": (by[name], accuracy) for name in EMBEDDED}
        for what, (one, other) in pairs.items():
            rng = keyed(SEED, "teams", task, what)
            chance = np.sort([_spearman(rng.permutation(one), other) for _ in range(draws)])
            low, high = np.quantile(chance, [0.025, 0.975])
            value = _spearman(one, other)
            rows.append(
                {
                    "task": task,
                    "what": what,
                    "teams": len(one),
                    "value": value,
                    "chance_low": float(low),
                    "chance_high": float(high),
                }
            )
    return rows


def _spearman(one: Any, other: Any) -> float:
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def _teams(pool: Pool) -> Iterator[tuple[str, str, list[str]]]:
    copies, models = pool.copies, pool.models
    for model in models:
        yield "L1", model, [f"{model}/-/{copy}" for copy in range(min(4, copies))]
    for one, other in combinations(models, 2):
        yield "L3", f"{one} + {other}", [f"{model}/-/{copy}" for copy in range(2) for model in (one, other)]
    yield "L3", "all", [f"{model}/-/0" for model in models]
    if len(pool.configs) > len(models):
        for one, other in combinations(models, 2):
            slots = [f"{model}/{persona}/0" for persona in PERSONAS for model in (one, other)]
            yield "L4", f"{one} + {other}, personas", slots
        for model in models:
            slots = [f"{model}/{persona}/0" for persona in (*PERSONAS, "-")] + [f"{model}/-/1"]
            yield "L2", f"{model}, personas", slots


def _counted(slots: Sequence[str]) -> dict[str, int]:
    configs = [slot.rsplit("/", 1)[0] for slot in slots]
    return {config: configs.count(config) for config in configs}


def _texts(pool: Pool, asked: set[str]) -> dict[tuple[str, str], str]:
    folder = pool.run.folder
    return {
        (transcript.sample_id, event.slot): event.text
        for cell in folder.header.cells
        for transcript in folder.transcripts(cell.id)
        if transcript.sample_id in asked
        for event in transcript.events
    }


def _vectors(name: str, said: dict[tuple[str, str], str]) -> Callable[[str], Vectors]:
    texts = sorted(set(said.values()))
    rows = dict(zip(texts, EMBEDDERS[name]()(texts), strict=True))
    return rows.__getitem__
