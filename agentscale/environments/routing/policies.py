"""Scripted agents of a stream. They know what a model in their place is told, and the rules of the world."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

from agentscale.environments.routing.jobs import BOOKS, WORDS
from agentscale.schema.worlds import Heard, Policy

if TYPE_CHECKING:
    import numpy as np

    from agentscale.environments.routing.world import Routing

_SELF = re.compile(r"You are agent (\d+), one of")
_BOOK = re.compile(rf"^({'|'.join(BOOKS)}): ((?:{'|'.join(WORDS)}) \d.*)$", re.MULTILINE)
_JOB = re.compile(r"^Job \d+: ([^.]*)\.", re.MULTILINE)
_PEER = re.compile(r"agent (\d+) \(link ([\d.]+), ([^)]*)\)")


class _Told(NamedTuple):
    """What a text tells its reader."""

    place: int
    codes: Mapping[str, str]
    """The translations that it knows, by ``book: word``."""
    parts: tuple[str, ...]
    peers: Mapping[int, Mapping[str, float]]
    """By neighbour: its link times how well it is thought to know each book of the job."""

    @property
    def foreign(self) -> list[str]:
        """Parts that it cannot do itself."""
        return [part for part in self.parts if part not in self.codes]


def optimal(heard: Heard, rng: np.random.Generator) -> str:
    """Executes what it can, and hands on the rest to who holds the book: it knows who does, as no model is told."""
    world, told = cast("Routing", heard.world), _read(heard)

    def chosen(part: str) -> int:
        book = BOOKS.index(part.partition(":")[0])
        return next((peer for peer in told.peers if book in world.held(peer)), told.place)

    return _routed(told, chosen, rng)


def learner(heard: Heard, rng: np.random.Generator) -> str:
    """Executes what it can, and hands on the rest to whom link and skill recommend most; ties by chance."""
    told = _read(heard)

    def chosen(part: str) -> int:
        worth = {peer: skills[part.partition(":")[0]] for peer, skills in told.peers.items()}
        best = [peer for peer, value in worth.items() if value == max(worth.values())]
        return int(rng.choice(best))

    return _routed(told, chosen, rng)


def hoarder(heard: Heard, rng: np.random.Generator) -> str:
    """Never hands anything on; it guesses what it does not know."""
    return _executed(_read(heard), rng)


def random(heard: Heard, rng: np.random.Generator) -> str:
    """Does anything that is allowed; what it executes and does not know, it guesses."""
    told = _read(heard)
    kinds = [
        "execute",
        *(["forward"] if told.peers else []),
        *(["split"] if told.peers and len(told.parts) > 1 else []),
    ]
    kind, peers = str(rng.choice(kinds)), list(told.peers)
    if kind == "execute":
        return _executed(told, rng)
    return _action(kind, rng.choice(peers, len(told.parts) if kind == "split" else 1).tolist())


def silent(heard: Heard, rng: np.random.Generator) -> str:
    """Says nothing."""
    return ""


POLICIES: Mapping[str, Policy] = {
    "optimal": optimal,
    "learner": learner,
    "hoarder": hoarder,
    "random": random,
    "silent": silent,
}
"""All by name."""


def _read(heard: Heard) -> _Told:
    place, job = _SELF.search(heard.everything), _JOB.search(heard.told)
    assert place is not None  # it is told who it is
    assert job is not None  # and a job
    codes = {
        f"{book}: {word}": code
        for book, entries in _BOOK.findall(heard.everything)
        for word, code in (entry.split(" ") for entry in entries.split(", "))
    }
    peers = {
        int(peer): {
            book: float(link) * float(skill) for book, skill in (each.split(" ") for each in skills.split(", "))
        }
        for peer, link, skills in _PEER.findall(heard.told)
    }
    return _Told(int(place[1]), codes, tuple(job[1].split("; ")), peers)


def _routed(told: _Told, chosen: Callable[[str], int], rng: np.random.Generator) -> str:
    if not told.foreign or not told.peers:
        return _executed(told, rng)
    takers = [chosen(part) if part in told.foreign else told.place for part in told.parts]
    same = len(set(takers)) == 1
    return _action("forward" if same else "split", takers[:1] if same else takers)


def _executed(told: _Told, rng: np.random.Generator) -> str:
    return _action("execute", [told.codes.get(part) or rng.integers(1_000, 10_000) for part in told.parts])


def _action(kind: str, numbers: Sequence[object]) -> str:
    return f"Action: {kind} {' '.join(map(str, numbers))}"
