"""The answer in words: sentences made only of table rows, that never say more than the intervals carry.

A difference whose interval holds 0 is *not distinguishable in this run*; it is never called a tie, nor a gain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agentscale.analysis.curves import Setting
from agentscale.report.figures.base import series_name
from agentscale.report.findings import Finding, verdict, warnings
from agentscale.report.numbers import ABSENT, Row, between, channels, known, percent, points, speaks
from agentscale.report.outlook import ceiling
from agentscale.report.settings import Tables
from agentscale.report.transcripts import Pack
from agentscale.schema.run import RunHeader

LAYERS = {
    "L1": "one model without personas",
    "L2": "one model with personas",
    "L3": "several models without personas",
    "L4": "several models with personas",
}


PAIRS = (("L4", "L1"), ("L3", "L1"), ("L2", "L1"))
"""Which layers the first screen compares; the first pair that the run holds."""


class Answer(NamedTuple):
    """What the first screen says of one task."""

    task: str
    lead: str
    about: str
    findings: tuple[Finding, ...]


def answers(tables: Tables) -> list[Answer]:
    """The answer for every task of which a curve has at least one point with a value."""
    tasks = dict.fromkeys(row["task"] for row in tables["curves"] if speaks(row))
    return [_answer(task, tables) for task in tasks]


def unanswered(tables: Tables) -> str:
    """What is said in place of an answer, where no task has an accuracy."""
    if tables.get("worlds"):
        return (
            "This run has no accuracy: its worlds have no goal that is reached or missed. What they measured stands "
            "below."
        )
    return "There is no number to report."


def _answer(task: str, tables: Tables) -> Answer:
    curves = [row for row in tables["curves"] if row["task"] == task and speaks(row)]
    cells = [row for row in tables["cells"] if row["task"] == task]
    top = best(curves)
    found = (
        _next(tables["vote_curve"], top),
        ceiling(tables.get("forecast", ()), task),
        _worth(tables["comparisons"], curves, top),
        _talk(tables["comparisons"], cells),
        _channels(curves),
        _floor(cells),
    )
    return Answer(task, _lead(top), _about(top, curves), tuple(finding for finding in found if finding))


def best(curves: Sequence[Row]) -> Row:
    """The row of the highest accuracy; of equal ones the smallest team."""
    return min(curves, key=lambda row: (-row["accuracy"], row["size"]))


def agents(size: object) -> str:
    """``1 agent`` or ``n agents``."""
    return "1 agent" if size == 1 else f"{size} agents"


def _lead(top: Row) -> str:
    return (
        f"The best team of this run is {series_name(top)} with {agents(top['size'])} under {top['played']}: "
        f"{percent(top['accuracy'])} right."
    )


def _about(top: Row, curves: Sequence[Row]) -> str:
    span = between(top.get("low"), top.get("high"), percent)
    layer = LAYERS.get(str(top["layer"]))
    said = [
        f"{top['layer']} is {layer}." if layer else "",
        f"95 % interval {span}, over {top['n_items']} questions." if span else f"Over {top['n_items']} questions.",
        f"The interval reaches down to chance, {percent(top['chance'])}." if _at_chance(top) else "",
        _luck(top, curves),
    ]
    return " ".join(filter(None, said))


def _luck(top: Row, curves: Sequence[Row]) -> str:
    level = sum(row["accuracy"] == top["accuracy"] for row in curves) - 1
    if len(curves) < 2:
        return ""
    others = f" ({level} {'other is' if level == 1 else 'others are'} as high)" if level else ""
    return f"It is the highest of {len(curves)} points{others}, and the highest of many is flattered by luck."


def _at_chance(row: Row) -> bool:
    return (
        known(row.get("low")) and known(row.get("chance")) and bool(row["chance"] > 0 and row["low"] <= row["chance"])
    )


def _channels(curves: Sequence[Row]) -> Finding | None:
    size = max(row["size"] for row in curves)
    rows = [row for row in curves if row["size"] == size and known(row.get("k_star"))]
    if not rows or size == 1:
        return None
    top = max(rows, key=lambda row: row["k_star"])
    least = min(rows, key=lambda row: row["k_star"])
    text = (
        f"What {agents(size)} of {series_name(top)} ({top['played']}) say is as varied as {channels(top['k_star'])} "
        "answers with nothing in common"
    )
    if least is not top:
        text += f"; the least varied, {series_name(least)} ({least['played']}), as {channels(least['k_star'])}"
    span = between(top.get("k_star_low"), top.get("k_star_high"), channels)
    return Finding("Channels of the largest teams, K*", channels(top["k_star"]), span, f"{text}.")


def _floor(cells: Sequence[Row]) -> Finding | None:
    chances = [row for row in cells if known(row.get("chance"))]
    failures = [row for row in cells if known(row.get("parse_failure"))]
    if not chances and not failures:
        return None
    value = percent(min(row["chance"] for row in chances)) if chances else ABSENT
    unknown = "The chance level is unknown: the answers are open, or deeds in a world."
    text = "What guessing gives on average." if chances else unknown
    if failures:
        worst = max(failures, key=lambda row: row["parse_failure"])
        text += (
            f" Answers that could not be read: at most {percent(worst['parse_failure'])} of a cell ({worst['cell']})."
            if worst["parse_failure"]
            else " Every answer could be read."
        )
    return Finding("Chance level", value, "", text)


def matters(header: RunHeader, tables: Tables, packed: Pack) -> list[str]:
    """What is the matter with this run, said before anything else: it is empty, cut short, silent, or one cell.

    Args:
        header: The run's header.
        tables: All tables.
        packed: The transcripts.
    """
    said: list[str] = []
    if not header.cells:
        said.append("This experiment has no cell: nothing of its design can be run. The report card says why.")
    elif not packed.n_played:
        said.append(
            "This run is empty: no trial has finished. `agentscale run` with the same experiment file resumes it."
        )
    elif packed.n_played < packed.n_planned:
        said.append(
            f"This run is not complete: {packed.n_played:,} of {packed.n_planned:,} trials have finished, and the "
            "numbers below speak of those alone. `agentscale run` with the same experiment file does the rest."
        )
    said += _silent(tables["cells"])
    if packed.n_played and len(header.cells) == 1:
        said.append("This run has one cell: there is no other team, size or protocol to compare it with.")
    return said


def _silent(cells: Sequence[Row]) -> list[str]:
    asked = [row for row in cells if known(row.get("parse_failure"))]
    mute = [row for row in asked if row["parse_failure"] >= 1]
    if not mute:
        return []
    if len(mute) == len(asked):
        return [
            "Every answer of this run is missing: none could be read. What stands below as accuracy is the absence of "
            "answers, not wrong ones. The transcripts show what came back, and why it could not be read."
        ]
    return [
        f"In {len(mute)} of {len(asked)} cells every answer is missing; their accuracy says nothing about the teams."
    ]


def beside(figure: str, said: Iterable[str]) -> list[str]:
    """The warnings that belong beside a figure: of K*, of the vote curve, and all others beside accuracy.

    Args:
        figure: The figure's name.
        said: All warnings of the run.
    """
    return [text for text in said if figure == _where(text)]


def _where(warning: str) -> str:
    if "K*" in warning:
        return "channels"
    return "votes" if "vote curve" in warning else "accuracy"


def _next(vote_curve: Sequence[Row], top: Row) -> Finding | None:
    """What one more agent was worth to the largest vote of the best team's kind."""
    own = [row for row in vote_curve if (row["task"], row["layer"]) == (top["task"], top["layer"])]
    told = [row for row in own if known(row.get("next"))]
    if not told:
        return None
    row = max(told, key=lambda row: (row["size"], row["accuracy"]))
    said = (
        f"{_team(row)} under vote, at {agents(row['size'])}: half of what the last two added, with ties in expectation."
    )
    span = between(row.get("next_low"), row.get("next_high"), points)
    return Finding("One more agent", f"{points(row['next'])} points", span, f"{said} {_gain(row)}")


def _gain(row: Row) -> str:
    if known(row.get("next_low")) and row["next_low"] > 0:
        return "That is a gain: the whole interval is above 0."
    if known(row.get("next_high")) and row["next_high"] < 0:
        return "That is a loss: the whole interval is below 0."
    return "Not distinguishable from nothing in this run."


def _worth(comparisons: Sequence[Row], curves: Sequence[Row], top: Row) -> Finding | None:
    """What the most diverse layer is worth over the least, at the largest size, where the best team was found."""
    by_label = {(row["a"], row["b"]): row for row in comparisons if known(row.get("delta"))}
    wanted = sorted(
        (-row["size"], rank, row["played"] != top["played"], index)
        for index, row in enumerate(curves)
        for rank, (layer, _) in enumerate(PAIRS)
        if row["layer"] == layer
    )
    speaking = {str(_setting(row, row["layer"])) for row in curves}
    for _, rank, _, index in wanted:
        row, (layer, other) = curves[index], PAIRS[rank]
        names = str(_setting(row, layer)), str(_setting(row, other))
        pair = by_label.get(names) if names[1] in speaking else None
        if pair:
            text = f"{layer}, {LAYERS[layer]}, against {other}, {LAYERS[other]}; both under {row['played']}"
            return _difference(f"{layer} over {other} at {agents(row['size'])}", pair, text, layer)
    return None


def _talk(comparisons: Sequence[Row], cells: Sequence[Row]) -> Finding | None:
    """What the protocol of the best of the largest teams is worth over another protocol of the same agents."""
    by_label = {(row["a"], row["b"]): row for row in comparisons if known(row.get("delta"))}
    speaking = sorted(filter(speaks, cells), key=lambda row: (-row["size"], -row["accuracy"]))
    for row in speaking:
        for other in (cell for cell in speaking if cell is not row and _agents(cell) == _agents(row)):
            pair = by_label.get((_label(row), _label(other)))
            if pair:
                protocol = str(row["protocol"]).partition("(")[0].capitalize()
                text = f"The same {agents(row['size'])} ({_team(row)}) under {row['played']}, against {other['played']}"
                return _difference(f"{protocol} over {other['played']} at {agents(row['size'])}", pair, text, protocol)
    return None


def _agents(row: Row) -> tuple[object, ...]:
    """Equal where the agents are the same."""
    return row["layer"], row["team"], row["size"]


def _label(row: Row) -> str:
    return str(_setting(row, row["layer"], row["team"]))


def _team(row: Row) -> str:
    return str(row["layer"]) if row["team"] == row["layer"] else f"{row['layer']} {row['team']}"


def _setting(row: Row, layer: str, team: str = "") -> Setting:
    """How the comparisons name a row."""
    return Setting(row["task"], layer, team, row["protocol"], row["topology"], row["size"])


def _difference(title: str, pair: Row, text: str, first: str) -> Finding:
    span = between(pair.get("low"), pair.get("high"), points)
    # How it was paired and tested is in the table; what differs besides the layer belongs beside the number.
    caution = "; ".join(part for part in warnings(pair.get("note")) if not part.startswith(("paired ", "p is ")))
    said = [
        f"{text}, on the same {pair['n_items']} questions.",
        verdict(pair, first),
        f"Mind: {caution}." if caution else "",
    ]
    return Finding(title, f"{points(pair['delta'])} points", span, " ".join(filter(None, said)))
