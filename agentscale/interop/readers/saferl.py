"""The history files of SafeRL-Lab/Agent-Scaling: JSON Lines, a line a question, in it every round.

Three things of them are not taken over (theory of the released analysis, errata E1 and E8): answers are joined to
agents by the number at the end of the agent's name, never by the order in which names sort or stand; truths may be
numbers; and letters go as far as they go, not to D.

Reference: "Understanding agent scaling in LLM-based multi-agent systems via diversity", arXiv 2602.03794.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from agentscale.errors import SpecError
from agentscale.interop.readers.files import lines
from agentscale.interop.utterances import Foreign, Utterance
from agentscale.schema.agents import Sampling
from agentscale.schema.record import digest

_AGENT = re.compile(r"(?P<data>.+?)_\d+__(?P<model>.+)__(?P<persona>.+)__Agent(?P<number>\d+)")
_REMEDY = "name files that Agent-Scaling wrote under out/history"


class _Name(NamedTuple):
    """An agent's name, taken apart."""

    whole: str
    data: str
    model: str
    persona: str | None
    number: int


class _File(NamedTuple):
    """A history file: a team at work on a list of questions."""

    path: Path
    rows: tuple[dict[str, Any], ...]

    @property
    def cell(self) -> str:
        return self.path.stem

    @property
    def data(self) -> str:
        return next(iter(_names(self.rows[0], self.path, 1))).data

    @property
    def truths(self) -> list[str]:
        return [_letter(row["0"]["answer"]) for row in self.rows]


def read(paths: Sequence[Path]) -> Foreign:
    """Reads history files. Those of one data set that have the same truths line by line are about the same questions.

    A row does not say which question it is of, so a question's name is a digest of what all files say at its line:
    files that are shuffled together give the same run.

    Raises:
        SpecError: If a line is no history, names file and line; or two files of a data set do not go together.
    """
    files = [_file(path) for path in sorted(paths, key=lambda path: path.name)]
    together: dict[str, list[_File]] = defaultdict(list)
    for file in files:
        together[file.data].append(file)
    warnings: list[str] = []
    if any(len(group) > 1 for group in together.values()):
        warnings.append("the files name no questions: those of one data set are paired line by line")
    return Foreign(
        tuple(said for group in together.values() for said in _said(group)),
        "saferl",
        led=frozenset(file.cell for file in files if "_CENTRAL" in file.cell),
        warnings=tuple(warnings),
    )


def _file(path: Path) -> _File:
    rows = [_row(path, number, text) for number, text in lines(path)]
    if not rows:
        raise SpecError("the file has no line", file=path, remedy=_REMEDY)
    return _File(path, tuple(rows))


def _row(path: Path, number: int, text: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
        if not all({"responses", "final_answers", "answer"} <= set(row[key]) for key in row) or "0" not in row:
            raise ValueError
    except (ValueError, TypeError):
        raise SpecError("the line is no history of a question", file=path, line=number, remedy=_REMEDY) from None
    assert isinstance(row, dict)
    _names(row, path, number)
    return row


def _names(row: Mapping[str, Any], path: Path, line: int) -> list[_Name]:
    """The agents of a row in the order of their numbers, which is that of their answers."""
    names = []
    for whole in row["0"]["responses"]:
        found = _AGENT.fullmatch(whole)
        if found is None:
            problem = f"{whole!r} is no agent's name"
            raise SpecError(problem, file=path, line=line, allowed="DATA_SIZE__MODEL__PERSONA__AgentN", remedy=_REMEDY)
        persona = None if found["persona"] == "None" else found["persona"]
        names.append(_Name(whole, found["data"], found["model"], persona, int(found["number"])))
    return sorted(names, key=lambda name: name.number)


def _said(files: Sequence[_File]) -> Iterator[Utterance]:
    _check_together(files)
    for at, ids in enumerate(_ids(files)):
        for file in files:
            yield from _question(file, at, ids)


def _check_together(files: Sequence[_File]) -> None:
    first = files[0]
    for other in files[1:]:
        if other.truths != first.truths:
            pairs = enumerate(zip(first.truths, other.truths, strict=False), start=1)
            where = next((at for at, (one, two) in pairs if one != two), min(len(first.rows), len(other.rows)) + 1)
            raise SpecError(
                f"{other.path.name} and {first.path.name} are both of {first.data!r}, and differ in the questions",
                file=other.path,
                line=where,
                remedy="import them one by one: only teams that were asked the same questions in the same order pair",
            )


def _ids(files: Sequence[_File]) -> list[str]:
    """The name of every question; equal ones are told apart by a count."""
    named = [digest([_told(file.rows[at]) for file in files])[:12] for at in range(len(files[0].rows))]
    seen: Counter[str] = Counter()
    ids = []
    for name in named:
        seen[name] += 1
        ids.append(f"q-{name}" if seen[name] == 1 else f"q-{name}-{seen[name]}")
    return ids


def _told(row: Mapping[str, Any]) -> list[Any]:
    """What a row says, whatever the order of its agents."""
    return [[key, str(row[key]["answer"]), sorted(row[key]["responses"].items())] for key in sorted(row)]


def _question(file: _File, at: int, question: str) -> Iterator[Utterance]:
    row, line = file.rows[at], at + 1
    names = _names(row, file.path, line)
    for round_index, key in enumerate(sorted(row, key=int)):
        part = row[key]
        answers, configs = part["final_answers"], part.get("persona_configs", [])
        if len(answers) not in (1, len(names)):
            problem = f"round {key} has {len(answers)} answers for {len(names)} agents"
            raise SpecError(problem, file=file.path, line=line, remedy=_REMEDY)
        for place, name in enumerate(names):
            # A centralised run logs the hub's answer alone; what the others say is read from their texts.
            own = answers[place] if place < len(answers) else None
            yield Utterance(
                question=question,
                agent=name.whole,
                truth=_letter(part["answer"]),
                task=name.data,
                cell=file.cell,
                place=place,
                model=name.model,
                persona=name.persona,
                sampling=_sampling(configs[place] if place < len(configs) else "None"),
                round=round_index,
                text=part["responses"].get(name.whole, ""),
                answer=None if own in (None, "") else _letter(own),
                unread=place >= len(answers),
                topology=_topology(file.cell),
                line=line,
            )


def _letter(value: object) -> str:
    """``A`` of ``(A)``; a number as it stands."""
    return str(value).strip().removeprefix("(").removesuffix(")")


def _sampling(config: str) -> Sampling:
    """What a persona's configuration sets; one that has none was decoded by defaults that the log does not tell."""
    try:
        told = ast.literal_eval(config)
    except (ValueError, SyntaxError):
        return Sampling()
    if not isinstance(told, dict):
        return Sampling()
    return Sampling(temperature=told.get("temperature"), top_p=told.get("top_p"), max_tokens=told.get("max_new_tokens"))


def _topology(cell: str) -> str:
    return "hub" if "_CENTRAL" in cell else "ring" if "_SPARSE" in cell else "complete"
