"""A debate of a crowd on a sparse graph, in a process of its own that tells what it held and what came out."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from hashlib import sha256
from typing import NamedTuple

import numpy as np

from agentscale.randomness import keyed
from agentscale.simulation import Copy, Debate, Graph, Start, Streams, World, ballots, deal, in_parts, resolve

OPTIONS, DEGREE = 4, 8


class Debated(NamedTuple):
    """A debate that is over."""

    digest: str
    """Of the agents by answer, question and round."""
    cpu_s: float
    held_gib: float
    """The most memory of the process that played it; only there does it mean anything."""


def apart(agents: int, questions: int, rounds: int) -> Debated:
    """`play` in a process of its own."""
    command = [sys.executable, "-m", __name__, *map(str, (agents, questions, rounds))]
    return Debated(**json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def play(agents: int, questions: int, rounds: int, step: int | None = None) -> Debated:
    """A team of one model votes, and debates by copying.

    Args:
        agents: Of a graph in which each reads `DEGREE` others on average.
        questions: How many.
        rounds: After the first.
        step: Questions at a time; by default what fits.
    """
    began = time.process_time()
    world, ids = World(resolve("mcq-default", {})), [f"q{n}" for n in range(questions)]
    (seat,) = deal("L1", 1, models=world.parameters.models, personas=0)
    start = Start(ballots(world, ids, OPTIONS, [(seat, agents)]).answers, OPTIONS)
    graph = Graph.scattered(agents, DEGREE, keyed(7, "bench", "graph"))
    setting, said = Debate(Copy(), graph, rounds), sha256()
    for _, answers in in_parts(setting, start, Streams.alike(7, ids, agents), step):
        counts = [[np.bincount(each, minlength=OPTIONS) for each in question] for question in answers]
        said.update(np.array(counts, np.int64).tobytes())
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return Debated(said.hexdigest(), time.process_time() - began, held)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(play(*map(int, sys.argv[1:]))._asdict()))
