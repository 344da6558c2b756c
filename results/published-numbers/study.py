"""What do the printed tables of the paper on scaling by diversity say, with the intervals that their sizes allow?

    python results/derive.py published-numbers

The numbers are those of arXiv 2602.03794 (`agentscale.catalog.published_yang2026`): accuracies in percent of seven data
sets, with the questions of each that the percentages imply. Nothing was run: intervals are those of a share of so many
questions, and of differences of such shares.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binomtest, chi2, norm
from writing import data, write_figure, write_table

from agentscale.analysis import (
    FAMILIES,
    benjamini_hochberg,
    compare_families,
    detectable_delta,
    effective_channels,
    items_needed,
)
from agentscale.catalog import published_yang2026
from agentscale.randomness import keyed

Floats = NDArray[np.float64]
Row = dict[str, Any]

PAPER = published_yang2026()
SIZES: list[int] = PAPER["sizes"]
TABLE_1: dict[str, Any] = PAPER["table_1"]["datasets"]
QUESTIONS: dict[str, int] = PAPER["questions"]
PROTOCOLS = ("vote", "debate")
TEAMS = {"L3": "homogeneous", "L4": "heterogeneous"}
OPTIONS = {"formal_logic": 4, "hellaswag": 4, "pro_medicine": 4, "arc": 4, "winogrande": 2}
"""Options of a question. GSM8K has none, and those of TruthfulQA vary."""
NAMES = {
    "gsm8k": "GSM8K",
    "formal_logic": "Formal Logic",
    "hellaswag": "HellaSwag",
    "pro_medicine": "Pro Medicine",
    "arc": "ARC",
    "truthfulqa": "TruthfulQA",
    "winogrande": "WinoGrande",
    "average": "mean of the seven",
}
PLATEAUS = {"L3": 4, "L4": 8}
"""The sizes at which the paper's guidelines say that teams stop to gain."""
DISCORDANCE = 0.2
"""Share of the questions that just one of two teams gets right, where none is printed: what pairing is worth."""
RESAMPLES = 400
REACH = float(norm.ppf(0.975))


def accuracies(protocol: str, team: str) -> Floats:
    """Printed accuracies of Table 1 as shares, shape (data sets, sizes)."""
    return np.array([row[protocol][TEAMS[team]] for row in TABLE_1.values()]) / 100


def questions() -> Floats:
    """Questions of each data set, as a column."""
    return np.array(list(QUESTIONS.values()), dtype=np.float64)[:, None]


def average_error(share: Floats) -> Floats:
    """Standard error of the plain mean over data sets, from the binomial errors of each."""
    return np.asarray(np.sqrt((share * (1 - share) / questions()).sum(axis=0)) / len(QUESTIONS))


def wilson(share: float, n: int) -> tuple[float, float]:
    """Ends of the 95 % interval of a share of n questions."""
    ends = binomtest(round(share * n), n).proportion_ci(method="wilson")
    return float(ends.low), float(ends.high)


def attainable(printed: float, n: int, digits: int) -> str:
    """Whether some whole number of n questions gives a printed percentage: ``rounded``, only ``cut``, or ``no``."""
    unit = 10.0**-digits
    shares = 100 * np.arange(n + 1) / n
    if (np.abs(shares - printed) <= unit / 2 + 1e-9).any():
        return "rounded"
    return "cut" if ((shares >= printed - 1e-9) & (shares < printed + unit - 1e-9)).any() else "no"


def published() -> Iterator[Row]:
    """Every cell of Table 1 with its interval, its chance level, and the mean of the seven."""
    for protocol in PROTOCOLS:
        for team in TEAMS:
            shares = accuracies(protocol, team)
            for name, row in zip(TABLE_1, shares, strict=True):
                n = QUESTIONS[name]
                for size, share in zip(SIZES, row, strict=True):
                    low, high = wilson(share, n)
                    given = attainable(round(100 * share, 6), n, 1)
                    yield _cell(name, n, protocol, team, size, share, low, high, given)
            means, errors = shares.mean(axis=0), REACH * average_error(shares)
            for size, mean, reach in zip(SIZES, means, errors, strict=True):
                n = sum(QUESTIONS.values())
                yield _cell("average", n, protocol, team, size, mean, mean - reach, mean + reach, "")


def _cell(name: str, n: int, protocol: str, team: str, size: int, *numbers: Any) -> Row:
    value, low, high, given = numbers
    chance = 1 / OPTIONS[name] if name in OPTIONS else None
    return {
        "dataset": name,
        "questions": n,
        "protocol": protocol,
        "team": team,
        "n": size,
        "value": value,
        "low": low,
        "high": high,
        "chance": chance,
        "at_chance": "" if chance is None else ("yes" if low <= chance <= high else "no"),
        "attainable": given,
    }


def slips() -> Iterator[Row]:
    """Printed numbers beside what other printed numbers make of them; ``allowed`` is what rounding explains."""
    cells = {(protocol, team): 100 * accuracies(protocol, team) for protocol in PROTOCOLS for team in TEAMS}
    for (protocol, team), rows in cells.items():
        printed = PAPER["table_1"]["printed_average"][protocol][TEAMS[team]]
        for at, size in enumerate(SIZES):
            yield _slip("average of Table 1", protocol, team, size, printed[at], rows[:, at].mean(), 0.1)
    for protocol in PROTOCOLS:
        for team in TEAMS:
            size, there, peak = PAPER["table_2"][protocol][team]
            means = cells[protocol, team].mean(axis=0)
            yield _slip("Table 2 against Table 1", protocol, team, size, there, means[SIZES.index(size)], 0.055)
            yield _slip("peak of Table 2 against Table 1", protocol, team, None, peak, means.max(), 0.055)
            arc = cells[protocol, team][list(TABLE_1).index("arc")].mean()
            yield _slip(
                "Table 3 against Table 1", protocol, team, None, PAPER["table_3_arc"][protocol][team][0], arc, 0.1
            )


def _slip(check: str, protocol: str, team: str, n: int | None, printed: float, again: float, allowed: float) -> Row:
    difference = (printed - again) / 100
    return {
        "check": check,
        "protocol": protocol,
        "team": team,
        "n": n,
        "printed": printed / 100,
        "recomputed": again / 100,
        "difference": difference,
        "allowed": allowed / 100,
        "beyond": "yes" if abs(difference) > allowed / 100 + 1e-9 else "no",
    }


def slip_counts(rows: list[Row]) -> Iterator[Row]:
    """For each kind of check and protocol and team how many were made and how many are beyond rounding."""
    for key in dict.fromkeys((row["check"], row["protocol"], row["team"]) for row in rows):
        of = [row for row in rows if (row["check"], row["protocol"], row["team"]) == key]
        worst = max(of, key=lambda row: abs(row["difference"]))
        yield {
            **dict(zip(("check", "protocol", "team"), key, strict=True)),
            "checks": len(of),
            "beyond": sum(row["beyond"] == "yes" for row in of),
            "largest": worst["difference"],
        }


def comparisons() -> list[Row]:
    """L4 less L3 in every cell, with the interval for other questions and the one for the same questions.

    Paired, the variance is (d − δ²)/n with d the discordance, at least |δ|. The p-values are two-sided and normal.
    """
    found = []
    for protocol in PROTOCOLS:
        for at, name in enumerate(TABLE_1):
            n = QUESTIONS[name]
            for place, size in enumerate(SIZES):
                one, other = (float(accuracies(protocol, team)[at, place]) for team in ("L4", "L3"))
                delta, apart = one - other, np.sqrt((one * (1 - one) + other * (1 - other)) / n)
                found.append(_compared(protocol, name, size, delta, float(apart), _paired_error(delta, n)))
    for key in ("unpaired", "paired"):
        for row, p in zip(found, benjamini_hochberg([row[f"{key}_p"] for row in found]), strict=True):
            row[f"{key}_adjusted"] = float(p)
    return found


def _paired_error(delta: float, n: float) -> float:
    return float(np.sqrt((max(DISCORDANCE, abs(delta)) - delta**2) / n))


def _compared(protocol: str, name: str, size: int, delta: float, apart: float, paired: float) -> Row:
    row: Row = {"protocol": protocol, "dataset": name, "n": size, "value": delta}
    for key, error in (("unpaired", apart), ("paired", paired)):
        row |= {f"{key}_low": delta - REACH * error, f"{key}_high": delta + REACH * error}
        row[f"{key}_p"] = float(2 * norm.sf(abs(delta) / error))
    return row


def verdicts(rows: list[Row]) -> Iterator[Row]:
    """How many of the differences are outside their noise, as they stand and with false discoveries held at 5 %."""
    for protocol in (*PROTOCOLS, "both"):
        of = [row for row in rows if protocol in (row["protocol"], "both")]
        for key in ("unpaired", "paired"):
            yield {
                "protocol": protocol,
                "reading": key,
                "differences": len(of),
                "outside": sum(row[f"{key}_p"] < 0.05 for row in of),
                "outside_adjusted": sum(row[f"{key}_adjusted"] < 0.05 for row in of),
                "by_chance": 0.05 * len(of),
                "positive": sum(row["value"] > 0 for row in of),
            }


def gains() -> Iterator[Row]:
    """L4 less L3 on the mean of the seven: as printed, recomputed, and with intervals."""
    for protocol in PROTOCOLS:
        printed = PAPER["table_1"]["printed_average"][protocol]
        for at, size in enumerate(SIZES):
            one, other = (accuracies(protocol, team)[:, at : at + 1] for team in ("L4", "L3"))
            yield {
                "protocol": protocol,
                "n": size,
                "printed": (printed["heterogeneous"][at] - printed["homogeneous"][at]) / 100,
                **between(one, other),
            }


def between(one: Floats, other: Floats) -> Row:
    """Mean over data sets of the difference of two columns of accuracies, with both intervals."""
    apart = float(np.hypot(average_error(one), average_error(other))[0])
    return with_ends(float((one - other).mean()), apart)


def with_ends(delta: float, apart: float) -> Row:
    """A difference of means over data sets, with its interval for other questions and for the same ones.

    Paired, every data set has the same discordance.
    """
    paired = float(np.sqrt(sum(_paired_error(delta, n) ** 2 for n in QUESTIONS.values()))) / len(QUESTIONS)
    return {
        "value": delta,
        "low": delta - REACH * apart,
        "high": delta + REACH * apart,
        "paired_low": delta - REACH * paired,
        "paired_high": delta + REACH * paired,
    }


def headline() -> Iterator[Row]:
    """Two diverse agents less sixteen alike, by Table 2 and with the average that Table 1 gives for the two."""
    for protocol in PROTOCOLS:
        table = PAPER["table_2"][protocol]
        alike, (size, of_two, _) = table["L1"][1] / 100, table["L4"]
        by_table_1 = float(accuracies(protocol, "L4")[:, SIZES.index(size)].mean())
        spread = average_error(np.array([[row["single"] / 100] for row in TABLE_1.values()]))[0]
        for source, two in (("Table 2", of_two / 100), ("Table 1", by_table_1)):
            apart = float(np.hypot(spread, average_error(accuracies(protocol, "L4")[:, :1])[0]))
            yield {
                "protocol": protocol,
                "source": source,
                "two": two,
                "sixteen": alike,
                **with_ends(two - alike, apart),
                "items": sum(QUESTIONS.values()),
                "items_needed": items_needed(two - alike, DISCORDANCE),
            }


def plateaus() -> Iterator[Row]:
    """What the mean of the seven still gains from the stated plateau to the largest size, and before it."""
    for protocol in PROTOCOLS:
        for team, stop in PLATEAUS.items():
            shares = accuracies(protocol, team)
            for part, first, last in (("before", SIZES[0], stop), ("after", stop, SIZES[-1])):
                one, other = (shares[:, SIZES.index(size)][:, None] for size in (last, first))
                yield {
                    "protocol": protocol,
                    "team": team,
                    "part": part,
                    "first": first,
                    "last": last,
                    **between(one, other),
                }


def flatness() -> Iterator[Row]:
    """For every curve of a data set whether one accuracy at all five sizes would do, by χ²."""
    for protocol in PROTOCOLS:
        for team in TEAMS:
            for name, row in zip(TABLE_1, accuracies(protocol, team), strict=True):
                weight = QUESTIONS[name] / (row * (1 - row))
                level = float((weight * row).sum() / weight.sum())
                squares = float((weight * (row - level) ** 2).sum())
                yield {
                    "dataset": name,
                    "protocol": protocol,
                    "team": team,
                    "level": level,
                    "chi2": squares,
                    "p": float(chi2.sf(squares, len(row) - 1)),
                }


def fits() -> Iterator[Row]:
    """Laws of the mean of the seven by size: intervals from redrawn questions, every size for itself."""
    families = [FAMILIES[name] for name in ("constant", "exp_sat", "jury")]
    for protocol in PROTOCOLS:
        for team in TEAMS:
            shares, rng = accuracies(protocol, team), keyed(0, "published-numbers", protocol, team)
            n = questions().astype(np.int64)
            draws = (rng.binomial(n, shares, (RESAMPLES, *shares.shape)) / n).mean(axis=1)
            found = compare_families(SIZES, shares.mean(axis=0), families, draws=draws)
            for fit, weight in zip(found.fits, found.weight, strict=True):
                ceiling = _ceiling(fit)
                yield {
                    "protocol": protocol,
                    "team": team,
                    "family": fit.family.name,
                    "weight": float(weight),
                    "aicc": fit.aicc,
                    "ceiling": ceiling[0],
                    "ceiling_low": ceiling[1],
                    "ceiling_high": ceiling[2],
                    **_correlation(fit),
                }


def _ceiling(fit: Any) -> tuple[float, float, float]:
    """The accuracy of four times as many agents as the largest team, with its interval over the redrawn questions."""
    there = fit.at(4.0 * SIZES[-1])
    return float(there.value), float(there.low), float(there.high)


def _correlation(fit: Any) -> Row:
    """ρ of the jury, and 1/ρ: how many independent votes all votes are worth."""
    if fit.family.name != "jury":
        return dict.fromkeys(("rho", "rho_low", "rho_high", "votes", "votes_low", "votes_high"))
    rho, (low, high) = fit.params["rho"], fit.bootstrap["rho"]
    return {
        "rho": rho,
        "rho_low": low,
        "rho_high": high,
        "votes": 1 / rho,
        "votes_low": 1 / high,
        "votes_high": 1 / low,
    }


def k_star(cosine: float, n: int) -> float:
    """K* of n texts that are all as near to each other."""
    gram = np.full((n, n), cosine) + (1 - cosine) * np.eye(n)
    return float(effective_channels(np.linalg.cholesky(gram)))


def cosines() -> Iterator[Row]:
    """The one mean cosine that gives the printed K* of ARC, averaged over the five sizes; and what size alone does."""
    for protocol in PROTOCOLS:
        for layer, (accuracy, printed, of_right, of_wrong) in PAPER["table_3_arc"][protocol].items():
            cosine, of_both = _cosine(printed), [_cosine(value) for value in (of_right, of_wrong)]
            yield {
                "protocol": protocol,
                "layer": layer,
                "accuracy": accuracy / 100,
                "k_star": printed,
                "cosine": cosine,
                "k_star_at_2": k_star(cosine, SIZES[0]),
                "k_star_at_16": k_star(cosine, SIZES[-1]),
                "cosine_right": of_both[0],
                "cosine_wrong": of_both[1],
            }


def _cosine(printed: float) -> float:
    def excess(cosine: float) -> float:
        return float(np.mean([k_star(cosine, size) for size in SIZES])) - printed

    return float(brentq(excess, 0.01, 1 - 1e-9, xtol=1e-9))


def floors() -> Iterator[Row]:
    """The closed models on Formal Logic, beside chance."""
    n, chance = QUESTIONS["formal_logic"], 1 / OPTIONS["formal_logic"]
    for model in ("gpt-4.1-mini", "gpt-5-mini"):
        for protocol in PROTOCOLS:
            for team, word in (("base", "homogeneous"), ("diverse", "heterogeneous")):
                for size, printed in zip((SIZES[0], SIZES[-1]), _closed(model, protocol, word), strict=True):
                    low, high = wilson(printed / 100, n)
                    place = "below" if high < chance else ("above" if low > chance else "at")
                    yield {
                        "model": model,
                        "protocol": protocol,
                        "team": team,
                        "n": size,
                        "value": printed / 100,
                        "low": low,
                        "high": high,
                        "chance": chance,
                        "place": place,
                    }


def _closed(model: str, protocol: str, team: str) -> list[float]:
    return list(PAPER["closed_source_formal_logic"][model][protocol][team])


def counts(cells: list[Row], floor: list[Row], flat: list[Row]) -> Row:
    """How many cells are what, in one row."""
    own = [row for row in cells if row["dataset"] != "average"]
    known = [row for row in own if row["chance"] is not None]
    return {
        "cells": len(own),
        "cells_rounded": sum(row["attainable"] == "rounded" for row in own),
        "cells_cut": sum(row["attainable"] == "cut" for row in own),
        "cells_no": sum(row["attainable"] == "no" for row in own),
        "cells_no_L4": sum(row["attainable"] == "no" for row in own if row["team"] == "L4"),
        "with_chance": len(known),
        "at_chance": sum(row["at_chance"] == "yes" for row in known),
        "at_chance_winogrande": sum(row["at_chance"] == "yes" for row in known if row["dataset"] == "winogrande"),
        "winogrande": sum(row["dataset"] == "winogrande" for row in known),
        "closed": len(floor),
        "closed_below_chance": sum(row["place"] == "below" for row in floor),
        "curves": len(flat),
        "curves_flat": sum(row["p"] >= 0.05 for row in flat),
    }


def design() -> Row:
    """Sizes, and what differences they can show."""
    sizes, total = sorted(set(QUESTIONS.values())), sum(QUESTIONS.values())
    mean = average_error(accuracies("vote", "L4")[:, :1])[0]
    return {
        "datasets": len(QUESTIONS),
        "questions": total,
        "fewest": sizes[0],
        "most": sizes[-1],
        "sizes": len(SIZES),
        "smallest": SIZES[0],
        "largest": SIZES[-1],
        "resamples": RESAMPLES,
        "discordance": DISCORDANCE,
        "power": 0.8,
        "level": 0.95,
        "plateau_L3": PLATEAUS["L3"],
        "plateau_L4": PLATEAUS["L4"],
        "detectable_fewest": detectable_delta(sizes[0], DISCORDANCE),
        "detectable_most": detectable_delta(sizes[-1], DISCORDANCE),
        "detectable_all": detectable_delta(total, DISCORDANCE),
        "error_of_mean": float(mean),
    }


def answers(gained: list[Row]) -> list[Row]:
    """The line of the front page: the gain in votes of the largest teams."""
    largest = next(row for row in gained if row["protocol"] == "vote" and row["n"] == SIZES[-1])
    smaller = "by less than printed" if largest["value"] < largest["printed"] else "as printed"
    said = f"Yes on the mean of the data sets, {smaller}; most single differences lie inside their noise."
    return [
        {
            "question": "Do the printed tables of the paper on diversity show that personas help mixed teams?",
            "answer": said if largest["low"] > 0 else "Not beyond the noise of so many questions.",
            **{key: largest[key] for key in ("value", "low", "high")},
            "form": "points",
            "measured": "recomputed from the printed rows, votes of the largest teams; no model was run",
        }
    ]


def panels(cells: list[Row], protocol: str) -> list[alt.LayerChart]:
    """Accuracy by size for each data set: L3 and L4 with their intervals, and the level of guessing."""
    kept = [row for row in cells if row["protocol"] == protocol]
    drawn = []
    for name, title in NAMES.items():
        rows = [
            {**row, **{key: 100 * row[key] for key in ("value", "low", "high")}, "place": row["n"] + shift}
            for row in kept
            for shift in [0.18 if row["team"] == "L4" else -0.18]
            if row["dataset"] == name
        ]
        x = alt.X("place:Q", title="agents", scale=alt.Scale(domain=[0, 18]), axis=alt.Axis(values=SIZES, grid=False))
        colour = alt.Color("team:N", title="team", scale=alt.Scale(domain=list(TEAMS)))
        shape = alt.Shape("team:N", title="team", scale=alt.Scale(domain=list(TEAMS)))
        base = alt.Chart(data(rows), title=title, width=130, height=125)
        scale = alt.Scale(domain=[20, 100], zero=False)
        y, low = (alt.Y(f"{end}:Q", title="% right", scale=scale) for end in ("value", "low"))
        chart = (
            base.mark_rule(strokeWidth=1.5).encode(x=x, y=low, y2="high:Q", color=colour)
            + base.mark_line(strokeWidth=1).encode(x=x, y=y, color=colour)
            + base.mark_point(filled=True, size=40, opacity=1).encode(x=x, y=y, color=colour, shape=shape)
        )
        if name in OPTIONS:
            level = [{"chance": 100 / OPTIONS[name]}]
            chart += alt.Chart(data(level)).mark_rule(strokeDash=[4, 3]).encode(y="chance:Q")
        drawn.append(chart)
    return drawn


def gain_panels(rows: list[Row]) -> list[alt.LayerChart]:
    """The gain of L4 over L3 on the mean of the seven, as printed and recomputed."""
    drawn = []
    for protocol in PROTOCOLS:
        shown = [
            {
                "place": row["n"],
                **{key: 100 * row[key] for key in ("value", "low", "high", "paired_low", "paired_high", "printed")},
                "again": "recomputed",
                "said": "as printed",
            }
            for row in rows
            if row["protocol"] == protocol
        ]
        base = alt.Chart(data(shown), title=protocol, width=280, height=200)
        x = alt.X("place:Q", title="agents", scale=alt.Scale(domain=[0, 18]), axis=alt.Axis(values=SIZES, grid=False))
        names = ["recomputed", "as printed"]
        scale = alt.Scale(domain=[-2, 12], zero=False)
        y = {end: alt.Y(f"{end}:Q", title="L4 less L3, points", scale=scale) for end in shown[0]}
        again, said = (
            {
                "color": alt.Color(f"{key}:N", title=None, scale=alt.Scale(domain=names)),
                "shape": alt.Shape(f"{key}:N", title=None, scale=alt.Scale(domain=names)),
            }
            for key in ("again", "said")
        )
        chart = (
            alt.Chart(data([{"nought": 0}])).mark_rule(strokeDash=[4, 3]).encode(y="nought:Q")
            + base.mark_rule(strokeWidth=1.5).encode(x=x, y=y["low"], y2="high:Q", color=again["color"])
            + base.mark_rule(strokeWidth=6, opacity=0.4).encode(
                x=x, y=y["paired_low"], y2="paired_high:Q", color=again["color"]
            )
            + base.mark_point(filled=True, size=70, opacity=1).encode(x=x, y=y["value"], **again)
            + base.mark_point(filled=True, size=70, opacity=1).encode(x=x, y=y["printed"], **said)
        )
        drawn.append(chart)
    return drawn


def derive(source: Path, out: Path) -> None:
    """Writes the tables and figures; ``source`` holds nothing but the page, since the data ship with agentscale."""
    cells, compared, slipped, gained = list(published()), comparisons(), list(slips()), list(gains())
    flat, floor = list(flatness()), list(floors())
    tables: dict[str, list[Row]] = {
        "design": [design()],
        "published": cells,
        "slips": slipped,
        "slip_counts": list(slip_counts(slipped)),
        "comparisons": compared,
        "verdicts": list(verdicts(compared)),
        "gains": gained,
        "headline": list(headline()),
        "plateaus": list(plateaus()),
        "flatness": flat,
        "fits": list(fits()),
        "cosines": list(cosines()),
        "floors": floor,
        "counts": [counts(cells, floor, flat)],
        "answer": answers(gained),
    }
    for name, rows in tables.items():
        write_table(out, name, rows)
    for protocol in PROTOCOLS:
        write_figure(out, protocol, *panels(cells, protocol), columns=4)
    write_figure(out, "gains", *gain_panels(gained))
