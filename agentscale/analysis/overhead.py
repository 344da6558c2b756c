"""What a team costs beside a single agent, and what it makes of that: turns, messages, tokens, errors, time.

Arithmetic on totals that anyone can count from an event log. The definitions are those of arXiv 2512.08296, named apart
where that paper's own figures leave more than one reading. Redundancy, the mean cosine of the agents' texts, is
``mean_cosine``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import together, whole, within
from agentscale.errors import SpecError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def overhead_percent(turns: ArrayLike, single_turns: ArrayLike) -> Floats:
    """O = (T − T_single)/T_single · 100 %: turns of the team beyond those of a single agent.

    Args:
        turns: T ≥ 0, reasoning turns of the team.
        single_turns: T_single > 0, broadcast.

    Returns:
        Shape of the arguments, broadcast; per cent, −100 where the team takes no turn.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    single = within("single_turns", single_turns, 0.0, np.inf, ends="()")
    turns, single = together(turns=within("turns", turns, 0.0, np.inf), single_turns=single)
    return np.asarray((turns - single) / single * 100)


def coordination_efficiency(success: ArrayLike, turns: ArrayLike, single_turns: ArrayLike) -> Floats:
    """E_c = S/(T/T_single): success for the turns of a single agent.

    Args:
        success: S, 0 to 1.
        turns: T > 0.
        single_turns: T_single > 0; the three are broadcast.

    Returns:
        Shape of the arguments, broadcast; ≥ 0.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    single = within("single_turns", single_turns, 0.0, np.inf, ends="()")
    turns = within("turns", turns, 0.0, np.inf, ends="()")
    success, turns, single = together(success=within("success", success, 0.0, 1.0), turns=turns, single_turns=single)
    return np.asarray(success * single / turns)


def message_density(messages: ArrayLike, turns: ArrayLike) -> Floats:
    """c, messages between agents for each reasoning turn; ``nan`` without a turn.

    Args:
        messages: Replies that agents were shown of one another, ≥ 0.
        turns: Reasoning turns, ≥ 0.

    Returns:
        Shape of the arguments, broadcast; ≥ 0.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    n, t = together(messages=within("messages", messages, 0.0, np.inf), turns=within("turns", turns, 0.0, np.inf))
    return np.asarray(np.where(t > 0, n / np.where(t > 0, t, 1.0), np.nan))


def success_at_density(density: ArrayLike) -> Floats:
    """The published fit S = 0.73 + 0.28 ln c (R² 0.68; it levels off at c ≈ 0.39), for comparison with own data.

    Args:
        density: c > 0, messages a turn.

    Returns:
        Shape of ``density``.

    Raises:
        SpecError: a density that is not positive.
    """
    return np.asarray(0.73 + 0.28 * np.log(within("density", density, 0.0, np.inf, ends="()")))


def turn_law(agents: ArrayLike) -> Floats:
    """The published fit T = 2.72 (n + 0.5)^1.724 (R² 0.974, exponent 1.685 to 1.763), for comparison with own data.

    Args:
        agents: n ≥ 0.

    Returns:
        Shape of ``agents``; turns.

    Raises:
        SpecError: a negative number of agents.
    """
    return np.asarray(2.72 * (within("agents", agents, 0.0, np.inf) + 0.5) ** 1.724)


def success_per_million_tokens(successes: ArrayLike, tokens: ArrayLike) -> Floats:
    """Solved tasks for every million tokens, in and out; ``nan`` without a token.

    The published figures of some 14 to 68 are printed as "per 1K tokens", which would be 15 tokens a success.

    Args:
        successes: Solved tasks, ≥ 0.
        tokens: Tokens of all calls, ≥ 0.

    Returns:
        Shape of the arguments, broadcast; ≥ 0.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    n, used = within("successes", successes, 0.0, np.inf), within("tokens", tokens, 0.0, np.inf)
    n, used = together(successes=n, tokens=used)
    return np.asarray(np.where(used > 0, n / np.where(used > 0, used, 1.0) * 1e6, np.nan))


def error_outcome_ratio(success: ArrayLike, single_success: ArrayLike) -> Floats:
    """(1 − S)/(1 − S_single): failures of the team for each failure of a single agent.

    One of three readings of "error amplification"; the others are :func:`error_odds_ratio` and ``fault_injection``. The
    published 17.2 of independent agents is none of the first two.

    Args:
        success: S, 0 to 1.
        single_success: S_single, 0 to 1; 1 gives ``nan``.

    Returns:
        Shape of the arguments, broadcast; ≥ 0.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    team, single = (1 - part for part in _shares(success=success, single_success=single_success))
    return np.asarray(np.where(single > 0, team / np.where(single > 0, single, 1.0), np.nan))


def error_odds_ratio(success: ArrayLike, single_success: ArrayLike) -> Floats:
    """[(1 − S)/S] / [(1 − S_single)/S_single]: the same on odds, which no base rate bounds.

    Args:
        success: S, 0 to 1; 0 gives ``nan``.
        single_success: S_single, 0 to 1; 1 gives ``nan``.

    Returns:
        Shape of the arguments, broadcast; ≥ 0.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    team, single = _shares(success=success, single_success=single_success)
    defined = (team > 0) & (single < 1)
    bottom = np.where(defined, team * (1 - single), 1.0)
    return np.asarray(np.where(defined, (1 - team) * single / bottom, np.nan))


def error_absorption(error: ArrayLike, single_error: ArrayLike) -> Floats:
    """(E_single − E)/E_single: the share of a single agent's errors that the team does not make.

    Args:
        error: E of the team, 0 to 1.
        single_error: E_single, 0 to 1; 0 gives ``nan``.

    Returns:
        Shape of the arguments, broadcast; at most 1, negative where the team errs more.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    team, single = _shares(error=error, single_error=single_error)
    return np.asarray(np.where(single > 0, (single - team) / np.where(single > 0, single, 1.0), np.nan))


def duplicate_work_ratio(uses: Iterable[tuple[Hashable, Hashable]]) -> float:
    """Share of the distinct pieces of work that two agents or more did.

    Args:
        uses: Pairs of an agent and what it did, such as a tool with its canonical arguments.

    Returns:
        0 to 1; ``nan`` where nothing was done.
    """
    agents: dict[Hashable, set[Hashable]] = {}
    for agent, work in uses:
        agents.setdefault(work, set()).add(agent)
    return sum(len(of) > 1 for of in agents.values()) / len(agents) if agents else float("nan")


def critical_path(latency_s: ArrayLike, waits_for: ArrayLike) -> float:
    """Seconds that a trial takes at least, whatever runs at once: the longest chain of events that wait for each other.

    Args:
        latency_s: Seconds of each event, ≥ 0, shape (E,).
        waits_for: Pairs u → v of events, v starts when u has ended, shape (D, 2).

    Returns:
        0 without an event.

    Raises:
        SpecError: a pair that names no event, or events that wait for each other in a circle.
    """
    seconds = within("latency_s", latency_s, 0.0, np.inf)
    pairs = whole("waits_for", waits_for)
    if pairs.size and pairs.shape[1:] != (2,):
        raise SpecError(f"waits_for of shape {pairs.shape}", key="waits_for", allowed="shape (D, 2)")
    pairs = pairs.reshape(-1, 2)
    if seconds.ndim != 1:
        raise SpecError(f"latency_s of shape {seconds.shape}", key="latency_s", allowed="shape (E,)")
    if pairs.max(initial=-1) >= len(seconds):
        raise SpecError(f"event {pairs.max()}", key="waits_for", allowed=f"events 0 to {len(seconds) - 1}")
    end = np.zeros(len(seconds))
    for event in _in_order(len(seconds), pairs):
        before = pairs[pairs[:, 1] == event, 0]
        end[event] = seconds[event] + end[before].max(initial=0.0)
    return float(end.max(initial=0.0))


def _shares(**parts: ArrayLike) -> tuple[Floats, ...]:
    """Numbers from 0 to 1, broadcast."""
    return together(**{name: within(name, part, 0.0, 1.0) for name, part in parts.items()})


def _in_order(n: int, pairs: Ints) -> list[int]:
    """The events so that none comes before one that it waits for."""
    waiting = np.bincount(pairs[:, 1], minlength=n)
    ready = [int(event) for event in np.flatnonzero(waiting == 0)]
    for event in ready:  # grows while it is gone through
        for after in pairs[pairs[:, 0] == event, 1]:
            waiting[after] -= 1
            if waiting[after] == 0:
                ready.append(int(after))
    if len(ready) < n:
        stuck = sorted(set(range(n)) - set(ready))
        raise SpecError(f"events {stuck} wait for each other", key="waits_for", allowed="no circles")
    return ready
