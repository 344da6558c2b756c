"""Agents and teams that say nothing: a dead model is named, since all it leaves behind is smaller numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from agentscale.analysis.curves import TeamKey, team_key
from agentscale.analysis.reading import ReadCell


def left_out(read: ReadCell) -> Iterator[str]:
    """What K* of a cell does not rest on."""
    measures = read.measures
    if measures.n_speechless:
        yield f"{measures.n_speechless} texts are empty or failed and are left out of K*"
    if _is_mute(read):
        yield "no agent has a text: K* is not defined"
    elif some := _mute_agents(read):
        agents = f"{measures.agent_mute.sum()} of {read.cell.size} agents never have a text"
        yield f"{agents} ({', '.join(some)}): K* is that of the others"


def silent(read: Sequence[ReadCell]) -> Iterator[str]:
    """Warnings of the whole run, each of which names a team: without texts, without answers, with dead agents."""
    teams: dict[TeamKey, list[ReadCell]] = {}
    for one in read:
        teams.setdefault(team_key(one.cell), []).append(one)
    for team, cells in teams.items():
        name = f"{team.team} ({team.layer}, {team.task})"
        if told := _share(cells, _is_mute):
            yield f"{name} has no text {told}: K* is not defined there, nor in the points of the curves that average it"
        if told := _share(cells, _is_unread):
            yield f"{name} has no readable answer {told}: it goes into the curves with accuracy 0"
        if told := _share(cells, _has_dead_agents):
            dead = dict.fromkeys(config for one in cells if _has_dead_agents(one) for config in _mute_agents(one))
            yield f"{name} has agents without any text {told} ({', '.join(dead)}): K* is that of fewer agents than N"


def _share(cells: Sequence[ReadCell], is_so: Callable[[ReadCell], bool]) -> str:
    """In how many cells it is so; empty where in none."""
    count = sum(map(is_so, cells))
    return f"in {count} of its {len(cells)} cells" if count else ""


def _is_mute(read: ReadCell) -> bool:
    return bool(read.measures.agent_mute.any() and not np.isfinite(read.measures.k_star).any())


def _is_unread(read: ReadCell) -> bool:
    failed = read.measures.parse_failure
    failed = failed[np.isfinite(failed)]
    return bool(failed.size and (failed == 1.0).all())


def _has_dead_agents(read: ReadCell) -> bool:
    return bool(read.measures.agent_mute.any()) and not _is_mute(read)


def _mute_agents(read: ReadCell) -> list[str]:
    """The configurations of the agents that have no text in the whole cell."""
    agents = zip(read.cell.team.agents, read.measures.agent_mute, strict=True)
    return list(dict.fromkeys(agent.config_id for agent, mute in agents if mute))
