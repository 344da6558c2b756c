"""Logs of GovSim: a commons that was played elsewhere, measured by the functions that measure our own.

Such a log says what each agent went for and got, and holds the prompts and replies as HTML. Where no answer was found
in a reply the log says 0, as if nothing had been wanted. So the replies are read once more here, and no run is given
without the shares of harvests at fault: a pool that nobody was understood to take from lasts for ever.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from itertools import count, groupby
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agentscale.environments import Score
from agentscale.environments.commons.ledger import Month, is_kept, measures, snapshot, threshold
from agentscale.environments.faults import NONE_AT_FAULT, Fault, Faults
from agentscale.errors import SpecError
from agentscale.interop.plays import Played, Plays, Turn
from agentscale.interop.readers.files import readable
from agentscale.schema.run import Named

MONTHS = 12
"""Months of a run that comes to its end."""

_REMEDY = "name a log_env.json of GovSim"
_REPLY = "<strong>ASSISTANT</strong>:"
_ANSWER = re.compile(r"\bAnswer\**:[^\n0-9]*([0-9]+(?:\.[0-9]+)?)")
_TAG = re.compile(r"<[^>]+>")


class Spoken(NamedTuple):
    """What somebody said in the talk after a harvest."""

    month: int
    """From 1."""
    agent: str
    """Its id; ``framework`` for the mayor, who tells who took what."""
    name: str
    words: str


class Recorded(NamedTuple):
    """A run of GovSim."""

    agents: tuple[str, ...]
    """Their ids, by place."""
    months: tuple[Month, ...]
    replies: tuple[tuple[str, ...], ...]
    """What each said when it was asked for its harvest, by month; empty where that was nothing."""
    talk: tuple[Spoken, ...]
    faults: Faults
    """Harvests whose reply was empty, had no number behind its mark, or one that could not be taken as it stands."""

    def measures(self, months: int = MONTHS) -> dict[str, float | None]:
        """The measures of our own commons, by the same functions and names.

        Args:
            months: Months that were planned, ≥ 1; what is sustainable is reckoned over so many.
        """
        n, pool = len(self.agents), self.months[0].pool
        found = measures(self.months, months * threshold(pool, n) * n)
        spoken = sum(bool(said.words) for said in self.talk if said.agent in self.agents)
        return {**found, **self.faults.shares(), "talk_turns": spoken / len(self.months) if self.talk else None}


class _Row(BaseModel):
    """A line of the log; those of a talk have neither pool nor harvest."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    agent_id: str
    round: int = Field(ge=0)
    action: str
    agent_name: str | None = None
    utterance: str | None = None
    resource_in_pool_before_harvesting: int | None = Field(default=None, ge=0)
    resource_in_pool_after_harvesting: int | None = Field(default=None, ge=0)
    wanted_resource: int | None = Field(default=None, ge=0)
    resource_collected: int | None = Field(default=None, ge=0)
    html_interactions: str | tuple[str, ...] = ()

    @property
    def reply(self) -> str:
        """The last reply; empty where there is none."""
        held = self.html_interactions
        _, mark, reply = (held if isinstance(held, str) else "".join(held[-1:])).rpartition(_REPLY)
        return html.unescape(_TAG.sub("", reply)).strip() if mark else ""


_ROWS = TypeAdapter(list[_Row])


def read(paths: Sequence[Path]) -> Plays:
    """Reads logs as plays of a commons; those of one name are replicates.

    A log is called by its folder where its own name is ``log_env``, else by its own.

    Raises:
        SpecError: As `recorded` says, or where logs of one name have other agents.
    """
    plays = [_played(path, recorded(path)) for path in paths]
    players: dict[str, tuple[str, ...]] = {}
    for path, played in zip(paths, plays, strict=True):
        if players.setdefault(played.cell, played.players) != played.players:
            problem = f"another log of the name {played.cell!r} has other agents"
            raise SpecError(problem, file=path, remedy="replicates have the same agents: give the log another name")
    return Plays(tuple(plays), "govsim")


def recorded(path: Path) -> Recorded:
    """A run, from its ``log_env.json``.

    Raises:
        SpecError: If the file cannot be read, is no such log, has no harvest, or has months in which not all harvested
            at the same time or whose units do not add up.
    """
    rows = _rows(path)
    harvests = [row for row in rows if row.action == "harvesting"]
    if not harvests:
        raise SpecError("the log has no harvest", file=path, remedy=_REMEDY)
    by_month = [list(month) for _, month in groupby(harvests, key=lambda row: row.round)]
    agents = tuple(row.agent_id for row in by_month[0])
    return Recorded(
        agents,
        tuple(_month(number, month, agents, path) for number, month in enumerate(by_month, 1)),
        tuple(tuple(row.reply for row in month) for month in by_month),
        tuple(
            Spoken(row.round + 1, row.agent_id, row.agent_name or "", row.utterance)
            for row in rows
            if row.utterance is not None
        ),
        NONE_AT_FAULT.and_those(_fault(row) for row in harvests),
    )


def _played(path: Path, run: Recorded) -> Played:
    found = run.measures()
    return Played(
        cell=path.parent.name if path.stem == "log_env" else path.stem,
        world=Named(name="commons"),
        players=run.agents,
        turns=tuple(_turns(run)),
        score=Score(is_kept(found), found),
        snapshots=(snapshot(run.months),),
    )


def _turns(run: Recorded) -> Iterator[Turn]:
    """Month by month: all replies at once, then the talk of the agents, turn by turn."""
    rounds = count()
    for month, replies in enumerate(run.replies, 1):
        harvest = next(rounds)
        yield from (Turn(harvest, who, text) for who, text in zip(run.agents, replies, strict=True))
        before = set[str]()
        for said in run.talk:
            if said.month == month and said.agent in run.agents:
                yield Turn(next(rounds), said.agent, said.words, tuple(sorted(before - {said.agent})))
                before.add(said.agent)


def _rows(path: Path) -> list[_Row]:
    try:
        with readable(path):
            return _ROWS.validate_json(path.read_bytes())
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or None
        raise SpecError(f"this is no log of GovSim: {fault['msg']}", file=path, key=where, remedy=_REMEDY) from None


def _month(number: int, rows: Sequence[_Row], agents: tuple[str, ...], path: Path) -> Month:
    """One harvest, once it is sure that it was one."""
    pools = {(row.resource_in_pool_before_harvesting, row.resource_in_pool_after_harvesting) for row in rows}
    pool, after = pools.pop()
    got = tuple(row.resource_collected or 0 for row in rows)
    if pools or tuple(row.agent_id for row in rows) != agents or pool is None:
        raise SpecError(
            f"in month {number} not all agents harvest once from one pool",
            file=path,
            allowed="a month in which all harvest at the same time",
        )
    month = Month(pool, tuple(row.wanted_resource or 0 for row in rows), got)
    if month.left < 0 or after not in (None, month.left):
        raise SpecError(f"in month {number}, {pool} units less {sum(got)} are said to leave {after}", file=path)
    return month


def _fault(row: _Row) -> Fault:
    if not row.reply:
        return "silent"
    found = _ANSWER.findall(row.reply)
    if not found:
        return "unreadable"
    return "" if float(found[-1]) == row.wanted_resource else "invalid"
