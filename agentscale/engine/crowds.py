"""Debates of crowds, some questions a task of Ray: what a million agents or more do, counted.

A question's draws hang on the question alone, so the outcome is the same however the questions are dealt out. Every
task makes the graph again from its seed: to send it would take longer.
"""

from __future__ import annotations

import asyncio
import resource
import time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.randomness import keyed
from agentscale.simulation import Copy, Debate, Graph, Start, Streams, World, ballots, deal, in_parts, resolve

OPTIONS = 4


class Crowd(NamedTuple):
    """A crowd of one model of the world ``mcq-default`` that votes, and debates by copying on a random graph."""

    agents: int
    degree: int
    """How many others an agent reads, on average."""
    rounds: int
    """After the first."""
    seed: int = 7


class Counted(NamedTuple):
    """What came of some questions."""

    counts: NDArray[np.int64]
    """Agents by question, round and answer, shape (Q, T + 1, 4); option 0 is right."""
    wall_s: float
    held_gib: float
    """The most memory that the process has held."""


def count(crowd: Crowd, ids: tuple[str, ...]) -> Counted:
    """Plays some questions in this process.

    Args:
        crowd: Who debates how.
        ids: Names of the questions: their draws hang on them.
    """
    began = time.perf_counter()
    world = World(resolve("mcq-default", {}))
    (seat,) = deal("L1", 1, models=world.parameters.models, personas=0)
    graph = Graph.scattered(crowd.agents, crowd.degree, keyed(crowd.seed, "crowd", "graph"))
    counts = np.empty((len(ids), crowd.rounds + 1, OPTIONS), np.int64)
    for at, name in enumerate(ids):  # one at a time: nothing but its counts is held of a question
        start = Start(ballots(world, [name], OPTIONS, [(seat, crowd.agents)]).answers, OPTIONS)
        setting, streams = Debate(Copy(), graph, crowd.rounds), Streams.alike(crowd.seed, [name], crowd.agents)
        for _, answers in in_parts(setting, start, streams, 1):
            counts[at] = [np.bincount(each[each >= 0], minlength=OPTIONS) for each in answers[0]]
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return Counted(counts, time.perf_counter() - began, held)


async def count_on_cluster(ray: Any, crowd: Crowd, ids: tuple[str, ...], workers: int) -> list[Counted]:
    """Plays the questions in so many tasks at once, each an equal part of them.

    Args:
        ray: The cluster, as `agentscale.engine.cluster.connected` gives it.
        crowd: Who debates how.
        ids: Names of the questions.
        workers: Tasks at once.

    Returns:
        What came of each part, in the order of the questions.
    """
    remote = ray.remote(num_cpus=1)(count)
    parts = np.array_split(np.array(ids), min(workers, len(ids)))
    references = [remote.remote(crowd, tuple(map(str, part))) for part in parts]
    tasks = [asyncio.ensure_future(_awaited(reference)) for reference in references]
    await asyncio.wait(tasks)
    return [task.result() for task in tasks]


async def _awaited(reference: Any) -> Counted:
    counted: Counted = await reference
    return counted
