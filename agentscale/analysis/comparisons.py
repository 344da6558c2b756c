"""What is compared with what, question by question: layers with layers, and every protocol with the vote of its team.

A difference in decoding passes for one of teams: such pairs are left out, and named, unless they are wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from agentscale.analysis.arrays import Floats
from agentscale.analysis.bootstrap import few_differ
from agentscale.analysis.curves import PAIRS, is_vote, setting, team_key
from agentscale.analysis.inference import check_decoding, check_parse_failure
from agentscale.analysis.ledger import Ledger
from agentscale.analysis.measures import mean
from agentscale.analysis.reading import ReadCell
from agentscale.analysis.tables import Pair, Point
from agentscale.schema.agents import Sampling


class Compared(NamedTuple):
    """The pairs of a run."""

    pairs: list[Pair]
    left_out: list[str]
    """Those whose sides were decoded differently, in words."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """One that names what was left out."""
        if not self.left_out:
            return ()
        named = "; ".join(self.left_out)
        return (f"{len(self.left_out)} comparisons are left out, since they cross decoding settings: {named}",)


class _Side(NamedTuple):
    """One side of a comparison: a point of a curve, or a cell."""

    name: str
    of: Point | ReadCell

    @property
    def read(self) -> Sequence[ReadCell]:
        return self.of.cells if isinstance(self.of, Point) else [self.of]

    @property
    def decoding(self) -> set[str]:
        return {decoding(agent.sampling) for one in self.read for agent in one.cell.team.agents}

    @property
    def parse_failure(self) -> float:
        return float(np.mean([mean(one.measures.parse_failure) for one in self.read]))


def compared(points: Sequence[Point], read: Sequence[ReadCell], ledger: Ledger, *, across_decoding: bool) -> Compared:
    """The pairs of a run, entered in the ledger.

    Args:
        points: Of all curves.
        read: All cells.
        ledger: Where differences go.
        across_decoding: Whether pairs whose sides were decoded differently are compared all the same.
    """
    found = Compared([], [])
    for one, other in (*_layers(points), *_protocols(read)):
        crossed = check_decoding(one.decoding, other.decoding, across_decoding=True)
        if crossed and not across_decoding:
            found.left_out.append(f"{one.name} against {other.name} ({crossed[0]})")
        else:
            found.pairs.append(_pair(one, other, crossed, ledger))
    return found


def decoding(sampling: Sampling) -> str:
    """How an agent's text is drawn, in words; what is not given is the endpoint's own."""
    given = {"temperature": sampling.temperature, "top_p": sampling.top_p}
    return ", ".join(f"{name} {value:g}" for name, value in given.items() if value is not None) or "the endpoint's own"


def _layers(points: Iterable[Point]) -> Iterator[tuple[_Side, _Side]]:
    """Layers at the same task, protocol, topology and size."""
    by_setting = {point.setting: point for point in points}
    for at, point in by_setting.items():
        for layer, reference in PAIRS:
            other = by_setting.get(at._replace(layer=reference))
            if at.layer == layer and other is not None:
                yield _Side(str(at), point), _Side(str(other.setting), other)


def _protocols(read: Sequence[ReadCell]) -> Iterator[tuple[_Side, _Side]]:
    """Every other protocol against the vote of the same team."""
    votes = {(team_key(one.cell), one.cell.size): one for one in read if is_vote(one.cell)}
    for one in read:
        vote = votes.get((team_key(one.cell), one.cell.size))
        if vote is not None and not is_vote(one.cell):
            yield _Side(str(setting(one.cell, team=True)), one), _Side(str(setting(vote.cell, team=True)), vote)


def _pair(one: _Side, other: _Side, crossed: Sequence[str], ledger: Ledger) -> Pair:
    first, second = one.of.accuracy, other.of.accuracy
    difference = ledger.values(first) - ledger.values(second)
    said = [
        "paired on questions",
        *crossed,
        *check_parse_failure(one.parse_failure, other.parse_failure),
        "p is of the sign test: scores are averages" if _is_split(difference) else "",
        *few_differ(difference),
    ]
    delta = ledger.enter(first.task, difference, paired=True)
    return Pair(one.name, other.name, first, second, delta, "; ".join(filter(None, said)))


def _is_split(difference: Floats) -> bool:
    return bool((np.isfinite(difference) & ~np.isin(difference, (-1.0, 0.0, 1.0))).any())
