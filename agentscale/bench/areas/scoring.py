"""Reading and scoring answers: answers a CPU-second, beside regular expressions and other libraries' filters.

The texts are of the kinds that models write: the mark as it was asked for, in bold or in brackets, twice, in a
sentence, or not at all, after a hundred to two thousand characters of reasoning. Ours are read and scored; of the
others, Inspect scores too, and lm-eval filters only. Checks of expressions and programs take a process, and are timed
by the clock: no other library keeps them apart from itself.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from agentscale.bench.goals import Goal, Measure, Result
from agentscale.bench.measuring import Cost, side_by_side
from agentscale.bench.peers import READERS, Answer, read_by
from agentscale.bench.setting import Setting
from agentscale.engine.checking import checked_program
from agentscale.randomness import keyed
from agentscale.schema.calls import Completion
from agentscale.schema.programs import Case, ProgramTests
from agentscale.schema.tasks import AnswerKind
from agentscale.scoring import is_correct, read
from agentscale.scoring.checks import MathChecker
from agentscale.scoring.checks import maths as mathematics
from agentscale.tools import sandbox

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
NUMBER_CHAIN = ("mark", "last_number")
NUMBER_ENDS = (
    "Final answer: {}",
    "**Final answer:** ${}",
    "Final answer: {0} spans\n\nFinal answer: {0}",
    "So there are {} of them.",
    "final answer: \\boxed{{{}}}",
    "Final answer: I cannot tell.",
)
_REASON = "The bridge is as long as all of its spans together, so I add them up. "


def run(setting: Setting) -> Result:
    """Measures the area."""
    size = setting.size(20_000, 4000)
    texts, numbers = made(size), made(size, NUMBER_ENDS, ("7", "12.5", "1,240", "-3"))
    ours = {"letters": partial(by_chain, texts), "numbers": partial(by_chain, numbers, "number", NUMBER_CHAIN, ())}
    costs = side_by_side({**ours, "one regex": partial(by_regex, texts)}, 3)
    measures = [Measure(name, 1 / cost.cpu_s, "answers a CPU-second") for name, cost in costs.items()]
    goals = []
    for kind, of in (("letters", texts), ("numbers", numbers)):
        for name, answer in _peers(setting, of, kind).items():
            rate = None if answer.cpu_us is None else 1e6 / answer.cpu_us
            measures.append(Measure(f"{name}, {kind}", rate, "answers a CPU-second", answer.note))
            want, does = _WANTED[name]
            goals.append(Goal.at_least(f"{name} / {kind}", _ratio(answer, costs[kind]), want, does))
    measures += _checks(setting)
    return Result("scoring", measures, goals, (f"{len(texts):,} texts of {_mean(texts):,.0f} characters on average.",))


_WANTED = {"inspect_ai": (1.0, "its scorer"), "lm_eval": (0.1, "its filter, which scores nothing")}
"""How many times dearer each is to be, and what it does. A bare expression may be ten times cheaper than a reader."""


def _checks(setting: Setting) -> list[Measure]:
    """Checks by the clock, where they can be had: distinct expressions in one warm process, programs one by one."""
    measures = []
    if mathematics.refusal() is None:
        checker = MathChecker()
        checker.check("x", "x")  # its process has started
        rate = _rate(partial(by_meaning, checker), setting.size(400, 60))
        checker.close()
        measures.append(Measure("expressions", rate, "checks a second", "one process"))
    if sandbox.refusal() is None:
        rate = _rate(by_doing, setting.size(40, 8))
        measures.append(Measure("programs", rate, "checks a second", "one after the other"))
    return measures


def _rate(work: Callable[[int], int], number: int) -> float:
    began = time.perf_counter()
    return work(number) / (time.perf_counter() - began)


def by_meaning(checker: MathChecker, number: int) -> int:
    """Checks so many expressions; returns how many were right, which is all."""
    return sum(bool(checker.check(rf"\frac{{{n}x}}{{3}}+1", f"{n}x/3+1").right) for n in range(number))


def by_doing(number: int) -> int:
    """Checks so many programs; returns how many were right, which is all."""
    tests = ProgramTests(hidden=(Case(call="f(2)", want="3"),)).model_dump_json()
    return sum(bool(checked_program(f"def f(x):\n    return x + {n} - {n - 1}\n", tests).right) for n in range(number))


def made(number: int, ends: Sequence[str] = ENDS, answers: Sequence[str] = "ABCD") -> list[str]:
    """The texts, no two of them alike."""
    rng = keyed(7, "bench", "texts")
    lengths = rng.integers(100, 2000, number)
    return [
        f"{n}. {_REASON * (int(length) // len(_REASON) + 1)}\n"
        + ends[n % len(ends)].format(answers[n // len(ends) % len(answers)])
        for n, length in enumerate(lengths)
    ]


def by_chain(
    texts: Sequence[str],
    kind: AnswerKind = "choice",
    chain: Sequence[str] = CHAIN,
    choices: Sequence[str] = CHOICES,
) -> int:
    """Reads and scores every text as a run does; returns how many there were."""
    target = "B" if kind == "choice" else "12.5"
    for text in texts:
        answer = read(Completion(text), kind=kind, choices=choices, chain=chain).answer
        if answer is not None:
            is_correct(answer, target, kind)
    return len(texts)


def by_regex(texts: Sequence[str]) -> int:
    """One regular expression: what a script of one's own would do, and what it would miss."""
    pattern = re.compile(r"(?i)final answer:\s*\(?([A-D])")
    return len([pattern.findall(text)[-1:] for text in texts])


def _peers(setting: Setting, texts: Sequence[str], kind: str) -> dict[str, Answer]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.json"
        path.write_text(json.dumps(texts), "utf-8")
        return {
            name: read_by(name, interpreter, path, kind)
            for name, interpreter in setting.peers.items()
            if name in READERS
        }


def _ratio(answer: Answer, cost: Cost) -> float | None:
    return None if answer.cpu_us is None else answer.cpu_us / (cost.cpu_s * 1e6)


def _mean(texts: Sequence[str]) -> float:
    return sum(map(len, texts)) / len(texts)
