"""Debates of many agents on many questions at once: any rule on any graph, in arrays.

Rounds are synchronous: in a round everybody reads the round before. Questions are independent of one another and are
worked on some at a time, and no draw depends on how many (`Streams`), so memory is a matter of the answers alone. Knows
no texts, and not where first answers come from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.errors import SpecError
from agentscale.simulation.graphs import Graph, one_hot
from agentscale.simulation.peers import sampled_counts
from agentscale.simulation.rules import Rule, View, settle
from agentscale.simulation.seats import MISSING
from agentscale.simulation.streams import Streams

_CHUNK = 2**18  # agents × questions worked on at once: some tens of MiB, with all that a round needs beside the answers


@dataclass(frozen=True)
class Debate:
    """Who debates how.

    Raises:
        SpecError: for impossible numbers, and for agents that are not in the graph.
    """

    rule: Rule
    graph: Graph
    rounds: int = 3
    """T ≥ 0, rounds after the first, independent one."""
    peers: int | None = None
    """k ≥ 1, how many of those that it may read an agent reads in a round, drawn anew each round; ``None``: all."""
    context: int | None = None
    """Answers that fit into an agent's context: of all that it reads, the first so many. ``None``: all."""
    stubborn: tuple[int, ...] = ()
    """Agents that keep their first answer."""
    adversaries: tuple[int, ...] = ()
    """Agents that say `aim` from the first round on and never move."""
    aim: int = 1
    """The option of adversaries; 0 is right."""

    def __post_init__(self) -> None:
        for name, least in (("rounds", 0), ("peers", 1), ("context", 0), ("aim", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise SpecError(f"got {value!r}", key=f"debate.{name}", allowed=f"{least} or more")
        for name in ("stubborn", "adversaries"):
            strangers = [agent for agent in getattr(self, name) if not 0 <= agent < self.graph.n]
            if strangers:
                raise SpecError(
                    f"agent {strangers[0]} is not in the graph",
                    key=f"debate.{name}",
                    allowed=f"0 to {self.graph.n - 1}",
                )

    @property
    def fixed(self) -> NDArray[np.bool_]:
        """Who never moves, shape (N,)."""
        mask = np.zeros(self.graph.n, np.bool_)
        mask[[*self.stubborn, *self.adversaries]] = True
        return mask


class Start(NamedTuple):
    """What a debate starts from."""

    answers: NDArray[np.integer]
    """First answers, shape (Q, N), options from 0 (right), `MISSING` where they cannot be read."""
    n_options: int
    """C ≥ 2."""
    theta: NDArray[np.float64] | None = None
    """Laws Θ of independent answers by configuration, shape (Q, B, C); for the rules that need them."""
    kinds: NDArray[np.int64] | None = None
    """The configuration of each agent, shape (N,), from 0 to B − 1; ``None``: all of the first."""
    again: NDArray[np.integer] | None = None
    """What an agent that holds nothing readable says of its own in each round 1 … T before it reads, shape
    (T, Q, N); ``None``: nothing."""


def debate(setting: Debate, start: Start, streams: Streams) -> NDArray[np.integer]:
    """All answers of all rounds.

    Args:
        setting: Who debates how.
        start: First answers and laws.
        streams: Where the draws come from, for the same questions and agents.

    Returns:
        Shape (Q, T + 1, N), round 0 first; int8 where options fit, else int16.

    Raises:
        SpecError: where sizes do not fit one another, or the rule needs laws that are not given.
    """
    rounds = setting.rounds + 1
    answers = np.empty((len(start.answers), rounds, setting.graph.n), _type_of(start.n_options))
    for here, part in in_parts(setting, start, streams):
        answers[here] = part
    return answers


def in_parts(
    setting: Debate, start: Start, streams: Streams, step: int | None = None
) -> Iterator[tuple[slice, NDArray[np.integer]]]:
    """The same answers some questions at a time, for those who keep only what they count.

    Args:
        setting: Who debates how.
        start: First answers and laws.
        streams: Where the draws come from.
        step: Questions at a time; by default as many as fit a fixed amount of memory. It changes no answer.

    Yields:
        Which questions, and their answers of shape (step, T + 1, N).

    Raises:
        SpecError: as `debate`.
    """
    _check(setting, start, streams)
    step = step or max(1, _CHUNK // setting.graph.n)
    graph = setting.graph if setting.context is None else setting.graph.first_peers(setting.context)
    for low in range(0, len(start.answers), step):
        here = slice(low, min(low + step, len(start.answers)))
        yield here, _play(setting, graph, start, streams, here)


def _play(setting: Debate, graph: Graph, start: Start, streams: Streams, here: slice) -> NDArray[np.integer]:
    """Shape (questions of ``here``, T + 1, N)."""
    rule, n_options = setting.rule, start.n_options
    own = start.answers[here].astype(_type_of(n_options))
    own[:, list(setting.adversaries)] = setting.aim
    fixed, law = setting.fixed, _law(start, here) if rule.has_law else None
    first, heard = own, one_hot(own, n_options).astype(np.int64) if rule.remembers else None
    said = [own]
    for t in range(1, setting.rounds + 1):
        counts = _read(setting, graph, own, n_options, streams, here, t)
        if heard is not None:
            heard += counts
        held = own if start.again is None else np.where(own == MISSING, start.again[t - 1, here], own)
        uniforms = _uniforms(streams, here, t, rule.name, 1)[..., 0]
        moved = settle(rule.pull(View(counts, held, first, heard, law)), uniforms, n_options)
        own = np.where(fixed, own, moved) if fixed.any() else moved
        if heard is not None:
            heard += one_hot(own, n_options)
        said.append(own)
    return np.stack(said, axis=1)


def _read(
    setting: Debate, graph: Graph, own: NDArray[np.integer], n_options: int, streams: Streams, here: slice, t: int
) -> NDArray[np.int64]:
    """The answers that everybody reads in round t, counted: shape (C, Q, N)."""
    if not setting.rule.reads:
        return np.zeros((n_options, *own.shape), np.int64)
    if setting.peers is None:
        return graph.counts(own, n_options)
    return sampled_counts(graph, own, n_options, _uniforms(streams, here, t, "peers", setting.peers))


def _uniforms(streams: Streams, here: slice, t: int, purpose: str, width: int) -> NDArray[np.float64]:
    """Shape (questions of ``here``, N, width)."""
    return np.stack([streams.uniforms(q, t, purpose, width) for q in range(here.start, here.stop)])


def _law(start: Start, here: slice) -> NDArray[np.float64]:
    """Θ of every agent, shape (C, Q, N)."""
    assert start.theta is not None
    kinds = np.zeros(start.answers.shape[1], np.int64) if start.kinds is None else start.kinds
    return np.moveaxis(start.theta[here][:, kinds], 2, 0)


def _type_of(n_options: int) -> type[np.integer]:
    return np.int8 if n_options <= 127 else np.int16


def _check(setting: Debate, start: Start, streams: Streams) -> None:
    n_questions, n = start.answers.shape
    if start.n_options < 2:
        raise SpecError(f"{start.n_options} possible answer(s)", key="n_options", allowed="2 or more")
    if int(start.answers.max(initial=0)) >= start.n_options or setting.aim >= start.n_options:
        raise SpecError("an answer is none of the options", key="answers", allowed=f"−1 to {start.n_options - 1}")
    if n != setting.graph.n or n != streams.n:
        raise SpecError(
            f"{n} first answers for a graph of {setting.graph.n} agents with draws of {streams.n}",
            key="graph",
            allowed="the same agents in all three",
        )
    if len(streams.questions) != n_questions:
        raise SpecError(f"draws of {len(streams.questions)} questions for answers to {n_questions}", key="streams")
    if setting.rule.has_law and start.theta is None:
        raise SpecError(f"the rule {setting.rule.name} needs the laws of independent answers", key="theta")
    if start.theta is not None and start.theta.shape[::2] != (n_questions, start.n_options):
        raise SpecError(
            f"laws of shape {start.theta.shape}", key="theta", allowed="(questions, configurations, options)"
        )
