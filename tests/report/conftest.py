"""A small made-up run: two models, four layers, vote and debate, with numbers that are nobody's."""

from __future__ import annotations

import base64
import csv
import json
import math
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from agentscale.analysis.tables import COLUMNS
from agentscale.schema.agents import Agent, Persona, Sampling, Team
from agentscale.schema.run import Cell, Event, Named, QuestionRecord, RunHeader, Transcript


class Table(NamedTuple):
    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Analysis:
    header: RunHeader
    tables: dict[str, Table]
    embedder: str = "use@0.2.1"
    warnings: tuple[str, ...] = ()
    method: str = "95 % of a bootstrap over questions"


@dataclass
class Folder:
    """What report uses of a RunFolder."""

    path: Path
    header: RunHeader
    asked: dict[tuple[str, str], QuestionRecord] = field(default_factory=dict)
    played: dict[str, list[Transcript]] = field(default_factory=dict)

    @property
    def report_path(self) -> Path:
        return self.path / "report.html"

    def figure_path(self, name: str) -> Path:
        (self.path / "figures").mkdir(parents=True, exist_ok=True)
        return self.path / "figures" / name

    def questions(self) -> dict[tuple[str, str], QuestionRecord]:
        return self.asked

    def has_transcripts(self, cell_id: str) -> bool:
        return cell_id in self.played

    def transcripts(self, cell_id: str) -> Iterator[Transcript]:
        return iter(self.played[cell_id])

    def write_table(self, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Path:
        target = self.path / "tables" / f"{name}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w", newline="", encoding="utf-8", errors="backslashreplace") as out:
            writer = csv.DictWriter(out, columns)
            writer.writeheader()
            writer.writerows(rows)
        return target


def tables(**rows: Sequence[Mapping[str, Any]]) -> dict[str, Table]:
    """All tables, those named filled; a row's column that is not given is nan."""
    return {
        name: Table(
            tuple(columns.split()),
            tuple({column: row.get(column, math.nan) for column in columns.split()} for row in rows.get(name, ())),
        )
        for name, columns in COLUMNS.items()
    }


def team(layer: str, size: int) -> Team:
    """``size`` agents of a layer, dealt over two models and two personas."""
    models = ["small", "large"] if layer in ("L3", "L4") else ["small"]
    personas = ["solver", "doubter"] if layer in ("L2", "L4") else [None]
    kinds = [(model, persona) for persona in personas for model in models]
    agents = []
    for index in range(size):
        model, persona = kinds[index % len(kinds)]
        config, copy = f"{model}/{persona or '-'}", index // len(kinds)
        agents.append(
            Agent(
                slot=f"{config}/{copy}",
                config_id=config,
                copy_index=copy,
                model=model,
                persona=Persona(name=persona, text=f"You are a {persona}.") if persona else None,
                sampling=Sampling(temperature=1.0),
            )
        )
    return Team(agents=tuple(agents))


def edges(topology: str, size: int) -> tuple[tuple[int, int], ...]:
    pairs = [(u, v) for u in range(size) for v in range(size) if u != v]
    kept = {
        "complete": lambda u, v: True,
        "ring": lambda u, v: (u - v) % size in (1, size - 1),
        "hub": lambda u, v: 0 in (u, v),
        "chain": lambda u, v: v == u + 1,
        "random": lambda u, v: (3 * u + 5 * v) % 4 == 0,
    }[topology]
    return tuple((u, v) for u, v in pairs if kept(u, v))


def cell(layer: str, size: int, protocol: str = "vote", topology: str | None = None, **changes: Any) -> Cell:
    named = Named(name=protocol, parameters={"rounds": 2} if protocol == "debate" else {})
    values = {
        "id": "-".join(str(part) for part in ("sums", layer, f"n{size}", protocol, topology) if part),
        "task": "sums",
        "layer": layer,
        "team_name": "small" if layer in ("L1", "L2") else layer,
        "size": size,
        "team": team(layer, size),
        "protocol": named,
        "topology": Named(name=topology) if topology else None,
        "edges": edges(topology, size) if topology else (),
        "temperature": (1.0,),
    }
    return Cell(**(values | changes))


def header(cells: Sequence[Cell], **changes: Any) -> RunHeader:
    values = {
        "name": "sums-l1-l4",
        "seed": 7,
        "experiment": {"name": "sums-l1-l4"},
        "experiment_digest": "d" * 64,
        "replicates": 1,
        "embedder": "use",
        "cells": tuple(cells),
        "tasks": {"sums": {"digest": "e" * 64, "kind": "choice", "extract": ("letter",)}},
        "versions": {"agentscale": "0.1.0", "numpy": "2.4.6"},
    }
    return RunHeader(**(values | changes))


def question(number: int, **changes: Any) -> QuestionRecord:
    values = {
        "task": "sums",
        "sample_id": f"s{number:03d}",
        "prompt": f"What is {number} + {number}?\n\nA) {2 * number}\nB) {2 * number + 1}\n\nEnd with: Final answer: X",
        "choices": (str(2 * number), str(2 * number + 1)),
        "target": "A",
    }
    return QuestionRecord(**(values | changes))


def trial(of: Cell, asked: QuestionRecord, rounds: int = 1, said: Any = None, **changes: Any) -> Transcript:
    """A trial in which ``said(slot index, round)`` gives an answer, or ``None`` for a missing one."""
    slots, events = of.team.slots, []
    said = said or (lambda index, number: "A")
    for number in range(rounds):
        for index, slot in enumerate(slots):
            answer = said(index, number)
            events.append(
                Event(
                    key=f"{of.id}/{asked.sample_id}/{number}/{index}",
                    round=number,
                    slot=slot,
                    reads=tuple(slots[u] for u, v in of.edges if v == index) if number else (),
                    text=f"I add the two numbers and look at the options, as {slot} would in round {number}.\n"
                    + (f"Final answer: {answer}" if answer else "I am not sure"),
                    answer=answer,
                    missing=None if answer else "no_answer",
                    correct=None if answer is None else answer == asked.target,
                    tokens_in=40,
                    tokens_out=20,
                )
            )
    last = [event for event in events if event.round == rounds - 1]
    votes = [event.answer for event in last if event.answer]
    answer = max(sorted(set(votes)), key=votes.count) if votes else None
    values = {
        "cell": of.id,
        "sample_id": asked.sample_id,
        "replicate": 0,
        "expected": slots,
        "events": tuple(events),
        "final": tuple(event.key for event in last),
        "answer": answer,
        "tied": bool(votes) and len(set(votes)) > 1 and votes.count("A") * 2 == len(votes),
        "correct": None if answer is None else answer == asked.target,
        "score": None if answer is None else float(answer == asked.target),
    }
    return Transcript(**(values | changes))


def estimate(of: Cell, measure: str, at: str, value: float) -> dict[str, Any]:
    """A row of a section's table."""
    ends = {"low": value - 0.1, "high": value + 0.1}
    return {"cell": of.id, "measure": measure, "at": at, "value": value, **ends, "n_items": 12, "warnings": ""}


def pair_rows(of: Cell) -> Iterator[dict[str, Any]]:
    """Cosine and agreement of every two agents."""
    for (i, a), (j, b) in combinations(enumerate(of.team.slots), 2):
        yield estimate(of, "cosine", f"{a} × {b}", 0.5 + 0.01 * (i + j))
        yield estimate(of, "same_answer", f"{a} × {b}", 0.6)


def edge_rows(of: Cell) -> Iterator[dict[str, Any]]:
    """What went along every edge: to the right from even agents, to the wrong side from odd ones, nothing from 0."""
    for u, v in of.edges:
        at = f"{of.team.slots[u]} → {of.team.slots[v]}"
        yield estimate(of, "took_over", at, 0.3 if u else 0.0)
        yield estimate(of, "flips_to_right", at, 0.2 * (u > 0 and u % 2 == 0))
        yield estimate(of, "flips_to_wrong", at, 0.1 * (u % 2))


def contribution_rows(of: Cell) -> Iterator[dict[str, Any]]:
    """What the team loses without each agent."""
    for index, slot in enumerate(of.team.slots if of.size > 1 else ()):
        yield estimate(of, "k_star_lost", slot, 0.1 * index)
        yield estimate(of, "accuracy_lost", slot, 0.01 * index)


def full(path: Path, sizes: Sequence[int] = (1, 2, 4, 8, 16), n_questions: int = 12) -> tuple[Folder, Analysis]:
    """The whole made-up run."""
    played = [("vote", None), ("debate", "complete"), ("debate", "ring")]
    cells = [
        cell(layer, size, protocol, topology)
        for protocol, topology in played
        for layer in ("L1", "L2", "L3", "L4")
        for size in sizes
    ]
    questions = [question(number) for number in range(n_questions)]
    folder = Folder(path, header(cells), {(one.task, one.sample_id): one for one in questions})
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    for index, one in enumerate(cells):
        rank, depth = int(one.layer[1]), math.log2(one.size)
        accuracy = 0.48 + 0.03 * rank + (0.012 + 0.012 * rank) * depth - (0.02 if one.protocol.name == "debate" else 0)
        k_star = 1 + (0.12 + 0.08 * rank) * depth
        base = {
            "cell": one.id,
            "task": "sums",
            "layer": one.layer,
            "team": one.team_name,
            "size": one.size,
            "protocol": one.protocol.label,
            "topology": one.topology.label if one.topology else "",
            "n_items": n_questions,
            "chance": 0.25,
            "parse_failure": 0.01 * (index % 5),
            "calls": n_questions * one.size,
            "method": "runs",
            "warnings": "",
            "accuracy": accuracy,
            "low": accuracy - 0.05,
            "high": accuracy + 0.05,
            "k_star": k_star,
            "k_star_low": k_star - 0.06,
            "k_star_high": k_star + 0.06,
            "tokens": 60 * one.size,
            "teams": 1,
        }
        rows["curves"].append(base)
        rows["cells"].append(
            base
            | {
                "accuracy_low": base["low"],
                "accuracy_high": base["high"],
                "accuracy_readable": accuracy + 0.01,
                "tokens_in": 40 * one.size,
                "tokens_out": 20 * one.size,
                "n_missing": index % 3,
                "d_2": k_star - 0.1,
                "d_inf": k_star - 0.2,
                "mean_cosine": 0.9,
                "temperature": "1.0",
                "warnings": "fewer than 30 questions: intervals are rough" if one.size > 8 else "",
            }
        )
        rows["pairs"] += list(pair_rows(one))
        rows["reading"] += list(edge_rows(one))
        rows["contributions"] += list(contribution_rows(one))
        rows["questions"] += [
            {"cell": one.id, "question": key.sample_id, "round": 0, "k_star": k_star, "agent_accuracy": 0.5}
            for key in questions
        ]
        length = 3 if one.protocol.name == "debate" else 1
        for number in range(length):
            rows["rounds"].append(
                {
                    "cell": one.id,
                    "round": number,
                    "agent_accuracy": accuracy - 0.05,
                    "team_accuracy": accuracy - 0.02 * (2 - number),
                    "k_star": k_star,
                    "mean_cosine": 0.9,
                    "missing": 0.01,
                    "right_to_wrong": 0.02,
                    "wrong_to_right": 0.05,
                }
            )
        rows["agents"] += [
            {
                "cell": one.id,
                "slot": agent.slot,
                "config": agent.config_id,
                "accuracy": 0.5,
                "readable": 0.97 + 0.01 * (index % 3),
                "k_without": k_star - 0.1,
                "n_items": n_questions,
            }
            for agent in one.team.agents
        ]
        folder.played[one.id] = [
            trial(
                one,
                asked,
                length,
                lambda i, r, q=number: None if (i + q) % 11 == 10 else "AB"[(i * 7 + q * 3 + r * (i % 2)) % 3 == 0],
            )
            for number, asked in enumerate(questions)
        ]
    for layer in ("L1", "L2", "L3", "L4"):
        for size in range(1, sizes[-1] + 1):
            rank = int(layer[1])
            accuracy = 0.48 + 0.03 * rank + (0.012 + 0.012 * rank) * math.log2(size)
            rows["vote_curve"].append(
                {
                    "task": "sums",
                    "layer": layer,
                    "team": "small" if rank < 3 else layer,
                    "size": size,
                    "accuracy": accuracy,
                    "low": accuracy - 0.05,
                    "high": accuracy + 0.05,
                    "next": 0.01 if size > 2 else math.nan,
                    "next_low": -0.01,
                    "next_high": 0.03,
                    "n_items": n_questions,
                    "recorded": sizes[-1],
                    "method": "exact",
                }
            )
        rows["fits"] += [
            {"task": "sums", "layer": layer, "protocol": "vote", "topology": "", "team": "", "quantity": "accuracy",
             "family": family, "parameters": "m = 0.5", "weight": weight, "reach": 32, "forecast": 0.5, "low": 0.4,
             "high": 0.6}
            for family, weight in (("constant", 0.7), ("exp_sat", 0.3))
        ]  # fmt: skip
        rows["laws"] += [
            {"task": "sums", "layer": layer, "protocol": "vote", "topology": "", "team": "", "quantity": "accuracy",
             "family": family, "size": float(size), "value": 0.5, "low": 0.4, "high": 0.6}
            for family in ("constant", "exp_sat") for size in (1, 8, 32)
        ]  # fmt: skip
    for size in sizes:
        for protocol, suffix in (("vote", ""), ("debate(rounds=2)", " on ring")):
            rows["comparisons"].append(
                {
                    "a": f"sums · {protocol}{suffix} · L4 × {size}",
                    "b": f"sums · {protocol}{suffix} · L1 × {size}",
                    "delta": 0.05,
                    "low": 0.01,
                    "high": 0.09,
                    "n_items": n_questions,
                    "p_mcnemar": 0.03,
                    "note": "paired on questions",
                }
            )
        rows["comparisons"].append(
            {
                "a": f"sums · debate(rounds=2) on ring · L4 × {size}",
                "b": f"sums · vote · L4 × {size}",
                "delta": -0.02,
                "low": -0.06,
                "high": 0.02,
                "n_items": n_questions,
                "p_mcnemar": 0.4,
                "note": "paired on questions",
            }
        )
    return folder, Analysis(folder.header, tables(**rows), warnings=("12 questions: few",))


def opened(lines: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The trials of every cell in packed lines, as the page's script opens them."""
    index, *parts = (json.loads(zlib.decompress(base64.b64decode(line))) for line in lines)
    found: dict[str, list[dict[str, Any]]] = {}
    for cell in index["cells"]:
        trials = found.setdefault(cell["id"], [])
        for question, at, replicate, answer, correct, marks, tied in cell["rows"]:
            number, within = index["places"][question]
            part = parts[number][within]
            trial = part["trials"][at]
            events = [{**event, "text": part["texts"][event["text"]]} for event in trial["events"]]
            trials.append({**trial, "prompt": part["texts"][trial["prompt"]], "events": events})
            told = {
                "sample_id": index["questions"][question],
                "replicate": replicate,
                "answer": answer,
                "correct": correct,
                "marks": marks,
                "tied": tied,
            }
            assert trials[-1] | told == trials[-1]
    return found


@pytest.fixture
def run(tmp_path: Path) -> tuple[Folder, Analysis]:
    """A run with everything in it, at two sizes."""
    return full(tmp_path, sizes=(1, 4), n_questions=6)


@pytest.fixture(scope="session")
def world() -> ModuleType:
    """This module, for tests that make their own runs."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def make_cell() -> Callable[..., Cell]:
    """Makes a cell from layer, size, protocol and topology."""
    return cell
