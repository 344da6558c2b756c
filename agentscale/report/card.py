"""The report card: what a reader must know of a run before believing a number of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from agentscale.report.numbers import Row, cell_text, count, known, percent
from agentscale.schema.run import RunHeader

if TYPE_CHECKING:
    from agentscale.analysis import Analysis

EMBEDDERS = {
    "endpoint": "a model behind an embeddings endpoint",
    "lexical": "lexical: hashed words and pieces of words, which see wording and not meaning",
    "minilm": "all-MiniLM-L6-v2, a small English sentence encoder that runs on this machine",
    "model2vec": "a static model: a mean of word vectors, without their order",
    "sentence-transformers": "a sentence transformer",
    "use": "Universal Sentence Encoder, a small general-purpose sentence encoder that runs on this machine",
}
TIES = (
    "Curves settle a tied vote in expectation: each of the tied answers counts its share. Transcripts settle it by a "
    "draw that depends on the seed and the trial alone, and say that they were tied."
)


_READ = 160  # letters of what differs between configurations, beside a curve; the card has it whole


class Entry(NamedTuple):
    """A line of the card: its name, and one or more statements."""

    name: str
    texts: tuple[str, ...]
    brief: str = ""
    """The same in few words, for what stands beside every curve."""


def brief(entries: Sequence[Entry]) -> str:
    """The card in one line: without this no curve says what it is worth."""
    return " · ".join(entry.brief for entry in entries if entry.brief and any(entry.texts))


def report_card(header: RunHeader, analysis: Analysis, tables: Mapping[str, Sequence[Row]]) -> list[Entry]:
    """The entries of the card, in order.

    Args:
        header: The run's header.
        analysis: Its numbers, for the name of the embedder that was used.
        tables: All tables.
    """
    cells = tables["cells"]
    questions, chance = _by_task(cells, "n_items", cell_text), _by_task(cells, "chance", percent)
    read, heat, cost = _readable(tables["agents"]), _temperatures(header), _cost(cells)
    replicates = f"{header.replicates} of each question; seed {header.seed}"
    entries = [
        Entry("Questions", questions, f"questions: {', '.join(questions)}"),
        Entry("Chance level", chance, f"chance: {', '.join(chance)}"),
        Entry("Answers read", read, f"answers read: {_short(read)}"),
        Entry("Team sizes", _parity(header), f"N {'; '.join(_parity(header)[:2])}"),
        Entry("Protocols", tuple(dict.fromkeys(cell.protocol.label for cell in header.cells))),
        Entry("Temperature", heat, f"temperature: {_short(heat)}"),
        Entry("Calls and tokens", cost, f"largest cell: {cost[0].partition(': ')[2].rstrip('.')}" if cost else ""),
        Entry("Tied votes", (TIES,), "tied votes: in expectation"),
        Entry("Replicates and seed", (replicates,), f"replicates: {replicates}"),
        Entry("Embedder of K*", (embedder(analysis.embedder),)),
        Entry("Not applicable", tuple(f"{left.cell}: {left.reason}" for left in header.not_applicable)),
        Entry("Versions", (", ".join(f"{name} {version}" for name, version in sorted(header.versions.items())),)),
        Entry("Experiment", (f"digest {header.experiment_digest[:16]}…, whole in run.json",)),
    ]
    return [entry for entry in entries if any(entry.texts)]


def _short(texts: Sequence[str]) -> str:
    return textwrap.shorten("; ".join(texts), _READ, placeholder=" …, see the report card")


def _parity(header: RunHeader) -> tuple[str, ...]:
    """Sizes of either parity: an even team can fall into halves, which an odd one cannot."""
    sizes = sorted({cell.size for cell in header.cells})
    told = {name: [size for size in sizes if size % 2 == rest] for name, rest in (("odd", 1), ("even", 0))}
    said = tuple(f"{name}: {', '.join(map(str, of))}" for name, of in told.items() if of)
    if len(said) < 2:
        return said
    return (*said, "An even team can split into halves, an odd one cannot: a vote of 2 is worth what one agent is.")


def embedder(name: str) -> str:
    """The embedder's name, and what it is where it is one of ours."""
    about = next(
        (text for kind, text in EMBEDDERS.items() if name == kind or name.startswith((f"{kind}@", f"{kind}:"))), ""
    )
    return f"{name}: {about}" if about else name


def _by_task(cells: Sequence[Row], column: str, form: object) -> tuple[str, ...]:
    told: dict[str, list[float]] = {}
    for row in cells:
        if known(row.get(column)):
            told.setdefault(str(row["task"]), []).append(row[column])
    return tuple(f"{task}: {_range(values, form)}" for task, values in told.items())


def _readable(agents: Sequence[Row]) -> tuple[str, ...]:
    told: dict[str, list[float]] = {}
    for row in agents:
        if known(row.get("readable")):
            told.setdefault(str(row["config"]), []).append(row["readable"])
    return _gathered({config: _range(values, percent) for config, values in told.items()})


def _gathered(told: Mapping[str, str]) -> tuple[str, ...]:
    """What is said of each configuration, said once for all that share it."""
    names: dict[str, list[str]] = {}
    for name, text in told.items():
        names.setdefault(text, []).append(name)
    if len(names) == 1 and len(told) > 1:
        return tuple(f"{text}, all {len(told)} configurations" for text in names)
    return tuple(f"{', '.join(shared)}: {text}" for text, shared in names.items())


def _range(values: Sequence[float], form: object) -> str:
    assert callable(form)
    low, high = form(min(values)), form(max(values))
    return str(low) if low == high else f"{low} to {high}, by cell"


def _temperatures(header: RunHeader) -> tuple[str, ...]:
    used: dict[str, set[str]] = {}
    for cell in header.cells:
        for agent in cell.team.everyone:
            heat = agent.sampling.temperature
            used.setdefault(agent.config_id, set()).add("the endpoint's own" if heat is None else f"{heat:g}")
    return _gathered({config: ", ".join(sorted(heats)) for config, heats in used.items()})


def _cost(cells: Sequence[Row]) -> tuple[str, ...]:
    asked = [row for row in cells if known(row.get("calls"))]
    if not asked:
        return ()
    top = max(asked, key=lambda row: row["calls"])
    calls = f"{count(top['calls'])} calls"
    ways = (("tokens_in", "tokens in"), ("tokens_out", "tokens out"))
    tokens = [f"{count(top[column])} {way}" for column, way in ways if known(top.get(column))]
    return (
        f"The largest cell, {top['cell']}: {', '.join([calls, *tokens])} per question.",
        "Equal calls of different cells are one call, so the cells' counts must not be added up.",
    )
