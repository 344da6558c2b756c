"""Is a constant rate of slips enough for networks of agents to fail as they grow?

    python results/derive.py networks

Players who know the best rule slip at a constant rate, at five problems, on graphs of three generators and on rings.
Laws that are fitted on small networks forecast large ones.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import Any

import altair as alt
import numpy as np
from laws import LAWS, RESAMPLES, Fit, fit, log_loss
from plays import GENERATORS, ONE_NAME, RING, Play, Player, plays
from real import real_rows
from writing import data, write_figure, write_table

from agentscale.analysis import bootstrap_means
from agentscale.analysis.headroom import headroom
from agentscale.environments.network.problems import PROBLEMS

GRAPHS = range(10)
SIZES = (4, 8, 16, 32, 64, 100)
FITTED = (4, 8, 16)
BEYOND = (200,)
MIDDLE = 0.05
SLIPS = {"slips_seldom": 0.02, "slips": MIDDLE, "slips_often": 0.1}
PARTS = ("slips", "messages", "later", "answers", "repeated")
PLAYERS = (
    *(Player(name, slip) for name, slip in SLIPS.items()),
    Player("messages", MIDDLE, "messages"),
    Player("later", MIDDLE, "later"),
    Player("answers", MIDDLE, "answers"),
    Player("repeated", MIDDLE, "messages", repeats=True),
    Player("guesses", 1.0),
    Player("habit", 0.0, "habit"),
    Player("silent", 0.0, "silence"),
)
RARE = (Player("slips_rarely", 0.01),)
"""For networks beyond those of the other tables: a rate that no law was fitted on."""

Row = dict[str, Any]


def derive(source: Path, out: Path) -> None:
    """Plays all networks, and writes all tables and figures."""
    on_rings = [player for player in PLAYERS if player.name in PARTS]
    drawn = list(plays(GRAPHS, SIZES, tuple(PROBLEMS), PLAYERS, GENERATORS))
    ring = list(plays(GRAPHS, SIZES, ("coloring", "leader_election"), on_rings, RING))
    beyond = list(plays(GRAPHS, BEYOND, ONE_NAME, RARE, GENERATORS))
    publish(source, out, drawn, ring, beyond)


def publish(source: Path, out: Path, drawn: Sequence[Play], ring: Sequence[Play], beyond: Sequence[Play]) -> None:
    """Writes what was played: on the drawn graphs, on rings, and on graphs beyond the sizes of the other tables."""
    fits, real = fitted(drawn), real_rows(source / "recordings" / "small")
    sized = by_size([*drawn, *over_problems(drawn)])
    split = [{"graphs_of": "generators", **row} for row in by_size(p for p in drawn if p.player in PARTS)]
    split += [{"graphs_of": "ring", **row} for row in by_size(ring)]
    ahead = forecasts(fits, [*(p for p in drawn if p.player in SLIPS and p.n not in FITTED), *beyond])
    tables: dict[str, Sequence[Row]] = {
        "design": [design()],
        "sizes": sized,
        "parts": split,
        "laws": tried(fits, drawn, ahead),
        "forecasts": ahead,
        "published": explained(source, fits),
        "real": real,
        "answer": [*answers(sized), real_answer(real)],
    }
    for name, rows in tables.items():
        write_table(out, name, rows)
    write_figure(out, "solved", *solved_charts(sized, fits), columns=3)
    write_figure(out, "parts", *part_charts(split), columns=2)


def design() -> Row:
    """Sizes, rates and what can be seen with so many graphs."""
    pooled = len(GRAPHS) * len(GENERATORS)
    half = headroom(pooled // 2, pooled)
    return {
        "graphs": len(GRAPHS),
        "generators": len(GENERATORS),
        "pooled": pooled,
        "half_width": (half.high - half.low) / 2,
        "problems": len(PROBLEMS),
        "smallest": SIZES[0],
        "small": FITTED[-1],
        "held": SIZES[len(FITTED)],
        "largest": SIZES[-1],
        "beyond": BEYOND[-1],
        "resamples": RESAMPLES,
        **SLIPS,
        **{player.name: player.slip for player in RARE},
    }


def over_problems(drawn: Iterable[Play]) -> Iterator[Play]:
    """The plays of all problems under the name ``all``: what they solved of all is counted over plays."""
    return (play._replace(problem="all") for play in drawn)


def by_size(drawn: Iterable[Play]) -> list[Row]:
    """Share solved and mean score by problem, player and size, with intervals over graphs.

    Of ``all`` problems a graph counts as one, with the share that it solved.
    """
    return [row for n, group in _groups(drawn, lambda play: play.n) for row in _at_one_size(n, group)]


def _at_one_size(n: int, group: Sequence[Play]) -> Iterator[Row]:
    columns = _groups(group, lambda play: (play.problem, play.player))
    cells = [_groups(there, lambda play: (play.topology, play.graph)) for _, there in columns]
    solved = np.array([[fmean(p.solved for p in cell) for _, cell in column] for column in cells])
    score = np.array([[fmean(p.score for p in cell) for _, cell in column] for column in cells])
    found = bootstrap_means(np.vstack([solved, score]).T, seed=0, task=str(n))
    for at, ((problem, player), _) in enumerate(columns):
        ends = {"solved": found.value[at], "solved_low": found.low[at], "solved_high": found.high[at]}
        if problem != "all":  # a graph is solved or not
            counted = headroom(round(solved[at].sum()), solved.shape[1])
            ends |= {"solved_low": float(counted.low), "solved_high": float(counted.high)}
        at += len(columns)
        ends |= {"score": found.value[at], "score_low": found.low[at], "score_high": found.high[at]}
        yield {"problem": problem, "player": player, "n": n, "graphs": solved.shape[1], **ends}


def fitted(drawn: Sequence[Play]) -> dict[tuple[str, str], Fit]:
    """All laws of all problems, from small networks."""
    small = [play for play in drawn if play.player in SLIPS and play.n in FITTED]
    return {
        (problem, law): fit(problem, law, [play for play in small if play.problem == problem])
        for problem in PROBLEMS
        for law in LAWS
    }


def forecasts(fits: Mapping[tuple[str, str], Fit], large: Sequence[Play]) -> list[Row]:
    """What every law forecast for networks that it was not fitted on, beside what came."""
    rows = []
    for (problem, player, n), group in _groups(large, lambda play: (play.problem, play.player, play.n)):
        counted = headroom(sum(play.solved for play in group), len(group))
        chances = {law: fmean(fits[problem, law].chance(play) for play in group) for law in LAWS}
        solved, low, high = float(counted.accuracy), float(counted.low), float(counted.high)
        ends = {"solved": solved, "solved_low": low, "solved_high": high}
        rows.append({"problem": problem, "player": player, "slip": group[0].slip, "n": n, **ends, **chances})
    return rows


def tried(fits: Mapping[tuple[str, str], Fit], drawn: Sequence[Play], ahead: Sequence[Row]) -> list[Row]:
    """Every law: θ by problem, how far off its forecasts are, and how far off a true law's would be by chance.

    ``worse`` is by how many nats a play its forecasts are worse than those of the law of agents, over graphs.
    """
    rows = []
    large = [play for play in drawn if play.player in SLIPS and play.n not in FITTED]
    loss = {law: _losses([fits[problem, law] for problem in PROBLEMS], large) for law in LAWS}
    for law in LAWS:
        worse = bootstrap_means((loss[law] - loss["agents"])[:, None], seed=0)
        for problem in (*PROBLEMS, "all"):
            there = [row for row in ahead if problem in (row["problem"], "all") and row["player"] in SLIPS]
            one = fits.get((problem, law))
            misses = [row[law] - row["solved"] for row in there]
            noise = [0.8 * (row[law] * (1 - row[law]) / (len(GRAPHS) * len(GENERATORS))) ** 0.5 for row in there]
            rows.append(
                {
                    "problem": problem,
                    "law": law,
                    "theta": one and one.theta,
                    "theta_low": one and one.low,
                    "theta_high": one and one.high,
                    "cells": len(there),
                    "error": fmean(map(abs, misses)),
                    "by_chance": fmean(noise),
                    "bias": fmean(misses),
                    "worse": worse.value[0] if problem == "all" else None,
                    "worse_low": worse.low[0] if problem == "all" else None,
                    "worse_high": worse.high[0] if problem == "all" else None,
                }
            )
    return rows


def _losses(laws: Sequence[Fit], large: Sequence[Play]) -> np.ndarray:
    """Mean log loss of every graph over its plays at all problems."""
    by_problem = {law.problem: law for law in laws}
    groups = _groups(large, lambda play: (play.n, play.topology, play.graph))
    return np.array([fmean(log_loss(by_problem[play.problem], play) for play in group) for _, group in groups])


def explained(source: Path, fits: Mapping[tuple[str, str], Fit]) -> list[Row]:
    """Which constant rate gives a published mean over small networks, and what it then leaves of the largest.

    The published figures are read from a file that says how far they are confirmed.
    """
    rows = []
    with (source / "published.csv").open(newline="", encoding="utf-8") as file:
        published = list(csv.DictReader(file))
    thetas = np.array([[fits[problem, "agents"].theta, *fits[problem, "agents"].drawn] for problem in PROBLEMS])
    slips = np.geomspace(1e-3, 0.5, 600)
    for line in published:
        small = np.mean([np.exp(-np.multiply.outer(thetas, slips) * n) for n in FITTED], axis=(0, 1))
        slip = slips[np.argmin(np.abs(small - float(line["small"])), axis=1)]
        large = np.exp(-thetas * slip * SIZES[-1]).mean(axis=0)
        low, high = np.quantile(slip[1:], [0.025, 0.975])
        large_low, large_high = np.quantile(large[1:], [0.025, 0.975])
        rows.append(
            {
                "system": line["system"],
                "small": float(line["small"]),
                "confirmed": line["confirmed"],
                "slip": slip[0],
                "slip_low": low,
                "slip_high": high,
                "large": large[0],
                "large_low": large_low,
                "large_high": large_high,
            }
        )
    return rows


def answers(sized: Sequence[Row]) -> list[Row]:
    """The headline."""
    largest = next(row for row in sized if (row["problem"], row["player"], row["n"]) == ("all", "slips", SIZES[-1]))
    return [
        {
            "question": "Is a constant rate of slips enough for networks of agents to fail as they grow?",
            "answer": "Yes: players who solve most small networks solve next to none of the largest.",
            "value": largest["solved"],
            "low": largest["solved_low"],
            "high": largest["solved_high"],
            "form": "percent",
            "measured": "scripted players that slip, five problems on drawn graphs",
        }
    ]


def real_answer(real: Sequence[Row]) -> Row:
    """The headline of the real model."""
    whole = real[-1]
    return {
        "question": "Does a small real model solve the smallest networks by messages?",
        "answer": "Seldom" if whole["high"] < 0.5 else "No clear answer from so few plays",
        **{key: whole[key] for key in ("value", "low", "high")},
        "form": "percent",
        "measured": "one real model on a CPU, three problems on two graphs",
    }


def _groups(items: Iterable[Any], key: Any) -> list[tuple[Any, list[Any]]]:
    """The items by key, in the order in which keys first come."""
    listed = list(items)
    first = {k: at for at, k in reversed(list(enumerate(map(key, listed))))}
    ordered = sorted(listed, key=lambda item: first[key(item)])
    return [(k, list(group)) for k, group in groupby(ordered, key)]


def solved_charts(sized: Sequence[Row], fits: Mapping[tuple[str, str], Fit]) -> list[alt.LayerChart]:
    """One chart a problem: what was solved by size and rate, over the law that was fitted on small networks."""
    charts = []
    for problem in PROBLEMS:
        rows = [
            row | {"rate": _rate(row["player"])}
            for row in sized
            if row["problem"] == problem and row["player"] in SLIPS
        ]
        law = [
            {"n": n, "rate": _rate(name), "solved": float(np.exp(-fits[problem, "agents"].theta * slip * n))}
            for name, slip in SLIPS.items()
            for n in range(SIZES[0], SIZES[-1] + 1, 2)
        ]
        x = alt.X("n:Q", title="agents", scale=alt.Scale(type="log", base=2), axis=alt.Axis(values=list(SIZES)))
        y = alt.Y("solved:Q", title="solved", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5))
        order = [_rate(name) for name in SLIPS]
        colour = alt.Color("rate:N", title="actions that slip", sort=order)
        dots = alt.Chart(data(rows))
        charts.append(
            alt.layer(
                alt.Chart(data(law)).mark_line(strokeWidth=1.2).encode(x, y, colour),
                dots.mark_rule(opacity=0.6).encode(x, alt.Y("solved_low:Q"), alt.Y2("solved_high"), colour),
                dots.mark_point().encode(x, y, colour, alt.Shape("rate:N", sort=order, legend=None)),
            ).properties(width=170, height=150, title=problem.replace("_", " "))
        )
    return charts


def _rate(player: str) -> str:
    return f"{SLIPS[player]:.0%}"


def part_charts(split: Sequence[Row]) -> list[alt.LayerChart]:
    """Which slips matter: one problem of all names and one of the first name, over drawn graphs and over rings."""
    charts = []
    named = {
        "slips": "all actions",
        "messages": "all messages",
        "later": "messages after the first",
        "answers": "answers",
        "repeated": "messages, but all is repeated",
    }
    for problem in ("coloring", "leader_election"):
        for graphs_of, title in (("generators", "drawn graphs"), ("ring", "rings")):
            rows = [
                row | {"where": named[row["player"]]}
                for row in split
                if (row["problem"], row["graphs_of"]) == (problem, graphs_of)
            ]
            x = alt.X("n:Q", title="agents", scale=alt.Scale(type="log", base=2), axis=alt.Axis(values=list(SIZES)))
            y = alt.Y(
                "solved:Q", title="solved", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5)
            )
            colour = alt.Color("where:N", title="what slips", sort=list(named.values()), legend=alt.Legend(columns=3))
            shape = alt.Shape("where:N", sort=list(named.values()), legend=None)
            dots = alt.Chart(data(rows))
            charts.append(
                alt.layer(
                    dots.mark_line().encode(x, y, colour),
                    dots.mark_rule(opacity=0.5).encode(x, alt.Y("solved_low:Q"), alt.Y2("solved_high"), colour),
                    dots.mark_point().encode(x, y, colour, shape),
                ).properties(width=270, height=190, title=f"{problem.replace('_', ' ')}, {title}")
            )
    return charts
