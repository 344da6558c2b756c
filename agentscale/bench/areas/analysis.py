"""The array layer of analysis: K* in batches and the bootstrap, beside what one would write first.

Vectors are float32 of 384 dimensions, 16 to a question, with equal correlations: like the texts of a team.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from agentscale.analysis import bootstrap_means, effective_channels
from agentscale.bench.goals import Goal, Measure, Result, cpu_us
from agentscale.bench.measuring import Contender, Cost, once, side_by_side
from agentscale.bench.setting import Setting
from agentscale.randomness import keyed

Floats = NDArray[np.floating]
AGENTS, DIMENSIONS, WIDE = 16, 384, 4096
RESAMPLES, CURVES = 2000, 64
WHOLE = 10_000
"""Questions that the goals speak of."""


def run(setting: Setting) -> Result:
    """Measures the area, with one thread of BLAS: what several threads save on the clock they cost in CPU time."""
    with threadpool_limits(1):
        parts = [_k_star(setting), _whole(setting), _bootstrap(setting)]
    measures = [measure for more, _ in parts for measure in more]
    return Result("analysis", measures, [goal for _, more in parts for goal in more])


def vectors(questions: int, dimensions: int) -> Floats:
    """Shape (questions, 16, dimensions), float32: a common part and one's own."""
    rng = keyed(7, "bench", "vectors", dimensions)
    own = rng.standard_normal((questions, AGENTS, dimensions), dtype=np.float32)
    return np.asarray(own + rng.standard_normal((questions, 1, dimensions), dtype=np.float32))


def by_rows(rows: Floats) -> float:
    """K* of one question, as one would write it: unit rows, Gram matrix, eigenvalues; in float64 too."""
    unit = _unit(rows)
    return _effective(np.linalg.eigvalsh(unit @ unit.T / len(unit)))


def by_columns(rows: Floats) -> float:
    """K* of one question by the d × d matrix, as its definition writes it."""
    unit = _unit(rows)
    return _effective(np.linalg.eigvalsh(unit.T @ unit / len(unit)))


def one_by_one(z: Floats, k_star: Callable[[Floats], float] = by_rows) -> int:
    """K* by a loop over questions."""
    return len([k_star(rows) for rows in z])


def batched(z: Floats) -> int:
    """K* by agentscale."""
    return int(effective_channels(z).size)


def _unit(rows: Floats) -> Floats:
    wide = rows.astype(np.float64)
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True))


def _effective(eigenvalues: Floats) -> float:
    positive = eigenvalues[eigenvalues > 1e-12]
    return float(np.exp(-(positive * np.log(positive)).sum()))


def _k_star(setting: Setting) -> tuple[list[Measure], list[Goal]]:
    z = vectors(setting.size(2000, 500), DIMENSIONS)
    contenders: dict[str, Contender] = {"batched": partial(batched, z), "loop": partial(one_by_one, z)}
    if importlib.util.find_spec("vendi_score"):
        contenders["vendi-score"] = partial(_by_vendi, z[:200])
    costs = side_by_side(contenders, 5)
    costs["d x d, d = 384"] = once(partial(one_by_one, z[: setting.size(20, 5)], by_columns))
    if not setting.quick:
        wide = vectors(16, WIDE)
        costs["batched, d = 4,096"] = side_by_side({"wide": partial(batched, wide)}, 3)["wide"]
        costs["d x d, d = 4,096"] = once(partial(one_by_one, wide[:1], by_columns))
    goals = [
        Goal.at_least("loop / batched K*", _ratio(costs, "loop", "batched"), 1.7, "a loop over questions, n = 16"),
        Goal.at_least("vendi-score / batched", _ratio(costs, "vendi-score", "batched"), 15.0, "vendi-score's score_X"),
        Goal.at_least("d x d / batched at 384", _ratio(costs, "d x d, d = 384", "batched"), 200.0, "the d x d route"),
        Goal.at_least(
            "d x d / batched at 4,096",
            _ratio(costs, "d x d, d = 4,096", "batched, d = 4,096"),
            10_000.0,
            "the d x d route",
        ),
    ]
    return [cpu_us(f"K*, {name}", cost, "question") for name, cost in costs.items()], goals


def _by_vendi(z: Floats) -> int:
    vendi = importlib.import_module("vendi_score.vendi")
    for rows in z:
        vendi.score_X(rows)
    return len(z)


def _ratio(costs: dict[str, Cost], dear: str, cheap: str) -> float | None:
    return costs[dear].cpu_s / costs[cheap].cpu_s if dear in costs and cheap in costs else None


def _whole(setting: Setting) -> tuple[list[Measure], list[Goal]]:
    """10,000 questions × 16 × 384: K*, then K* and accuracy with their intervals, in one go."""
    z = vectors(setting.size(WHOLE, WHOLE // 5), DIMENSIONS)
    right = keyed(7, "bench", "right").random(len(z)) < 0.7
    contenders: dict[str, Contender] = {"alone": partial(batched, z), "intervals": partial(_in_one_go, z, right)}
    costs = side_by_side(contenders, 3)
    k_star, in_one_go = (costs[name].cpu_s * WHOLE for name in contenders)
    note = "" if len(z) == WHOLE else f"scaled up from {len(z):,} questions"
    measures = [
        Measure("K* of 10,000 questions x 16 x 384", k_star, "s CPU", note),
        Measure("the same with 2,000 resamples of K* and accuracy", in_one_go, "s CPU", note),
    ]
    return measures, [Goal.at_most("K* of 10,000 questions, s CPU", k_star, 0.3, "one thread of BLAS")]


def _in_one_go(z: Floats, right: NDArray[np.bool_]) -> int:
    found = bootstrap_means(np.column_stack([effective_channels(z), right]), seed=7, resamples=RESAMPLES)
    return int(found.n_items[0])


def _bootstrap(setting: Setting) -> tuple[list[Measure], list[Goal]]:
    """Cost of a resample of 64 curves over 10,000 questions."""
    values = keyed(7, "bench", "curves").random((WHOLE, CURVES))
    resamples = setting.size(RESAMPLES, RESAMPLES // 4)
    contenders: dict[str, Contender] = {
        "bootstrap": partial(_by_weights, values, resamples),
        "naive gather": partial(_by_gather, values, 40),
    }
    costs = side_by_side(contenders, 3)
    measures = [cpu_us(f"{name}, 64 curves x 10,000 questions", cost, "resample") for name, cost in costs.items()]
    ratio = costs["naive gather"].cpu_s / costs["bootstrap"].cpu_s
    return measures, [Goal.at_least("naive gather / bootstrap", ratio, 15.0, "values[indices].mean(0), one at a time")]


def _by_weights(values: Floats, resamples: int) -> int:
    bootstrap_means(values, seed=7, resamples=resamples)
    return resamples


def _by_gather(values: Floats, resamples: int) -> int:
    rng = keyed(7, "bench", "gather")
    means = [values[rng.integers(0, len(values), len(values))].mean(axis=0) for _ in range(resamples)]
    np.quantile(means, (0.025, 0.975), axis=0)
    return resamples
