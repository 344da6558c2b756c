"""When do races of votes make long chains reliable? MAKER's laws beside simulated chains and real models.

    python results/derive.py reliability

Every chain is a Tower of Hanoi whose steps are settled by ahead-by-k. Simulated samples have chances that are known, so
the laws of `agentscale.analysis.races` can be held against what comes of them; real models were asked for
whole steps and for the one letter that is left of a step, and their recordings are replayed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import altair as alt
import measured
import numpy as np
import simulated
from scipy.stats import norm
from simulated import Row
from writing import data, write_figure, write_report, write_table

import agentscale

LEADS = range(1, 11)


def derive(source: Path, out: Path) -> None:
    """Writes the tables, figures and reports from the experiment files and recordings of ``source``."""
    with tempfile.TemporaryDirectory() as folder:
        walked = agentscale.run(source / "experiments" / "chains.yaml", out=Path(folder) / "chains")
        tables = simulation(list(measured.chains(walked)))
        write_report(out / "reports" / f"{walked.header.name}.html", walked)
        letters = kept(source, "letters", Path(folder), out)
        whole = kept(source, "steps", Path(folder), out)
    of_chain = measured.letters_of(source / "experiments" / "letters")
    tables["real_chains"] = list(measured.real_chains(letters, of_chain))
    tables["real_pilots"] = list(measured.real_pilots(letters))
    tables["real_letters"] = by_letter(letters)
    models = [*(each.row("letters") for each in letters), *(each.row("steps") for each in whole)]
    tables |= {"real_models": models, "design": [design(tables, models)]}
    tables["answer"] = answers(tables)
    for name, rows in tables.items():
        write_table(out, name, rows)
    write_figure(out, "hard-steps", *hard_step_panels(tables["hard_steps"]))
    write_figure(out, "real-letters", *letter_panels(tables["real_letters"]), columns=3)


def kept(source: Path, name: str, folder: Path, out: Path) -> list[measured.Asked]:
    """What the models of a recording said, replayed; its page is kept."""
    run = agentscale.replay(source / "recordings" / name, out=folder / name)
    write_report(out / "reports" / f"{run.header.name}.html", run)
    return measured.asked(run)


def simulation(chains: list[Row]) -> dict[str, list[Row]]:
    """All tables of simulated samples."""
    hard = list(simulated.hard_steps(LEADS))
    asked_for = next(row["k"] for row in hard if row["law"] >= simulated.TARGET)
    return {
        "chains": chains,
        "independent": list(simulated.independent()),
        "rivals": list(simulated.rivals()),
        "hard_steps": hard,
        "flags": list(simulated.flags(asked_for)),
        "pilots": list(simulated.pilots()),
        "tower": list(simulated.tower()),
    }


def by_letter(models: list[measured.Asked]) -> list[Row]:
    """The share of right samples of every model at every letter."""
    return [
        {"model": each.model, "temperature": each.temperature, "letter": at, "value": float(share)}
        for each in models
        for at, share in zip(each.ids, each.shares(), strict=True)
    ]


def detectable_share(items: int) -> float:
    """How far from one half a share of so many items must lie to be told from it with a power of eight in ten.

    The normal approximation: (z of the level + z of the power) √(¼ / items).
    """
    return float((norm.ppf(0.975) + norm.ppf(0.8)) * np.sqrt(0.25 / items))


def design(tables: dict[str, list[Row]], models: list[Row]) -> Row:
    """Sizes of everything, and the lead that the law asks for where steps are alike."""
    hard, alike = tables["hard_steps"], tables["independent"]
    return {
        "races": simulated.RACES,
        "cells": len(alike),
        "beyond": sum(abs(row["z"]) > 1.96 for row in alike),
        "by_chance": 0.05 * len(alike),
        "steps": simulated.STEPS,
        "chains": simulated.CHAINS,
        "mean": simulated.MEAN,
        "hard": simulated.HARD,
        "target": simulated.TARGET,
        "k": next(row["k"] for row in hard if row["law"] >= simulated.TARGET),
        "k_large": max(row["k"] for row in hard),
        "flagged_steps": simulated.FLAGGED_STEPS,
        "pilots": simulated.PILOTS,
        "pilot_mean": simulated.PILOT_MEAN,
        "per_step": simulated.PER_STEP,
        "disks": simulated.TOWER,
        "walker_right": measured.WALKED["right"],
        "walker_valid": measured.WALKED["valid"],
        "letters": next(row["questions"] for row in models if row["grain"] == "letters"),
        "whole_steps": next(row["questions"] for row in models if row["grain"] == "steps"),
        "copies": max(row["samples"] for row in models if row["grain"] == "letters"),
        "copies_cold": min(row["samples"] for row in models if row["grain"] == "letters"),
        "copies_whole": max(row["samples"] for row in models if row["grain"] == "steps"),
        "shown": detectable_share(next(row["questions"] for row in models if row["grain"] == "letters")),
        "models": len({row["model"] for row in models}),
        "calls": sum(row["questions"] * row["samples"] for row in models),
        "guess": 1 / 3,
        "half": 0.5,
        "level": 0.95,
    }


def answers(tables: dict[str, list[Row]]) -> list[Row]:
    """The lines of the front page: the chain with a few hard steps at the lead that the law asks for; real models."""
    k = tables["design"][0]["k"]
    chain = next(row for row in tables["hard_steps"] if (row["hard"], row["k"]) == (1, k))
    best = max((row for row in tables["real_models"] if row["grain"] == "letters"), key=lambda row: row["value"])
    broken = chain["high"] < simulated.TARGET
    return [
        {
            "question": "Do races of votes make long chains reliable, as the laws of MAKER promise?",
            "answer": "With independent errors, yes; a single step at which most samples err alike breaks most chains."
            if broken
            else "Yes, with a hard step too.",
            **{key: chain[key] for key in ("value", "low", "high")},
            "form": "percent",
            "measured": "simulated chains with known errors, at the lead that the law asks for",
        },
        {
            "question": "Can racing help small models on the steps of a tower?",
            "answer": "No: the best is right in fewer than half of its samples."
            if best["high"] <= 0.5
            else "Not shown: the best may be right in more than half of its samples, or in fewer.",
            **{key: best[key] for key in ("value", "low", "high")},
            "form": "percent",
            "measured": "real models on a CPU, asked for one letter of a step: share of right samples of the best",
        },
    ]


def hard_step_panels(rows: list[Row]) -> list[alt.LayerChart]:
    """Chains without an error by lead: what was drawn, and the law of the mean chance."""
    shown = [
        {
            **{key: 100 * row[key] for key in ("value", "low", "high", "law")},
            "k": row["k"],
            "case": f"{row['hard']} at {row['chance']:g}" if row["hard"] else "none",
        }
        for row in rows
    ]
    order = list(dict.fromkeys(row["case"] for row in shown))
    base = alt.Chart(data(shown), width=520, height=260)
    x, title = alt.X("k:O", title="lead k", axis=alt.Axis(labelAngle=0)), "% of chains without an error"
    colour, shape = (
        kind("case:N", title="hard steps, at chance", sort=order, scale=alt.Scale(domain=order))
        for kind in (alt.Color, alt.Shape)
    )
    value = alt.Y("value:Q", title=title)
    return [
        base.mark_line(strokeDash=[5, 4], color="#555").encode(x=x, y=alt.Y("mean(law):Q", title=title))
        + base.mark_rule(strokeWidth=1.5).encode(x=x, y=alt.Y("low:Q", title=title), y2="high:Q", color=colour)
        + base.mark_line(strokeWidth=1).encode(x=x, y=value, color=colour)
        + base.mark_point(filled=True, size=55, opacity=1).encode(x=x, y=value, color=colour, shape=shape)
    ]


def letter_panels(rows: list[Row]) -> list[alt.LayerChart]:
    """The share of right samples at each letter, sorted, for every model: above the line racing helps."""
    hot = max(row["temperature"] for row in rows)
    drawn = []
    for model in dict.fromkeys(row["model"] for row in rows):
        values = sorted(100 * row["value"] for row in rows if (row["model"], row["temperature"]) == (model, hot))
        points = [{"place": at, "value": value} for at, value in enumerate(values, 1)]
        base = alt.Chart(data(points), title=model, width=170, height=170)
        y = alt.Y("value:Q", title="% of samples right", scale=alt.Scale(domain=[0, 100]))
        drawn.append(
            base.mark_point(filled=True, size=35, opacity=1).encode(
                x=alt.X("place:Q", title="letters, sorted", axis=alt.Axis(labels=False, grid=False)), y=y
            )
            + alt.Chart(data([{"half": 50}])).mark_rule(strokeDash=[4, 3]).encode(y="half:Q")
        )
    return drawn
