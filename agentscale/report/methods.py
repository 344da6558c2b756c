"""A paragraph of methods, from the run's own header: every setting that a reviewer asks for, and none from memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from agentscale.report.card import embedder
from agentscale.report.contents import Contents
from agentscale.report.legible import visible
from agentscale.report.numbers import count, known, percent
from agentscale.report.words import LAYERS
from agentscale.schema.agents import Agent, Sampling
from agentscale.schema.run import RunHeader

_UNSET = "left to the endpoint"
ABSENT: tuple[object, ...] = (None, "", {}, [], ())
"""What a file does not say."""


def methods(shown: Contents) -> str:
    """The paragraphs: models, questions, teams, protocols, and how numbers were made.

    Args:
        shown: The run.
    """
    header = shown.analysis.header
    parts = (_models(header), _questions(header, shown), _teams(header), _played(header), _numbers(header, shown))
    return "\n\n".join(visible(" ".join(filter(None, part))) for part in parts) + "\n"


def _models(header: RunHeader) -> Iterator[str]:
    made_with = header.versions.get("agentscale", "")
    yield f"The run {header.name!r} was made with agentscale {made_with} (seed {header.seed})."
    agents = [agent for cell in header.cells for agent in cell.team.everyone]
    for name, spec in _mapping(header.experiment.get("models")).items():
        drawn = dict.fromkeys(_sampling(agent.sampling) for agent in agents if agent.model == name)
        yield f"Model {name}: {_source(spec)}; {' or '.join(drawn) or 'no agent of this run'}."
    personas = {agent.persona.name: agent.persona.text for agent in agents if agent.persona}
    if personas:
        yield (
            "Personas open the context: "
            + "; ".join(f"{name}, “{text.strip()}”" for name, text in personas.items())
            + "."
        )
    yield from _tools(agents)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _source(spec: object) -> str:
    told = _mapping(spec)
    if told.get("model"):
        return f"{told['model']} at the endpoint {told['endpoint']}" if told.get("endpoint") else str(told["model"])
    made = [
        f"{kind} ({_parameters(value)})" for kind, value in told.items() if kind != "sampling" and value not in ABSENT
    ]
    return ", ".join(made) or "as the file says"


def _parameters(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_parameters(inner)}" for key, inner in value.items() if inner not in ABSENT)
    if isinstance(value, list | tuple):
        return ", ".join(map(_parameters, value)) if len(value) <= 8 else f"{len(value)} values"
    return str(value)


def _sampling(sampling: Sampling) -> str:
    told = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": sampling.seed,
    }
    said = [f"{name} {_UNSET if value is None else value}" for name, value in told.items()]
    return ", ".join([*said, *([f"stop at {list(sampling.stop)}"] if sampling.stop else [])])


def _tools(agents: Iterable[Agent]) -> Iterator[str]:
    names = dict.fromkeys(tool.name for agent in agents for tool in agent.tools)
    if names:
        yield f"Agents may use the tools {', '.join(names)}."


def _questions(header: RunHeader, shown: Contents) -> Iterator[str]:
    chosen = {str(_mapping(task).get("name", task)): _mapping(task) for task in _listed(header.experiment.get("task"))}
    rows = shown.tables["cells"]
    for name, task in header.tasks.items():
        own = [row for row in rows if row["task"] == visible(name)]
        n_items = max((row["n_items"] for row in own if known(row["n_items"])), default=0)
        chance = [percent(row["chance"]) for row in own if known(row.get("chance"))][:1]
        played = f"{count(n_items)} questions" if n_items else "no question was played"
        yield f"Task {name} (digest {task.digest[:12]}): {played}, answers of the kind {task.kind}."
        yield from (f"Guessing gives {level}." for level in chance)
        told = {key: value for key, value in chosen.get(name, {}).items() if key != "name" and value}
        if told:
            yield "Chosen by " + "; ".join(f"{key}: {_quoted(value)}" for key, value in told.items()) + "."
        yield f"Answers are read by the extractors {', '.join(task.extract)}, in this order, or else missing."
    unread = [row["parse_failure"] for row in rows if known(row.get("parse_failure"))]
    if unread:
        yield f"Unreadable were between {percent(min(unread))} and {percent(max(unread))} of the answers of a cell."


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else [] if value is None else [value]


def _quoted(value: object) -> str:
    return f"“{value.strip()}”" if isinstance(value, str) else _parameters(value)


def _teams(header: RunHeader) -> Iterator[str]:
    sizes = sorted({cell.size for cell in header.cells})
    layers = dict.fromkeys(cell.layer for cell in header.cells)
    yield f"Teams had {', '.join(map(str, sizes))} agents."
    named = [f"{layer} is {LAYERS[layer]}" for layer in layers if layer in LAYERS]
    if named:
        yield f"Layer {'; '.join(named)}; members are dealt in turn, so that a smaller team opens the larger."
    largest = {(cell.task, cell.layer, cell.team_name): cell for cell in sorted(header.cells, key=lambda one: one.size)}
    for cell in {(one.layer, one.team_name): one for one in largest.values()}.values():
        counts: dict[str, int] = {}
        for agent in cell.team.agents:
            counts[agent.config_id] = counts.get(agent.config_id, 0) + 1
        made = ", ".join(f"{n} × {config}" for config, n in counts.items())
        yield f"The largest team {cell.team_name} ({cell.layer}): {made}."
    if header.not_applicable:
        yield f"{len(header.not_applicable)} combinations of levels could not be, and were not run."


def _played(header: RunHeader) -> Iterator[str]:
    protocols = dict.fromkeys(cell.protocol.label for cell in header.cells)
    topologies = dict.fromkeys(cell.topology.label for cell in header.cells if cell.topology)
    yield f"Protocols: {'; '.join(protocols)}."
    if topologies:
        yield f"Topologies (an edge u to v means that v reads u): {'; '.join(topologies)}."
    apart = "every cell was asked anew" if header.experiment.get("independent") else "cells share equal calls"
    yield f"Each question was played {header.replicates} time{'s' if header.replicates > 1 else ''} a cell; {apart}."


def _numbers(header: RunHeader, shown: Contents) -> Iterator[str]:
    yield "Accuracy is the mean over questions; a missing answer is not right, and a tied vote counts in expectation."
    yield f"Intervals: {shown.analysis.method}."
    yield "Differences are paired on questions; a table's p is McNemar's or that of a sign test, and not corrected."
    by = embedder(shown.analysis.embedder)
    yield f"K* is the exponential of the entropy of the spectrum of the texts' Gram matrix; embedder {by}."
    cost = next((entry.texts[0] for entry in shown.card if entry.name == "Calls and tokens"), "")
    yield cost
    versions = ", ".join(f"{name} {version}" for name, version in sorted(header.versions.items()))
    yield f"Computed with {versions}; the experiment, with digest {header.experiment_digest[:16]}, is in run.json."
