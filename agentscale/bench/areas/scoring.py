"""Reading answers from texts: answers a CPU-second, beside one regular expression and other libraries' filters.

The texts are of the kinds that models write: the mark as it was asked for, in bold or in brackets, twice, in a
sentence, or not at all, after a hundred to two thousand characters of reasoning.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from agentscale.bench.goals import Goal, Measure, Result
from agentscale.bench.measuring import Cost, side_by_side
from agentscale.bench.peers import READERS, Answer, read_by
from agentscale.bench.setting import Setting
from agentscale.randomness import keyed
from agentscale.schema.calls import Completion
from agentscale.scoring import read

CHOICES = ("four spans", "five spans", "six spans", "seven spans")
CHAIN = ("mark", "letter", "option_text")
ENDS = (
    "Final answer: {}",
    "**Final answer:** ({})",
    "Final answer: {0}) four spans\n\nFinal answer: {0}",
    "So the correct option is {}.",
    "final answer: \\boxed{{{}}}",
    "I cannot tell from what is given.",
)
_REASON = "The bridge is as long as all of its spans together, so I add them up. "


def run(setting: Setting) -> Result:
    """Measures the area."""
    texts = made(setting.size(20_000, 4000))
    costs = side_by_side({"read": partial(by_chain, texts), "one regex": partial(by_regex, texts)}, 3)
    measures = [Measure(name, 1 / cost.cpu_s, "answers a CPU-second") for name, cost in costs.items()]
    goals = []
    for name, answer in _peers(setting, texts).items():
        rate = None if answer.cpu_us is None else 1e6 / answer.cpu_us
        measures.append(Measure(name, rate, "answers a CPU-second", answer.note))
        if name == "inspect_ai":
            goals.append(Goal.at_least("inspect_ai / read", _ratio(answer, costs["read"]), 1.0, "its answer scorer"))
    return Result("scoring", measures, goals, (f"{len(texts):,} texts of {_mean(texts):,.0f} characters on average.",))


def made(number: int) -> list[str]:
    """The texts, no two of them alike."""
    rng = keyed(7, "bench", "texts")
    lengths = rng.integers(100, 2000, number)
    return [
        f"{n}. {_REASON * (int(length) // len(_REASON) + 1)}\n" + ENDS[n % len(ENDS)].format("ABCD"[n // 6 % 4])
        for n, length in enumerate(lengths)
    ]


def by_chain(texts: Sequence[str]) -> int:
    """Reads every text as a run does; returns how many there were."""
    for text in texts:
        read(Completion(text), kind="choice", choices=CHOICES, chain=CHAIN)
    return len(texts)


def by_regex(texts: Sequence[str]) -> int:
    """One regular expression: what a script of one's own would do, and what it would miss."""
    pattern = re.compile(r"(?i)final answer:\s*\(?([A-D])")
    return len([pattern.findall(text)[-1:] for text in texts])


def _peers(setting: Setting, texts: Sequence[str]) -> dict[str, Answer]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.json"
        path.write_text(json.dumps(texts), "utf-8")
        return {
            name: read_by(name, interpreter, path) for name, interpreter in setting.peers.items() if name in READERS
        }


def _ratio(answer: Answer, cost: Cost) -> float | None:
    return None if answer.cpu_us is None else answer.cpu_us / (cost.cpu_s * 1e6)


def _mean(texts: Sequence[str]) -> float:
    return sum(map(len, texts)) / len(texts)
