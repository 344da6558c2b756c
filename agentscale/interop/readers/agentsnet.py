"""Results of AgentsNet: one file a run, scored by the functions that score our own networks.

The log's own reading of final answers takes ``Group 10`` for ``Group 1``; they are read again from the last replies.
Which messages were left out is not told by the log, so the share of silence is not known.

Reference: "AgentsNet: coordination and collaborative reasoning in multi-agent LLMs", arXiv 2507.08616.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agentscale.environments import Score
from agentscale.environments.network.problems import PROBLEMS, ProblemName
from agentscale.environments.network.reading import final_answer
from agentscale.errors import SpecError
from agentscale.interop.plays import Played, Plays, Turn
from agentscale.interop.readers.files import readable
from agentscale.schema.calls import ANSWER_MARK
from agentscale.schema.run import Named

_MARK = "### Final Answer ###"
_REPAIRS = ("Your messages could not be parsed", "Your answer could not be parsed")
_REMEDY = "name files that AgentsNet wrote under results"


class _Data(BaseModel):
    content: str | list[Any]

    @property
    def text(self) -> str:
        """The words: some models answer in parts."""
        if isinstance(self.content, str):
            return self.content
        parts = [part.get("text", "") if isinstance(part, dict) else str(part) for part in self.content]
        return "".join(parts)


class _Message(BaseModel):
    type: str
    data: _Data


class _Node(BaseModel):
    id: int
    name: str


class _Link(BaseModel):
    source: int
    target: int


class _Graph(BaseModel):
    nodes: list[_Node] = Field(min_length=1)
    links: list[_Link] = []
    edges: list[_Link] = []


class _Log(BaseModel):
    """What is read of a file; it holds more."""

    model_config = ConfigDict(extra="ignore")

    answers: list[str | None]
    transcripts: dict[str, list[_Message]]
    graph: _Graph
    rounds: int = Field(ge=1)
    model_name: str
    task: ProblemName
    score: float | None = None
    graph_generator: str = "graph"
    graph_index: int = 0
    num_failed_json_parsings_after_retry: list[int] = []


def read(paths: Sequence[Path]) -> Plays:
    """Reads results; runs of one problem, graph and model are replicates.

    Raises:
        SpecError: If a file is no result of AgentsNet.
    """
    logs = [(path, _log(path)) for path in paths]
    read_otherwise = sum(_differing(log) for _, log in logs)
    told = f"{read_otherwise} final answers are read otherwise than the logs read them"
    return Plays(tuple(_played(log) for _, log in logs), "agentsnet", warnings=(told,) if read_otherwise else ())


def _log(path: Path) -> _Log:
    try:
        with readable(path):
            log = _Log.model_validate_json(path.read_bytes())
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or None
        raise SpecError(
            f"this is no result of AgentsNet: {fault['msg']}", file=path, key=where, remedy=_REMEDY
        ) from None
    names = [node.name for node in log.graph.nodes]
    if len(log.answers) != len(names) or set(log.transcripts) - set(names):
        problem = f"{len(log.answers)} answers and {len(log.transcripts)} transcripts of {len(names)} nodes"
        raise SpecError(problem, file=path, remedy=_REMEDY)
    return log


def _neighbours(log: _Log) -> list[list[int]]:
    places = {node.id: place for place, node in enumerate(log.graph.nodes)}
    beside: list[set[int]] = [set() for _ in log.graph.nodes]
    for link in [*log.graph.links, *log.graph.edges]:
        u, v = places[link.source], places[link.target]
        beside[u].add(v)
        beside[v].add(u)
    return [sorted(nodes) for nodes in beside]


def _said(messages: Sequence[_Message]) -> list[str]:
    """What a node said in each round; a repaired reply stands for the one before it."""
    said: list[str] = []
    is_repair = False
    for message in messages:
        if message.type == "ai":
            said[len(said) - is_repair :] = [message.data.text]
        elif message.type == "human":
            is_repair = message.data.text.startswith(_REPAIRS)
    return said


def _answers(log: _Log) -> list[str | None]:
    """Final answers as they stand in the last replies; as the log has them where it has no transcript."""
    beside, names = _neighbours(log), [node.name for node in log.graph.nodes]
    most = max(map(len, beside))
    found: list[str | None] = []
    for place, name in enumerate(names):
        options = PROBLEMS[log.task].options(tuple(names[node] for node in beside[place]), most)
        said = _said(log.transcripts.get(name, []))
        if said:
            found.append(final_answer(said[-1].replace(_MARK, f"{ANSWER_MARK} "), options))
        else:
            own = log.answers[place]
            found.append(own if own in options else None)
    return found


def _differing(log: _Log) -> int:
    return sum(ours != theirs for ours, theirs in zip(_answers(log), log.answers, strict=True))


def _played(log: _Log) -> Played:
    names, beside, answers = [node.name for node in log.graph.nodes], _neighbours(log), _answers(log)
    value = PROBLEMS[log.task].score(answers, beside, names)
    solved = None not in answers and value == 1
    unread = log.num_failed_json_parsings_after_retry
    measures = {
        "solved": float(solved),
        "score": value,
        "answered": sum(answer is not None for answer in answers) / len(names),
        "silent": None,
        "unreadable": sum(unread) / (len(names) * log.rounds) if unread else None,
    }
    model = log.model_name.rpartition("/")[2]
    return Played(
        cell=f"{log.task}.{log.graph_generator}{log.graph_index}.{model}.n{len(names)}",
        world=Named(name="network", parameters={"problem": log.task, "rounds": log.rounds}),
        players=tuple(names),
        turns=tuple(
            Turn(number, name, text, tuple(names[node] for node in beside[place]) if number else ())
            for place, name in enumerate(names)
            for number, text in enumerate(_said(log.transcripts.get(name, [])))
        ),
        score=Score(solved, measures),
        snapshots=({"names": names, "answers": answers},),
        edges=tuple((u, v) for v, nodes in enumerate(beside) for u in nodes),
        model=model,
    )
