"""Is debate more than re-evaluation: asking everybody once more, with or without peers to read?

    python results/derive.py debate-or-reevaluation

Two parts. In the simulator the rule by which agents change their answers is known, so each diagnostic of a debate can
be asked whether it tells reading from thinking again. In the recording of `first-real-run` one agent goes over its own
answer with nobody to read, and the same agent reads one, two, three or seven others.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping
from math import ceil, sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any, NamedTuple

import altair as alt
import numpy as np
from pages import Table
from writing import data, write_figure, write_table

import agentscale
from agentscale.analysis import (
    course,
    detectable_delta,
    dose,
    fj_coupling,
    flip_table,
    martingale_test,
    paired_delta,
    revision,
)
from agentscale.report.colours import LIGHT
from agentscale.schema.estimate import Estimate
from agentscale.schema.run import Transcript
from agentscale.simulation import (
    Copy,
    Debate,
    FriedkinJohnsen,
    Graph,
    Placebo,
    Polya,
    Rule,
    SelfCorrect,
    Start,
    Streams,
    World,
    WorldParameters,
    ballots,
    deal,
    debate,
)

WORLDS, QUESTIONS = 8, 200
AGENTS, ROUNDS, OPTIONS = 4, 2, 4
STUDY = 100
"""Questions of the study whose power is told."""
SEED, RESAMPLES, POWER = 31, 1000, 0.8
NORMAL = NormalDist()
Z95 = NORMAL.inv_cdf(0.975)

RULES: dict[str, Rule] = {
    "placebo": Placebo(rate=0.3),
    "self_correct": SelfCorrect(rate=0.3),
    "copy": Copy(kappa=0.15),
    "copy, to the truth": Copy(kappa=0.15, advantage=0.5),
    "copy, from the truth": Copy(kappa=0.15, advantage=-0.3),
    "fj": FriedkinJohnsen(gamma=0.28),
    "dcm": Polya(concentration=3.0),
}
"""The first two read nobody; of the others only two favour, or shun, what is true."""
GRAPHS = {"complete": Graph.complete(AGENTS), "ring": Graph.circulant(AGENTS, 2)}

CROWD, CROWD_WORLDS, CROWD_QUESTIONS, MOST = 16, 4, 25, 16
PEERS = (1, 2, 4, 8)
CROWD_RULES: dict[str, Rule] = {
    "copy": Copy(kappa=0.15),
    "copy, to the truth": Copy(kappa=0.15, advantage=0.5),
    "fj": FriedkinJohnsen(gamma=0.28),
    "dcm": Polya(concentration=3.0),
}

MODELS = {"qwen2.5-0.5b": "Qwen", "smollm2-135m": "SmolLM2"}
BEFORE = "sums.debate-1-answer"
"""How the names of the recorded debates begin."""


class Seats(NamedTuple):
    """The agents of one model in one recorded debate."""

    cell: str
    model: str
    team: str
    graph: str
    agents: int
    peers: int


ALONE = {model: Seats(f"{BEFORE}.L1.{model}.n1", model, "alone", "none", 1, 0) for model in MODELS}
"""Who goes over its own answer, and reads nobody."""


def derive(source: Path, out: Path) -> None:
    """Writes all tables, and from them the figures."""
    write_table(out, "diagnostics", diagnosed_rules())
    courses, ends = crowds()
    write_table(out, "dose", courses)
    write_table(out, "collapse", ends)
    earlier = source.parent / "first-real-run"
    with tempfile.TemporaryDirectory() as folder:
        run = agentscale.replay(earlier, out=Path(folder) / "run")
        write_table(out, "real", changes(run))
        write_table(out, "budgets", spent(run, costs(earlier)))
    conclude(out)


def conclude(out: Path) -> None:
    """Writes what follows from the other tables as they stand there: sizes, the lines of the front page, figures."""
    diagnosed, courses, real = (Table(out / "tables" / f"{name}.csv").rows for name in ("diagnostics", "dose", "real"))
    write_table(out, "design", [design(real)])
    write_table(out, "answer", answers(diagnosed, real))
    write_figure(out, "given-up", given_up_chart(real))
    write_figure(out, "diagnostics", diagnostics_chart(diagnosed))
    write_figure(out, "dose", *[dose_chart(courses, rule) for rule in CROWD_RULES])


# The simulator: which diagnostic tells what ------------------------------------------------------------------------


def first_answers(world: int, questions: int, agents: int) -> tuple[Start, Streams]:
    """Independent answers of equal agents in one world, and where their later draws come from."""
    ids = [f"q{number}" for number in range(questions)]
    (seat,) = deal("L1", 1, models=3, personas=0)
    votes = ballots(World(WorldParameters(seed=world)), ids, OPTIONS, [(seat, agents)])
    return Start(votes.answers, OPTIONS, votes.theta), Streams.alike(world, ids, agents)


def debated(rule: Rule, graph: Graph) -> np.ndarray:
    """The answers of all worlds under one rule, shape (questions, rounds + 1, agents), world after world."""
    parts = [first_answers(world, QUESTIONS, AGENTS) for world in range(WORLDS)]
    return np.concatenate([debate(Debate(rule, graph, ROUNDS), start, streams) for start, streams in parts])


def edges(graph: Graph) -> np.ndarray | None:
    """Who reads whom, u → v; ``None`` where everybody reads everybody."""
    if graph.starts is None or graph.peers is None:
        return None
    return np.column_stack([graph.peers, np.repeat(np.arange(graph.n), np.diff(graph.starts))])


def diagnosed_rules() -> Iterator[dict[str, Any]]:
    """A row for each graph, rule and diagnostic: its value, and the power of `STUDY` questions to show it."""
    for graph_name, graph in GRAPHS.items():
        placebo = debated(RULES["placebo"], graph)
        beside = Beside(placebo, edges(graph), RESAMPLES)
        for name, rule in RULES.items():
            said = placebo if name == "placebo" else debated(rule, graph)
            for diagnostic, pooled in beside.diagnosed(said).items():
                yield {
                    "graph": graph_name,
                    "rule": name,
                    "reads": int(rule.reads),
                    "diagnostic": diagnostic,
                    **ends_of(pooled),
                    "power": power(pooled, len(said)),
                    "needed": needed(pooled, len(said)),
                }


class Beside:
    """The diagnostics of debates that began with the same answers as a placebo.

    Args:
        placebo: Its answers, shape (Q, T + 1, N).
        reads: Who reads whom; ``None`` where everybody reads everybody.
        resamples: Of every bootstrap.
    """

    def __init__(self, placebo: np.ndarray, reads: np.ndarray | None, resamples: int) -> None:
        self._placebo, self._reads = placebo, reads
        self._told = {"seed": SEED, "resamples": resamples}
        self._truth = np.zeros(len(placebo), int)
        self._course = course(placebo, self._truth)
        self._flips = flip_table(placebo, self._truth, reads, **self._told)["all"]

    def diagnosed(self, said: np.ndarray) -> dict[str, Estimate]:
        """All that is asked of a debate: alone, and beside the placebo."""
        drift = martingale_test(said, self._truth, **self._told)
        flips = flip_table(said, self._truth, self._reads, **self._told)["all"]
        own = course(said, self._truth)
        found = {
            "drift": drift.mu,
            "drift if right": drift.if_right,
            "drift if wrong": drift.if_wrong,
            "plurality": self._paired(own.team_accuracy[:, -1], own.team_accuracy[:, 0]),
            "agreement": self._paired(own.agreement[:, -1], own.agreement[:, 0]),
            "conformity": flips.conformity,
            "pull": flips.pull,
            "coupling": fj_coupling((said == 0).astype(float), self._reads, **self._told),
            "truth advantage": flips.truth_advantage,
        }
        if np.array_equal(said, self._placebo):
            return found
        return found | {
            "accuracy beside placebo": self._paired(own.accuracy[:, -1], self._course.accuracy[:, -1]),
            "plurality beside placebo": self._paired(own.team_accuracy[:, -1], self._course.team_accuracy[:, -1]),
            "agreement beside placebo": self._paired(own.agreement[:, -1], self._course.agreement[:, -1]),
            "conformity beside placebo": apart(flips.conformity, self._flips.conformity),
            "pull beside placebo": apart(flips.pull, self._flips.pull),
        }

    def _paired(self, one: np.ndarray, other: np.ndarray) -> Estimate:
        return paired_delta(one, other, **self._told)


def apart(one: Estimate, other: Estimate) -> Estimate:
    """The difference of two estimates as if they were independent, which on the same questions is wide."""
    value = one.value - other.value
    reach = sqrt((one.high - one.low) ** 2 + (other.high - other.low) ** 2) / 2
    return Estimate(value, value - reach, value + reach, one.n_items, one.n_agents, one.n_missing, "difference")


def strength(pooled: Estimate, questions: int) -> float:
    """How many standard errors of one question the value is off 0, by the interval over so many questions."""
    return pooled.value / ((pooled.high - pooled.low) / (2 * Z95) * sqrt(questions))


def power(pooled: Estimate, questions: int) -> float:
    """The share of studies of `STUDY` questions whose interval leaves 0 out, by the normal approximation."""
    off = strength(pooled, questions) * sqrt(STUDY)
    return NORMAL.cdf(off - Z95) + NORMAL.cdf(-off - Z95)


def needed(pooled: Estimate, questions: int) -> int | None:
    """Questions for a power of `POWER`; ``None`` where all questions together show nothing."""
    if pooled.low <= 0 <= pooled.high:
        return None
    return ceil(((Z95 + NORMAL.inv_cdf(POWER)) / strength(pooled, questions)) ** 2)


# The simulator: peers times rounds ---------------------------------------------------------------------------------


def crowds() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """How agreement rises with k·τ, and whether k and τ matter apart from it, by rule."""
    courses, ends = [], []
    for name, rule in CROWD_RULES.items():
        rises = {peers: rise(crowd(rule, peers)) for peers in PEERS}
        for peers, by_round in rises.items():
            courses += [
                {"rule": name, "peers": peers, "rounds": tau, "dose": int(dose(peers, tau))}
                | ends_of(estimated(by_round[:, tau]))
                for tau in (1, 2, 4, 8, 16)
                if tau < by_round.shape[1]
            ]
        few, many = (rises[peers][:, -1] for peers in (PEERS[0], PEERS[-1]))
        ends.append(
            {"rule": name, "dose": MOST, "few_peers": PEERS[0], "many_peers": PEERS[-1]}
            | named("few", estimated(few))
            | named("many", estimated(many))
            | named("apart", estimated(few - many))
        )
    return courses, ends


def rise(said: np.ndarray) -> np.ndarray:
    """Pairs that agree, less those that agreed at first, by question and round."""
    agree = course(said, np.zeros(len(said), int)).agreement
    return agree - agree[:, :1]


def estimated(differences: np.ndarray) -> Estimate:
    """The mean of differences by question."""
    return paired_delta(differences, np.zeros(len(differences)), seed=SEED, resamples=RESAMPLES)


def crowd(rule: Rule, peers: int) -> np.ndarray:
    """Debates in which everybody reads so many of all others, drawn anew, until peers times rounds is `MOST`."""
    setting = Debate(rule, Graph.complete(CROWD), MOST // peers, peers=peers)
    parts = [first_answers(world, CROWD_QUESTIONS, CROWD) for world in range(CROWD_WORLDS)]
    return np.concatenate([debate(setting, start, streams) for start, streams in parts])


def ends_of(found: Estimate) -> dict[str, float]:
    """Value and interval as cells of a table."""
    return {"value": found.value, "low": found.low, "high": found.high}


# Real models -------------------------------------------------------------------------------------------------------


def recorded() -> list[Seats]:
    """All debates of the recording, by the model whose agents are looked at."""
    seats = list(ALONE.values())
    for model in MODELS:
        for team, name in (("alike", f"L1.{model}"), ("mixed", "L3")):
            seats += [Seats(f"{BEFORE}.complete.{name}.n{n}", model, team, "complete", n, n - 1) for n in (2, 4, 8)]
            seats += [Seats(f"{BEFORE}.ring.{name}.n{n}", model, team, "ring", n, 2) for n in (4, 8)]
    return seats


def changes(run: agentscale.Run) -> Iterator[dict[str, Any]]:
    """What became of first answers, by how many peers were read, and beside the agent that read nobody."""
    alone = {model: gains(rights(run, seats)) for model, seats in ALONE.items()}
    for seats in recorded():
        said = rights(run, seats)
        found = revision(said, np.zeros(len(said), int), seed=SEED)
        beside = paired_delta(gains(said), alone[seats.model], seed=SEED)
        yield {
            "member": MODELS[seats.model],
            "team": seats.team,
            "graph": seats.graph,
            "agents": seats.agents,
            "peers": seats.peers,
            "items": len(said),
            "right_at_first": float((said[:, 0] == 0).mean()),
            **named("corrected", found.correction),
            **named("subverted", found.subversion),
            **named("gain", found.gain),
            **(named("beside", beside) if seats.peers else dict.fromkeys(("beside", "beside_low", "beside_high"))),
        }


def rights(run: agentscale.Run, seats: Seats) -> np.ndarray:
    """First and last answers of a model's agents, shape (Q, 2, N): 0 right, 1 wrong, −1 unreadable."""
    return np.array([_rights(transcript, seats.model) for transcript in in_order(run, seats.cell)])


def in_order(run: agentscale.Run, cell: str) -> list[Transcript]:
    """The transcripts of a cell by the names of their questions."""
    return sorted(run.transcripts(cell), key=lambda transcript: transcript.sample_id)


def _rights(transcript: Transcript, model: str) -> list[list[int]]:
    own = [event for event in transcript.events if event.slot.startswith(model)]
    code = {True: 0, False: 1, None: -1}
    return [[code[event.correct] for event in own if event.round == number] for number in (0, 1)]


def gains(said: np.ndarray) -> np.ndarray:
    """By question: right answers at last less right answers at first, an agent."""
    right = (said == 0).mean(axis=2)
    return right[:, 1] - right[:, 0]


def costs(recorded_run: Path) -> dict[str, dict[str, str]]:
    """What every cell of the recording took a question, by its table."""
    with (recorded_run / "tables" / "cells.csv").open(newline="", encoding="utf-8") as file:
        return {row["cell"]: row for row in csv.DictReader(file)}


def spent(run: agentscale.Run, cost: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    """Debates beside the vote of the same agents, and beside a vote with as many calls, in which nobody reads."""
    for team, name in (("alike", "L1.qwen2.5-0.5b"), ("mixed", "L3")):
        for agents, voters in ((2, 2), (4, 4), (8, 8), (2, 4), (4, 8)):
            one, other = f"{BEFORE}.complete.{name}.n{agents}", f"sums.vote.{name}.n{voters}"
            scores = [np.array([each.score or 0.0 for each in in_order(run, cell)]) for cell in (one, other)]
            differ = float((scores[0] != scores[1]).mean())
            yield {
                "team": team,
                "agents": agents,
                "voters": voters,
                "budget": "calls" if voters > agents else "agents",
                "debate": float(scores[0].mean()),
                "vote": float(scores[1].mean()),
                **ends_of(paired_delta(*scores, seed=SEED)),
                "detectable": detectable_delta(len(scores[0]), differ) if differ else None,
                **{f"{side}_calls": float(cost[cell]["calls"]) for side, cell in (("debate", one), ("vote", other))},
                **{f"{side}_tokens": tokens(cost[cell]) for side, cell in (("debate", one), ("vote", other))},
            }


def tokens(row: Mapping[str, str]) -> float:
    """In and out, a question."""
    return float(row["tokens_in"]) + float(row["tokens_out"])


def named(name: str, found: Estimate) -> dict[str, float]:
    """Value and interval as cells of a table, under a name of their own."""
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def design(real: list[dict[str, Any]]) -> dict[str, Any]:
    """The sizes of everything."""
    return {
        "worlds": WORLDS,
        "questions_of_a_world": QUESTIONS,
        "pool": WORLDS * QUESTIONS,
        "study": STUDY,
        "agents": AGENTS,
        "rounds": ROUNDS,
        "crowd": CROWD,
        "crowd_questions": CROWD_WORLDS * CROWD_QUESTIONS,
        "most": MOST,
        "resamples": RESAMPLES,
        "items": real[0]["items"],
        "replicates": 1,
        "power": POWER,
    }


def answers(diagnosed: list[dict[str, Any]], real: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the front page: teams of eight on the complete graph, and what a placebo passes for."""
    rows = []
    for team, peers in (("mixed", "mixed, mostly weaker"), ("alike", "equal")):
        wanted = {"member": "Qwen", "team": team, "graph": "complete", "agents": 8}
        (row,) = [each for each in real if wanted.items() <= each.items()]
        said = "No difference outside its noise"
        if row["beside_high"] < 0:
            said = "It costs right answers beyond those that re-evaluation costs"
        if row["beside_low"] > 0:
            said = "It keeps right answers that re-evaluation alone gives up"
        rows.append(
            {
                "question": f"What does reading {peers} peers add to re-evaluation?",
                "answer": said,
                **{end: row[column] for end, column in BESIDE.items()},
                "form": "points",
                "measured": "a real model on a CPU, beside itself with nobody to read",
            }
        )
    still = {"graph": "complete", "rule": "placebo", "diagnostic": "pull"}
    (pull,) = [row for row in diagnosed if still.items() <= row.items()]
    rows.append(
        {
            "question": "Does the pull of peers show that agents read them?",
            "answer": "No: it shows where nobody reads anybody" if pull["low"] > 0 else "Yes: a placebo shows none",
            **{end: pull[end] for end in ("value", "low", "high")},
            "form": "number",
            "measured": "simulator, log-odds under a placebo; the truth is none",
        }
    )
    return rows


BESIDE = {"value": "beside", "low": "beside_low", "high": "beside_high"}


# Figures -----------------------------------------------------------------------------------------------------------

ORDER = (
    "conformity",
    "pull",
    "coupling",
    "drift",
    "truth advantage",
    "plurality",
    "agreement",
    "conformity beside placebo",
    "pull beside placebo",
    "accuracy beside placebo",
    "plurality beside placebo",
    "agreement beside placebo",
)


def given_up_chart(real: list[dict[str, Any]]) -> alt.LayerChart:
    """How many of its right answers the stronger model gives up, by whom it reads."""
    rows = [
        {"who": who(row), "team": row["team"]} | {end: 100 * row[column] for end, column in GIVEN_UP.items()}
        for row in real
        if row["member"] == "Qwen"
    ]
    kinds, colours = ["alone", "alike", "mixed"], [LIGHT["series"][place] for place in (0, 1, 3)]
    base = alt.Chart(data(rows), title="right answers of Qwen that it gave up, percent, with 95 % intervals").encode(
        y=alt.Y("who:N", sort=[row["who"] for row in rows], title=None, axis=alt.Axis(labelLimit=260)),
        color=alt.Color("team:N", title=None, scale=alt.Scale(domain=kinds, range=colours)),
    )
    shape = alt.Shape("team:N", title=None, scale=alt.Scale(domain=kinds))
    across = alt.X("low:Q", title="percent of the right first answers", scale=alt.Scale(domain=[0, 100]))
    return alt.layer(
        base.mark_rule(strokeWidth=2).encode(x=across, x2="high:Q"),
        base.mark_point(size=70, filled=True, opacity=1).encode(x="value:Q", shape=shape),
    ).properties(width=430, height=26 * len(rows))


GIVEN_UP = {"value": "subverted", "low": "subverted_low", "high": "subverted_high"}


def who(row: Mapping[str, Any]) -> str:
    """Whom an agent read, in words."""
    if not row["peers"]:
        return "reads nobody"
    kind = "equal" if row["team"] == "alike" else "mixed"
    return f"{row['peers']} {kind} peer{'s' if row['peers'] > 1 else ''}, {row['graph']} of {row['agents']}"


def diagnostics_chart(diagnosed: list[dict[str, Any]]) -> alt.LayerChart:
    """How often each diagnostic shows something in a study of a hundred questions, on the complete graph."""
    rows = [
        {key: row[key] for key in ("rule", "diagnostic")} | {"percent": 100 * row["power"]}
        for row in diagnosed
        if row["graph"] == "complete" and row["diagnostic"] in ORDER
    ]
    base = alt.Chart(data(rows), title=f"percent of studies of {STUDY} questions that show it").encode(
        x=alt.X("rule:N", sort=list(RULES), title=None, axis=alt.Axis(labelAngle=-30, orient="bottom")),
        y=alt.Y("diagnostic:N", sort=list(ORDER), title=None, axis=alt.Axis(labelLimit=220)),
    )
    shade = alt.Scale(domain=[0, 100], range=[LIGHT["paper"], LIGHT["series"][1]])
    ink = alt.condition("datum.percent > 55", alt.value(LIGHT["paper"]), alt.value(LIGHT["ink"]))
    boxes = base.mark_rect(stroke=LIGHT["rule"]).encode(color=alt.Color("percent:Q", scale=shade, legend=None))
    return alt.layer(boxes, base.mark_text().encode(text=alt.Text("percent:Q", format=".0f"), color=ink)).properties(
        width=440, height=26 * len(ORDER)
    )


def dose_chart(courses: list[dict[str, Any]], rule: str) -> alt.LayerChart:
    """Agreement over k·τ, a line for each number of peers."""
    rows = [
        {"peers": str(row["peers"]), "dose": row["dose"]} | {end: 100 * row[end] for end in ("value", "low", "high")}
        for row in courses
        if row["rule"] == rule
    ]
    names = [str(peers) for peers in PEERS]
    base = alt.Chart(data(rows), title=rule).encode(
        x=alt.X("dose:Q", title="peers × rounds", scale=alt.Scale(type="log", base=2)),
        color=alt.Color("peers:N", title="peers", scale=alt.Scale(domain=names, range=LIGHT["series"][1:5])),
    )
    height = alt.Y("value:Q", title="rise of agreement, points")
    shape = alt.Shape("peers:N", title="peers", scale=alt.Scale(domain=names))
    return alt.layer(
        base.mark_line().encode(y=height),
        base.mark_rule(opacity=0.5).encode(y="low:Q", y2="high:Q"),
        base.mark_point(filled=True, size=50, opacity=1).encode(y=height, shape=shape),
    ).properties(width=240, height=170)
