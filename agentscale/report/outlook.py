"""The forecast in words: the best team for a few calls, the ceilings, and why there is none where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agentscale.report.findings import Finding, gathered
from agentscale.report.numbers import Row, between, known, percent


class Outlook(NamedTuple):
    """What the page says beside the curves of the forecast."""

    findings: tuple[Finding, ...]
    absent: tuple[str, ...]
    """Why there is no forecast, or not of all that one would want; a sentence each."""
    caveats: tuple[str, ...]
    """What the rows are warned of, each with the number of rows that carry it."""


def outlook(forecast: Sequence[Row]) -> Outlook:
    """What the table ``forecast`` says, task by task.

    Args:
        forecast: Its rows, legible; none where the run holds no first answer.
    """
    if not forecast:
        return Outlook((), (_NOBODY,), ())
    tasks = dict.fromkeys(str(row["task"]) for row in forecast)
    several = len(tasks) > 1
    findings, absent = [], []
    for task in tasks:
        there, place = [row for row in forecast if row["task"] == task], f" · {task}" if several else ""
        findings += [_best(row, place) for row in there if _is_best(row) and known(row["accuracy"])]
        findings += _ceilings(there, place)
        absent += [f"{text}{' (' + task + ')' if several else ''}" for text in _gaps(there)]
    return Outlook(tuple(findings), tuple(absent), gathered(forecast))


def ceiling(forecast: Sequence[Row], task: str) -> Finding | None:
    """The highest ceiling of a task; ``None`` where there is none."""
    found = _ceilings([row for row in forecast if row["task"] == task], "")
    return found[0] if found else None


_NOBODY = (
    "There is no forecast: no agent of this run answered before it read another. Record a vote, or a debate, whose "
    "first round is one."
)
_NEVER_TOGETHER = (
    "There is no forecast: no question was put to every configuration. Record all of them on the same questions."
)
_ONCE = (
    "{n} of {all} configurations answered once a question: one answer says what one agent is worth and nothing of two. "
    "Record copies (a larger team) or replicates to forecast more of them."
)


def _gaps(rows: Sequence[Row]) -> list[str]:
    teams = [row for row in rows if row["kind"] == "team"]
    alone = {str(row["team"]).partition(" ")[2] for row in teams if row["team"] != "1 of each"}
    mixed = {name for name in alone if name != "of each"}
    repeated = {str(row["team"]).partition(" ")[2] for row in teams if row["size"] != 1}
    once = mixed - repeated
    said = [] if any(known(row["accuracy"]) for row in teams) else [_NEVER_TOGETHER]
    return said + ([_ONCE.format(n=len(once), all=len(mixed))] if once else [])


def _is_best(row: Row) -> bool:
    return str(row["kind"]).startswith("best")


def _best(row: Row, place: str) -> Finding:
    said = [
        f"{row['team']}. {str(row['method']).partition(';')[0].capitalize()}.",
        f"The recording holds {_held(row['reach'])}.",
    ]
    title = f"{str(row['kind']).capitalize()} a question{place}"
    return Finding(title, percent(row["accuracy"]), between(row["low"], row["high"], percent), " ".join(said))


def _held(reach: object) -> str:
    if isinstance(reach, int | float) and known(reach) and reach > 1:
        return f"fewer agents than that: the forecast reaches {reach:.2g} times as far"
    return "as many agents of each kind"


def _ceilings(rows: Sequence[Row], place: str) -> list[Finding]:
    """The highest ceiling, and that of as many of each where it is another."""
    ceilings = [row for row in rows if row["kind"] == "ceiling" and known(row["accuracy"])]
    if not ceilings:
        return []
    top = max(ceilings, key=lambda row: row["accuracy"])
    shown = [top, *(row for row in ceilings if row["team"] == "endless of each" and row is not top)]
    return [
        Finding(
            f"With endlessly many agents{place}",
            percent(row["accuracy"]),
            between(row["low"], row["high"], percent),
            f"The ceiling of a vote of {_endless(row)}"
            + (", the highest of all that were recorded more than once." if row is top else "."),
        )
        for row in shown
    ]


def _endless(row: Row) -> str:
    mix = str(row["team"]).removeprefix("endless ")
    return "as many of each" if mix == "of each" else mix
