"""What is done in which round: ``D``, an agent reads its peers, or ``R``, it reflects on its own reply alone.

Reference: J. Zhang et al., "Exploring collaboration mechanisms for LLM agents: a social psychology view", ACL 2024.
"""

from __future__ import annotations

from collections.abc import Sequence

Schedule = str | tuple[str, ...]
"""A letter for each round, such as ``DRD``; or one such text for each agent."""


def n_rounds(schedule: Schedule) -> int:
    """The rounds that a schedule has.

    Raises:
        ValueError: It has none, a letter means nothing, or agents differ in their number of rounds.
    """
    each = [schedule] if isinstance(schedule, str) else list(schedule)
    if not each or not all(each):
        raise ValueError(
            "the schedule is empty; allowed: a letter for each round, D (debate) or R (reflect), as in DRD"
        )
    for letter in "".join(each):
        if letter not in "DR":
            raise ValueError(
                f"unknown letter {letter!r} in the schedule; allowed: D (debate) and R (reflect), as in DRD"
            )
    if len({len(rounds) for rounds in each}) > 1:
        raise ValueError(
            f"the agents' schedules have {', '.join(str(len(rounds)) for rounds in each)} rounds; give all "
            "agents the same number"
        )
    return len(each[0])


def reflecting(schedule: Schedule, number: int, n_agents: int) -> Sequence[bool]:
    """Whether each agent reflects alone in round ``number``, counted from 1."""
    if isinstance(schedule, str):
        return [schedule[number - 1] == "R"] * n_agents
    return [rounds[number - 1] == "R" for rounds in schedule]
