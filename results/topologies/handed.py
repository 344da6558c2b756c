"""Work handed along a graph without a cycle, as the protocol `macnet` does it, for many questions at once.

The engine asks one call after another; here every generation of the graph is one array. Who is asked answers by its
own law, and may take over what it reads, by the rule of the simulator: the critic reads the solution, the actor the
solution and the critic, who merges reads two solutions. A test holds this to the engine's own runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from teams import drawn

from agentscale.simulation import Rule
from agentscale.simulation.graphs import one_hot
from agentscale.simulation.rules import View, settle

Floats = NDArray[np.float64]
Answers = NDArray[np.integer]


class Plan(NamedTuple):
    """Who works on what."""

    layers: tuple[tuple[int, ...], ...]
    """The generations of the graph."""
    reads: dict[int, tuple[int, ...]]
    """Of every agent those whose solutions it revises."""
    ends: tuple[int, ...]
    """Agents whose solutions become the last one."""

    @property
    def calls(self) -> int:
        """Answers of those who read nobody, two for every edge, and one less than what is merged."""
        groups = [len(read) for read in self.reads.values() if read] + [len(self.ends)]
        starts = sum(not read for read in self.reads.values())
        return starts + sum(2 * len(read) for read in self.reads.values()) + sum(group - 1 for group in groups)

    @property
    def steps(self) -> int:
        """Calls that must follow one another where all others go on side by side."""
        merging = [max((len(self.reads[node]) - 1).bit_length() for node in layer) for layer in self.layers[1:]]
        return 1 + sum(2 + levels for levels in merging) + (len(self.ends) - 1).bit_length()

    @property
    def behind(self) -> int:
        """Agents on whose work the last solution hangs."""
        known, open_ = set(self.ends), list(self.ends)
        while open_:
            new = [node for node in self.reads[open_.pop()] if node not in known]
            known.update(new)
            open_ += new
        return len(known)


def plan(graph: nx.DiGraph) -> Plan:
    """As the protocol has it: a node waits for all that it reads."""
    layers = tuple(tuple(sorted(layer)) for layer in nx.topological_generations(graph))
    reads = {node: tuple(sorted(graph.predecessors(node))) for node in sorted(graph)}
    return Plan(layers, reads, tuple(node for node in sorted(graph) if not graph.out_degree(node)))


def released(graph: nx.DiGraph) -> Plan:
    """As the executor released with the paper has it: solutions are merged only where all come from one generation.

    It counts what has come in against the edges that are left, and edges of earlier generations are gone by then. So
    where solutions come from several generations, the first to come in is taken and the others are lost.
    """
    whole = plan(graph)
    depth = {node: at for at, layer in enumerate(whole.layers) for node in layer}

    def heard(sources: tuple[int, ...]) -> tuple[int, ...]:
        together = len({depth[node] for node in sources}) <= 1
        return sources if together else (min(sources, key=lambda node: (depth[node], node)),)

    return Plan(whole.layers, {node: heard(read) for node, read in whole.reads.items()}, heard(whole.ends))


def hand_along(work: Plan, laws: Floats, rule: Rule, rng: np.random.Generator) -> Answers:
    """The last solution to every question, shape (Q,).

    Args:
        work: Who works on what.
        laws: Θ of every agent, shape (Q, N, C).
        rule: How what is read is taken over.
        rng: The only source of chance.
    """
    made: dict[int, Answers] = {}
    for layer in work.layers:
        if not work.reads[layer[0]]:
            made |= zip(layer, _asked(laws[:, list(layer)], [], rule, rng).T, strict=True)
            continue
        edges = [(source, node) for node in layer for source in work.reads[node]]
        sources, nodes = ([edge[end] for edge in edges] for end in (0, 1))
        solutions = np.stack([made[source] for source in sources], axis=1)
        orders = _asked(laws[:, sources], [solutions], rule, rng)
        revised = iter(_asked(laws[:, nodes], [solutions, orders], rule, rng).T)
        groups = [[next(revised) for _ in work.reads[node]] for node in layer]
        made |= zip(layer, _merged(groups, list(layer), laws, rule, rng), strict=True)
    return _merged([[made[node] for node in work.ends]], [0], laws, rule, rng)[0]


def _merged(
    groups: Sequence[list[Answers]], makers: Sequence[int], laws: Floats, rule: Rule, rng: np.random.Generator
) -> list[Answers]:
    """One of each group, made two at a time by its maker; an odd one waits."""
    now = list(groups)
    while any(len(group) > 1 for group in now):
        pairs = [(at, *two) for at, group in enumerate(now) for two in zip(group[::2], group[1::2], strict=False)]
        who = [makers[at] for at, _, _ in pairs]
        read = [np.stack([pair[side] for pair in pairs], axis=1) for side in (1, 2)]
        fused = _asked(laws[:, who], read, rule, rng)
        following: list[list[Answers]] = [[] for _ in now]
        for (at, _, _), one in zip(pairs, fused.T, strict=True):
            following[at].append(one)
        now = [[*new, *group[2 * len(new) :]] for new, group in zip(following, now, strict=True)]
    return [group[0] for group in now]


def _asked(laws: Floats, read: Sequence[Answers], rule: Rule, rng: np.random.Generator) -> Answers:
    """What agents say who answer by their laws (Q, A, C) and read answers, each of shape (Q, A)."""
    own = drawn(laws, rng)
    if not read:
        return own
    counts = sum(one_hot(each, laws.shape[2]).astype(np.int64) for each in read)
    return settle(rule.pull(View(counts, own, own)), rng.random(own.shape), laws.shape[2])
