"""Chains that the engine walked, and steps that real models were asked for, beside the laws of races."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from simulated import STEPS, TARGET, Row, wilson

from agentscale import Run
from agentscale.analysis import bootstrap_means, chain_samples, icc_estimate, k_min, p_full, pilot_k
from agentscale.environments import Hanoi
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.schema.run import QuestionRecord, Transcript
from agentscale.simulation import draw_races

WALKED = {"right": 0.9, "valid": 0.9}
"""Of the walker in `experiments/chains.yaml`: the chance that a vote is right, and that a sample is a vote."""
COOL = "-cool"
LEADS, RACES, MOST = (1, 3, 5), 1000, 200
"""Races that are drawn from the answers to each letter, and samples after which one is given up."""
DISKS = (3, 4, 5)
SEED = 5


def chains(run: Run) -> Iterator[Row]:
    """Towers that were walked to their end, beside the laws for the walker's chances."""
    for cell in run.header.cells:
        k = int(cell.protocol.parameters["k"])
        by_disks: dict[int, list[Transcript]] = {}
        for transcript in run.transcripts(cell.id):
            by_disks.setdefault(int(transcript.sample_id.rpartition("-")[2]), []).append(transcript)
        for disks, walked in by_disks.items():
            steps = 2**disks - 1
            done = [each for each in walked if each.correct]
            low, high = wilson(len(done), len(walked))
            law, samples = (
                p_full(WALKED["right"], k, steps),
                chain_samples(WALKED["right"], k, steps, valid=WALKED["valid"]),
            )
            yield {
                "disks": disks,
                "steps": steps,
                "k": k,
                "chains": len(walked),
                "value": len(done) / len(walked),
                "low": low,
                "high": high,
                "law": float(law),
                "samples": float(np.mean([each.counts["samples"] for each in done])) / steps if done else None,
                "samples_law": float(samples) / steps,
            }


class Asked:
    """What one model said to every question at one temperature.

    Args:
        name: Of the model in the experiment file.
        votes: The votes for each question, ``None`` for a sample that is none.
        right: The right answers.
        temperature: Of the samples.
    """

    def __init__(self, name: str, votes: Mapping[str, list[str | None]], right: Mapping[str, str], temperature: float):
        self.model = name.removesuffix(COOL)
        self.temperature = temperature
        self.ids = sorted(votes)
        self.votes = votes
        self.right = right

    def shares(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The share of all samples that is right, by question."""
        return np.array([np.mean([vote == self.right[at] for vote in self.votes[at]]) for at in self.ids])

    def theta(self, at: str) -> list[float]:
        """Shares of the answers to a question, the right one first; what is missing from 1 was no vote."""
        counts, n = Counter(vote for vote in self.votes[at] if vote is not None), len(self.votes[at])
        return [counts.pop(self.right[at], 0) / n, *(count / n for _, count in sorted(counts.items()))]

    def row(self, grain: str) -> Row:
        """How often it is right, whether its errors keep to questions, and where its commonest vote is right."""
        shares, n = self.shares(), len(self.votes[self.ids[0]])
        low, high = _ends(shares)
        icc = icc_estimate(np.round(shares * n), n, seed=SEED)
        flat = [vote for at in self.ids for vote in self.votes[at]]
        thetas = [self.theta(at) for at in self.ids]
        return {
            "grain": grain,
            "model": self.model,
            "temperature": self.temperature,
            "questions": len(self.ids),
            "samples": n,
            "value": float(shares.mean()),
            "low": low,
            "high": high,
            "valid": float(np.mean([vote is not None for vote in flat])),
            "correlation": icc.value,
            "correlation_low": icc.low,
            "correlation_high": icc.high,
            "winnable": float(np.mean([theta[0] > max(theta[1:], default=0.0) for theta in thetas])),
            "hopeless": float(np.mean([theta[0] < max(theta[1:], default=0.0) for theta in thetas])),
        }


def _ends(shares: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    """Of the mean over questions; where all are wrong or all right no resample differs, and each counts once."""
    if shares.min() == shares.max() and shares[0] in (0.0, 1.0):
        return wilson(int(shares.sum()), len(shares))
    ends = bootstrap_means(shares[:, None], seed=SEED)
    return float(ends.low[0]), float(ends.high[0])


def asked(run: Run) -> list[Asked]:
    """What every model of a run said. An answer that has not the form of a step is no vote."""
    questions = {record.sample_id: record for record in run.folder.questions().values()}
    right = {at: record.target.casefold() for at, record in questions.items()}
    found = []
    for cell in run.header.cells:
        votes: dict[str, list[str | None]] = {}
        for transcript in run.transcripts(cell.id):
            question = questions[transcript.sample_id]
            votes[transcript.sample_id] = [_vote(event.answer, question) for event in transcript.events]
        (temperature,) = cell.temperature
        found.append(Asked(cell.team_name, votes, right, float(temperature or 0)))
    return found


def _vote(answer: str | None, question: QuestionRecord) -> str | None:
    """The answer in small letters; a whole step only if it is a move and the state after it."""
    if answer is None:
        return None
    if question.choices:
        return answer.casefold()
    disks = int(question.sample_id.split("-")[1])
    return answer.casefold() if Hanoi(disks=disks).after(answer.upper(), 1) is not None else None


def letters_of(folder: Path) -> dict[int, list[str]]:
    """For each number of disks the letters that its steps come down to, in their order."""
    lines = (folder / "samples.jsonl").read_text("utf-8").splitlines()
    places: dict[int, dict[int, str]] = {disks: {} for disks in DISKS}
    for sample in map(json.loads, lines):
        for disks, step in sample["metadata"]["steps"]:
            places[disks][step] = sample["id"]
    return {disks: [steps[at] for at in sorted(steps)] for disks, steps in places.items()}


def real_chains(models: list[Asked], letters: Mapping[int, list[str]]) -> Iterator[Row]:
    """Towers of which every step is settled by races of what a model said: by its own answers, and by the law.

    The law knows one chance for all steps, the model's share of right votes, and is not defined at ½ and below.
    """
    for model in models:
        for k in LEADS:
            won = {at: _race(model, at, k) for at in model.ids}
            for disks, steps in letters.items():
                p = _pooled(model)
                yield {
                    "model": model.model,
                    "temperature": model.temperature,
                    "k": k,
                    "disks": disks,
                    "steps": len(steps),
                    "right_votes": p,
                    "law": float(p_full(p, k, len(steps))) if p > 0.5 else None,
                    "own": float(np.prod([won[at][0] for at in steps])),
                    "steps_won": float(np.mean([won[at][0] for at in steps])),
                    "samples": float(np.mean([won[at][1] for at in steps])),
                }


def _race(model: Asked, at: str, k: int) -> tuple[float, float]:
    found = draw_races(model.theta(at), k, RACES, keyed(0, "letters", model.model, at, str(k)), max_votes=MOST)
    return float((found.winner == 0).mean()), float(found.samples.mean())


def _pooled(model: Asked) -> float:
    """The share of right ones among the votes."""
    votes = [(vote, model.right[at]) for at in model.ids for vote in model.votes[at] if vote is not None]
    return float(np.mean([vote == right for vote, right in votes])) if votes else 0.0


def real_pilots(models: list[Asked]) -> Iterator[Row]:
    """What the pilot's rule makes of a model's votes: a lead, or that none is sure to help."""
    for model in models:
        votes = [(vote, model.right[at]) for at in model.ids for vote in model.votes[at] if vote is not None]
        right = sum(vote == target for vote, target in votes)
        row: Row = {"model": model.model, "temperature": model.temperature, "votes": len(votes), "right": right}
        try:
            found = pilot_k(right, len(votes), STEPS, TARGET)
            yield {**row, "refused": "no", "k": found.k, "k_safe": found.k_safe}
        except SpecError:
            share = right / len(votes) if votes else 0.0
            yield {
                **row,
                "refused": "yes",
                "k": int(k_min(share, STEPS, TARGET)) if 0.5 < share < 1 else None,
                "k_safe": None,
            }
