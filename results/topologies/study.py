"""Who should read whom? Debates on twelve graphs, MacNet on six, and the logistic law of size, in simulated worlds.

    python results/derive.py topologies

No model and no recording: every number is drawn anew, the same for everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import curves
import debates
import figures
import macnet
import numpy as np
from debates import RULES, Played, leaders, played, rounds_for
from numpy.typing import NDArray
from teams import CONFIGURATIONS, DRAWS, SEED, TOPOLOGIES, several
from writing import write_table

from agentscale.analysis import resampled_means, spearman
from agentscale.analysis.bootstrap import mean_estimates
from agentscale.randomness import keyed
from agentscale.schema.estimate import Estimate

Floats = NDArray[np.float64]
Row = dict[str, Any]

SMALL, LARGE = 16, 64
QUESTIONS = {SMALL: 100, LARGE: 30}
"""Questions of debates by the size of the team."""
BUDGETS = ("rounds", "messages")
NEUTRAL = ("dcm", "fj", "copy")
LINEAR = ("fj", "copy")
"""Rules whose opinion leaders are known."""
PLAYED = {
    (SMALL, "rounds"): tuple(RULES),
    (SMALL, "messages"): tuple(RULES),
    (LARGE, "rounds"): ("copy", "copy, truth favoured"),
    (LARGE, "messages"): ("copy, truth favoured",),
}
"""Rules by size and budget: of large teams fewer, since as many messages are up to sixty-four rounds."""
HANDED = 80
"""Questions of MacNet in arrays."""
RESAMPLES = 400


def derive(source: Path, out: Path) -> None:
    """Writes the tables and figures; there is nothing to be read from ``source``."""
    cells = list(_debate_rows())
    density = list(_density_rows(cells))
    work, budgets, orders = _macnet_rows(), _equal_call_rows(), _order_rows()
    planted, fits = _planted_rows(), list(_fit_rows())
    tables: dict[str, Sequence[Mapping[str, Any]]] = {
        "design": [_design()],
        "debates": cells,
        "density": density,
        "drift": [_drift(cells)],
        "published": [{"topology": name, "quality": quality} for name, quality in macnet.PUBLISHED.items()],
        "macnet": work,
        "equal_calls": budgets,
        "orders": orders,
        "planted": planted,
        "fits": fits,
        "answer": _answers(density),
    }
    for name, rows in tables.items():
        write_table(out, name, rows)
    figures.draw(out, cells, work, planted)


def _design() -> Row:
    favoured, debated = macnet.RULES[macnet.FAVOURED], RULES["copy, truth favoured"]
    return {
        "small": SMALL,
        "large": LARGE,
        "small_questions": QUESTIONS[SMALL],
        "large_questions": QUESTIONS[LARGE],
        "teams": CONFIGURATIONS,
        "draws": DRAWS,
        "rounds": debates.ROUNDS,
        "kappa": debated.kappa,
        "advantage": debated.advantage,
        "macnet_kappa": favoured.kappa,
        "macnet_shunned": macnet.RULES["copy, strong, truth shunned"].advantage,
        "macnet_questions": HANDED,
        "macnet_largest": macnet.SIZES[-1],
        "sizes": len(macnet.SIZES),
        "noise": curves.NOISE,
        "data_sets": curves.DATA_SETS,
        "middle": 2.0 ** curves.PLANTED["gamma"],
        "resamples": RESAMPLES,
        "level": 0.95,
    }


def _estimates(columns: Mapping[str, Floats]) -> dict[str, Estimate]:
    """Means over questions with their intervals."""
    found = mean_estimates(np.stack(list(columns.values()), axis=1), seed=SEED, resamples=RESAMPLES, paired=True)
    return dict(zip(columns, found, strict=True))


def _spread(name: str, found: Estimate) -> Row:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


# Debates


@cache
def _played(topology: str, rule: str, n: int, rounds: int) -> Played:
    return played(topology, RULES[rule], n, QUESTIONS[n], rounds)


def _debate_rows() -> Iterator[Row]:
    for (n, budget), rules in PLAYED.items():
        for rule in rules:
            yield from (_debate_row(topology, rule, n, budget) for topology in TOPOLOGIES)


def _debate_row(topology: str, rule: str, n: int, budget: str) -> Row:
    graphs = several(topology, n)
    rounds = rounds_for(graphs, n, budget)
    one = _played(topology, rule, n, rounds)
    found = _estimates(
        {
            "gain": one.team - one.vote,
            "drift": one.mean - one.single,
            "hub_gain": one.reader - one.team,
        }
    )
    led = leaders(topology, RULES[rule], n, rounds) if rule in LINEAR else None
    return {
        "n": n,
        "budget": budget,
        "rule": rule,
        "topology": topology,
        "density": graphs.density,
        "spectral_gap": graphs.spectral_gap,
        "rounds": rounds,
        "messages": rounds * graphs.edges,
        "calls": n * (rounds + 1),
        "single": float(one.single.mean()),
        "vote": float(one.vote.mean()),
        "team": float(one.team.mean()),
        **_spread("gain", found["gain"]),
        **_spread("drift", found["drift"]),
        "most_read": float(one.leader.mean()),
        "best_informed": float(one.reader.mean()),
        **_spread("hub_gain", found["hub_gain"]),
        "agreement_before": float(one.before.mean()),
        "agreement": float(one.agreement.mean()),
        "united": float(one.united.mean()),
        "leaders": None if led is None else led.size,
        "largest_weight": None if led is None else led.largest,
    }


def _density_rows(cells: Sequence[Row]) -> Iterator[Row]:
    for (n, budget), rules in PLAYED.items():
        for rule in rules:
            here = [row for row in cells if (row["n"], row["budget"], row["rule"]) == (n, budget, rule)]
            yield from _slopes(here, "density and gap", ("density", "spectral_gap"))
            if rule in LINEAR:
                yield from _slopes(here, "leaders", ("leaders",))


def _slopes(cells: Sequence[Row], model: str, predictors: Sequence[str]) -> Iterator[Row]:
    """Least squares over the topologies; the interval is over questions and topologies alike."""
    first = cells[0]
    gains = np.stack([one.team - one.vote for one in (_of(row) for row in cells)], axis=1)
    columns = np.array([[row[name] for name in predictors] for row in cells], np.float64)
    if model == "leaders":
        columns = np.log2(columns)
    known = np.column_stack([np.ones(len(cells)), columns])
    fit = np.linalg.lstsq(known, gains.mean(axis=0), rcond=None)[0]
    left = gains.mean(axis=0) - known @ fit
    r2 = 1 - float(left @ left) / float(np.square(gains.mean(axis=0) - gains.mean()).sum())
    drawn = resampled_means(gains, seed=SEED, resamples=RESAMPLES)
    chosen = keyed(SEED, "topologies", len(cells)).integers(0, len(cells), drawn.shape)
    again = np.full((RESAMPLES, known.shape[1]), np.nan)
    for at, (means, rows) in enumerate(zip(drawn, chosen, strict=True)):
        if np.linalg.matrix_rank(known[rows]) == known.shape[1]:
            again[at] = np.linalg.lstsq(known[rows], means[rows], rcond=None)[0]
    low, high = np.nanquantile(again, (0.025, 0.975), axis=0)
    for at, predictor in enumerate(predictors, start=1):
        yield {
            "n": first["n"],
            "budget": first["budget"],
            "rule": first["rule"],
            "model": model,
            "predictor": predictor,
            "value": fit[at],
            "low": low[at],
            "high": high[at],
            "r2": r2,
        }


def _of(row: Row) -> Played:
    return _played(row["topology"], row["rule"], row["n"], row["rounds"])


def _drift(cells: Sequence[Row]) -> Row:
    """Neutral rules leave every agent's accuracy where it was: how often an interval says otherwise."""
    neutral = [row for row in cells if row["rule"] in NEUTRAL]
    return {
        "cells": len(neutral),
        "outside": sum(not row["drift_low"] <= 0 <= row["drift_high"] for row in neutral),
        "largest": max(abs(row["drift"]) for row in neutral),
        "gain_worst": min(row["gain"] for row in neutral),
        "gain_best": max(row["gain"] for row in neutral),
        "vote_over_single": next(row["vote"] - row["single"] for row in cells if row["n"] == SMALL),
    }


# MacNet


@cache
def _ended(topology: str, n: int, rule: str = macnet.FAVOURED, executor: str = "waits for all") -> macnet.Ended:
    return macnet.ended(topology, n, rule, executor, HANDED)


def _macnet_rows() -> list[Row]:
    rows = [
        _macnet_row(topology, n, macnet.FAVOURED, executor)
        for executor in macnet.EXECUTORS
        for topology in macnet.GRAPHS
        for n in macnet.SIZES
    ]
    others = [rule for rule in macnet.RULES if rule != macnet.FAVOURED]
    return rows + [_macnet_row(topology, SMALL, rule, "waits for all") for rule in others for topology in macnet.GRAPHS]


def _macnet_row(topology: str, n: int, rule: str, executor: str) -> Row:
    one = _ended(topology, n, rule, executor)
    gain = _estimates({"gain": one.right - macnet.alone(HANDED)})["gain"]
    return {
        "rule": rule,
        "executor": executor,
        "topology": topology,
        "n": n,
        "calls": one.calls,
        "steps": one.steps,
        "behind": one.behind,
        "accuracy": float(one.right.mean()),
        **_spread("gain", gain),
    }


def _equal_call_rows() -> list[Row]:
    """The largest team of each graph that the calls of a mesh pay for, beside that mesh."""
    rows = []
    for n in (8, SMALL):
        mesh = _ended("mesh", n)
        for topology in macnet.GRAPHS:
            size = max(size for size in macnet.SIZES if _ended(topology, size).calls <= mesh.calls)
            one, same = _ended(topology, size), _ended(topology, n)
            found = _estimates({"by_calls": one.right - mesh.right, "by_agents": same.right - mesh.right})
            rows.append(
                {
                    "mesh": n,
                    "budget": mesh.calls,
                    "topology": topology,
                    "n": size,
                    "calls": one.calls,
                    "calls_at_equal_n": same.calls,
                    "accuracy": float(one.right.mean()),
                    **_spread("by_calls", found["by_calls"]),
                    **_spread("by_agents", found["by_agents"]),
                }
            )
    return rows


def _order_rows() -> list[Row]:
    """How far the published order of the graphs comes back, sixteen agents."""
    cases = [(rule, "waits for all") for rule in macnet.RULES] + [(macnet.FAVOURED, "as released")]
    return [_order_row(rule, executor) for rule, executor in cases]


def _order_row(rule: str, executor: str) -> Row:
    right = np.stack([_ended(topology, SMALL, rule, executor).right for topology in macnet.GRAPHS], axis=1)
    quality = np.array([macnet.PUBLISHED[topology] for topology in macnet.GRAPHS])
    drawn = resampled_means(right, seed=SEED, resamples=RESAMPLES)
    ranks = spearman(drawn.T, np.repeat(quality[:, None], RESAMPLES, axis=1))
    low, high = np.nanquantile(ranks, (0.025, 0.975))
    order = np.argsort(-right.mean(axis=0), kind="stable")
    found = _estimates({"random_layered": right[:, 0] - right[:, -1], "mesh_chain": right[:, 1] - right[:, 3]})
    return {
        "rule": rule,
        "executor": executor,
        "spearman": float(spearman(right.mean(axis=0), quality)),
        "spearman_low": low,
        "spearman_high": high,
        **_spread("random_layered", found["random_layered"]),
        "published_random_layered": macnet.PUBLISHED["random DAG"] - macnet.PUBLISHED["layered"],
        **_spread("mesh_chain", found["mesh_chain"]),
        "order": " > ".join(macnet.GRAPHS[at] for at in order),
    }


# The law


def _planted_rows() -> list[Row]:
    rows = []
    for height in curves.HEIGHTS:
        one = curves.recovered(height)
        chosen = {f"chosen_{name}": share for name, share in one.chosen.items()}
        rows.append(
            {
                "height": height,
                "middle": one.middle,
                "low": one.low,
                "high": one.high,
                "below": curves.PLANTED["gamma"] - one.low,
                "above": one.high - curves.PLANTED["gamma"],
                **chosen,
            }
        )
    return rows


def _fit_rows() -> Iterator[Row]:
    """The families on measured curves; what questions are hard is known in these worlds, and taken off before."""
    alone = macnet.alone(HANDED)
    for topology in ("chain", "mesh"):
        gains = np.stack([_ended(topology, n).right - alone for n in macnet.SIZES], axis=1)
        drawn = alone.mean() + resampled_means(gains, seed=SEED, resamples=curves.DATA_SETS)
        found = curves.fitted(curves.SIZES, alone.mean() + gains.mean(axis=0), drawn)
        best = min(one.aicc for one in found)
        for one in found:
            yield {
                "topology": topology,
                "family": one.family,
                "delta": one.aicc - best,
                "r2": one.r2,
                "middle": one.middle,
                "low": one.low,
                "high": one.high,
            }


def _answers(density: Sequence[Row]) -> list[Row]:
    shared = {"form": "points", "measured": "simulator, known truth"}
    slopes = {
        budget: next(
            row
            for row in density
            if (row["n"], row["budget"], row["rule"], row["predictor"])
            == (SMALL, budget, "copy, truth favoured", "density")
        )
        for budget in BUDGETS
    }

    def told(row: Row) -> str:
        if row["low"] <= 0 <= row["high"]:
            return "no slope outside its noise"
        return "denser is better" if row["value"] > 0 else "denser is worse"

    return [
        {
            "question": f"Does a denser graph help a debate, at equal {budget}?",
            "answer": f"Where truth persuades: {told(slopes[budget])}. Where it does not, no graph moves the mean",
            **{key: slopes[budget][key] for key in ("value", "low", "high")},
            **shared,
        }
        for budget in BUDGETS
    ]
