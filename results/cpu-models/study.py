"""Four small models of three families on a CPU: should one add agents, or different ones?

    python results/derive.py cpu-models

Votes of every team come from one pool of recorded replicates of each configuration (a model, plain or with a persona),
exactly, as means over all sub-teams; teams that talk come from debates of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import altair as alt
import numpy as np
from channels import EMBEDDED, channel_rows, embedder_rows
from debates import debate_rows
from extrapolation import extrapolation_rows
from numpy.typing import NDArray
from pages import standing
from pool import TASKS, Pool, read_pool
from temperature import temperature_rows
from writing import data, write_figure, write_report, write_table

import agentscale
from agentscale.analysis import bootstrap_means, detectable_delta, paired_delta
from agentscale.api import Run

Row = dict[str, Any]
SEED, POWER, LEVEL = 1, 0.8, 0.95
REPORTED = ("votes-sums", "debates")
SIXTEEN = Path("two-against-sixteen") / "recordings" / "sums"
"""Sixteen copies of three of the models, recorded for the neighbouring study."""


def derive(source: Path, out: Path) -> None:
    """Writes all tables and figures from the recordings."""
    with TemporaryDirectory() as folder:
        runs = {
            name.name: agentscale.replay(name, out=Path(folder) / name.name)
            for name in sorted((source / "recordings").iterdir())
        }
        sixteen = agentscale.replay(source.parent / SIXTEEN, out=Path(folder) / "sixteen")
        pools = [read_pool(task, runs[f"votes-{task}"]) for task in TASKS]
        votes = [row for pool in pools for row in vote_rows(pool)]
        deltas = [row for pool in pools for row in delta_rows(pool)]
        channels = [row for pool in pools for row in channel_rows(pool)]
        debates = list(debate_rows(runs["debates"]))
        tables = {
            "design": [*map(design_row, pools)],
            "settings": settings_rows(pools[0], runs["temperature"]),
            "calls": calls_rows(runs.values()),
            "singles": [row for pool in pools for row in single_rows(pool)],
            "votes": votes,
            "deltas": deltas,
            "channels": channels,
            "embedders": embedder_rows(channels),
            "debates": debates,
            "extrapolation": list(extrapolation_rows(sixteen)),
            "temperature": list(temperature_rows(pools[0], runs["temperature"])),
            "answer": answer_rows(deltas),
        }
    for name, rows in tables.items():
        write_table(out, name, rows)
    write_figure(out, "votes", *(vote_chart(task, votes) for task in TASKS), columns=3)
    write_figure(out, "channels", *(channel_chart(task, channels) for task in TASKS), columns=3)


def report(source: Path, out: Path) -> None:
    """Writes the report pages of the votes on sums and of the debates."""
    with TemporaryDirectory() as folder:
        for name in REPORTED:
            run = agentscale.replay(source / "recordings" / name, out=Path(folder) / name)
            write_report(out / "pages" / f"{name}.html", run)


def design_row(pool: Pool) -> Row:
    """What was asked of a task, and the smallest difference that so many questions show."""
    copies = pool.copies
    spread = float(np.abs(pool.same_layer("L3", 4) - pool.same_layer("L1", copies)).mean())
    return {
        "task": pool.task,
        "questions": len(pool.questions),
        "models": len(pool.models),
        "configurations": len(pool.configs),
        "copies": copies,
        "chance": pool.chance,
        "discordance": spread,
        "detectable": detectable_delta(len(pool.questions), spread, power=POWER),
    }


def settings_rows(pool: Pool, cold: Run) -> list[Row]:
    """What holds for all: decoding, the level of intervals, and the power that detectable differences have."""
    sampling, colder = (run.header.cells[0].team.agents[0].sampling for run in (pool.run, cold))
    return [
        {"key": "temperature", "value": sampling.temperature},
        {"key": "cold", "value": colder.temperature},
        {"key": "max_tokens", "value": sampling.max_tokens},
        {"key": "power", "value": POWER},
        {"key": "level", "value": LEVEL},
    ]


def calls_rows(runs: Iterable[Run]) -> list[Row]:
    """Calls of every recording, and of all."""
    counts = [(run.header.name, len(run.folder.recording())) for run in runs]
    return [{"run": name, "calls": count} for name, count in [*counts, ("all", sum(count for _, count in counts))]]


def single_rows(pool: Pool) -> Iterator[Row]:
    """Every configuration alone."""
    for config in pool.configs:
        found = bootstrap_means(pool.right({config: 1})[:, None], seed=SEED, task=pool.task)
        at = pool.configs.index(config)
        yield {
            "task": pool.task,
            "model": config.split("/")[0],
            "persona": config.split("/")[1],
            **_interval(found),
            "unread": float(pool.law.pilot.missing[:, at].sum() / pool.law.pilot.recorded[:, at].sum()),
        }


def vote_rows(pool: Pool) -> Iterator[Row]:
    """Vote accuracy of the four layers by size; L1 also by model."""
    for layer, size in pool.teams:
        yield {"task": pool.task, "layer": layer, "model": "", "n": size} | _of(pool, pool.same_layer(layer, size))
    for model in pool.models:
        for size in range(1, pool.copies + 1):
            right = pool.right({f"{model}/-": size})
            yield {"task": pool.task, "layer": "L1", "model": model, "n": size} | _of(pool, right)


def delta_rows(pool: Pool) -> Iterator[Row]:
    """Paired differences of teams, over the questions of a task."""
    copies = pool.copies
    best = max(pool.models, key=lambda model: float(np.mean(pool.right({f"{model}/-": 1}))))
    arms = {
        **{f"{layer} × {size}": pool.same_layer(layer, size) for layer, size in pool.teams},
        "best × 1": pool.right({f"{best}/-": 1}),
        f"best × {copies}": pool.right({f"{best}/-": copies}),
    }
    largest = pool.sizes("L3")[-1]
    pairs = [
        ("more alike", f"L1 × {copies}", "L1 × 1"),
        ("more mixed", f"L3 × {largest}", "L3 × 4"),
        ("mixed", "L3 × 4", f"L1 × {copies}"),
        ("mixed, two", "L3 × 2", "L1 × 2"),
        ("two mixed, most alike", "L3 × 2", f"L1 × {copies}"),
        ("most mixed, best alone", f"L3 × {largest}", "best × 1"),
        ("most mixed, best", f"L3 × {largest}", f"best × {copies}"),
        ("personas", "L2 × 2", "L1 × 2"),
        ("personas in the mix", "L4 × 8", "L3 × 8"),
    ]
    for what, one, other in pairs:
        if one in arms and other in arms:
            found = paired_delta(arms[one], arms[other], seed=SEED, task=pool.task)
            yield {
                "task": pool.task,
                "what": what,
                "a": one,
                "b": other,
                "best": best if "best" in other else "",
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "n_items": found.n_items,
            }


def answer_rows(deltas: list[Row]) -> list[Row]:
    """The headlines of the front page: mixed teams against the average of the alike, and against the best member."""
    said = [
        ("sums", "mixed", "Beside the average of as many alike, on sums: {how}"),
        ("sums", "most mixed, best", "Beside copies of the best member, on sums: {how}"),
        ("sequences", "most mixed, best", "Beside copies of the best member, on sequences: {how}"),
    ]
    rows = {(row["task"], row["what"]): row for row in deltas}
    return [
        {
            "question": "Does mixing four small models help their vote?",
            "answer": text.format(how=standing(rows[task, what]["low"], rows[task, what]["high"])),
            **{key: rows[task, what][key] for key in ("value", "low", "high")},
            "form": "points",
            "measured": "four real models of three families on a CPU",
        }
        for task, what, text in said
    ]


def _of(pool: Pool, right: NDArray[np.float64]) -> Row:
    return _interval(bootstrap_means(right[:, None], seed=SEED, task=pool.task))


def _interval(found: Any) -> Row:
    return {"value": float(found.value[0]), "low": float(found.low[0]), "high": float(found.high[0])}


def vote_chart(task: str, votes: list[Row]) -> alt.LayerChart:
    """Accuracy against agents, a line a layer, with intervals."""
    rows = [row for row in votes if row["task"] == task and not row["model"]]
    base = alt.Chart(data(rows), title=task, width=190, height=190).encode(
        x=alt.X("n:Q", title="agents", scale=alt.Scale(type="log", base=2), axis=alt.Axis(values=[1, 2, 4, 8, 16])),
        color=alt.Color("layer:N", title=None),
    )
    y = alt.Y("value:Q", title="vote accuracy", axis=alt.Axis(format="%"))
    ends = base.mark_rule(opacity=0.5).encode(alt.Y("low:Q"), alt.Y2("high:Q"))
    points = base.mark_point().encode(y, shape=alt.Shape("layer:N", legend=None))
    return ends + base.mark_line().encode(y) + points


def channel_chart(task: str, channels: list[Row]) -> alt.LayerChart:
    """Accuracy against K* of teams of four by the first embedder; teams of one model are named."""
    rows = [row for row in channels if row["task"] == task and row["embedder"] == EMBEDDED[0] and row["n"] == 4]
    named = [row for row in rows if row["layer"] == "L1"]
    x = alt.X("k_star:Q", title="K*", scale=alt.Scale(zero=False))
    y = alt.Y("accuracy:Q", title="vote accuracy", axis=alt.Axis(format="%"))
    points = alt.Chart(data(rows), title=task, width=190, height=190).mark_point().encode(
        x, y, color=alt.Color("layer:N", title=None), shape=alt.Shape("layer:N", title=None)
    )
    names = alt.Chart(data(named)).mark_text(align="left", dx=7, dy=10).encode(x, y, text="label:N")
    return points + names
