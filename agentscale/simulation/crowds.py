"""Votes of crowds as counts: how many of a million agents gave which answer, without drawing one of them.

Agents of one configuration are exchangeable: given the question and its habit, they leave the habit, pick a channel and
say an answer independently. So a binomial and two multinomial draws settle all of them (`tally`), and where every
agent's own answer is wanted, as for a debate, sixteen random bits an agent do (`ballots`). Both equal `World.answers`
in distribution, not draw by draw; that is all that is given up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation.ground import Habits
from agentscale.simulation.seats import MISSING, Moment, Seat
from agentscale.simulation.truth import Truth
from agentscale.simulation.world import World

_PLAIN = Moment()
_BLOCK = 2**17  # answers drawn at once: they fit the processor's cache
_ROUNDING = 1e-10  # what a law that sums to 1 may lack


class Tally(NamedTuple):
    """Counted votes of B configurations, and the truth behind them."""

    counts: NDArray[np.int64]
    """Shape (Q, B, C + 1): agents by answer, 0 is right, what cannot be read last."""
    truth: Truth


class Ballots(NamedTuple):
    """The answers of the agents of B configurations, one configuration after the other, and the truth behind them."""

    answers: NDArray[np.int8]
    """Shape (Q, N): options, 0 is right, `MISSING` cannot be read."""
    kinds: NDArray[np.int64]
    """The configuration of each agent, shape (N,), from 0 to B − 1."""
    theta: NDArray[np.float64]
    """Θ, shape (Q, B, C); see `Truth.theta`."""


class _Crowd(NamedTuple):
    """What decides the answers of B configurations, side by side."""

    sizes: NDArray[np.int64]  # (B,)
    channel: NDArray[np.int64]  # (Q, B), the habits
    fails: NDArray[np.bool_]  # (Q, B), whether the habit cannot be read
    preference: NDArray[np.float64]  # (B, K)
    failure: NDArray[np.float64]  # (B,)


def tally(
    world: World,
    questions: Sequence[str],
    n_options: int,
    members: Sequence[tuple[Seat, int]],
    moment: Moment = _PLAIN,
) -> Tally:
    """The votes of crowds on all questions.

    Args:
        world: Whose agents.
        questions: Q ≥ 1 ids. Draws belong to a question and not to its company.
        n_options: C ≥ 2.
        members: B ≥ 1 configurations, each by any of its seats, with how many agents it has.
        moment: When they are asked.

    Raises:
        SpecError: for fewer than two options, a model that the world does not have, a configuration that is given
            twice, or a crowd of fewer than one.
    """
    _check(members)
    drawn = world.ground.questions(questions, n_options)
    habits = [world.ground.habits(questions, seat.model, seat.persona) for seat, _ in members]
    crowd = _crowd(world, members, habits)
    counts = np.empty((len(questions), len(members), n_options + 1), np.int64)
    channels = np.empty((len(questions), world.parameters.channels), np.int64)
    who = tuple(seat.config for seat, _ in members)
    for q, question in enumerate(questions):
        rng = keyed(world.parameters.seed, "crowd", moment.seed, question, moment.replicate, moment.round, moment.mark)
        counts[q], channels[q] = _vote(world, crowd, drawn.targets[q], q, n_options, rng)
    laws = [world.law(drawn, its, seat.model, seat.persona) for (seat, _), its in zip(members, habits, strict=True)]
    return Tally(counts, Truth(drawn.solvability, drawn.targets, channels, who, np.stack(laws, axis=1)))


def ballots(
    world: World,
    questions: Sequence[str],
    n_options: int,
    members: Sequence[tuple[Seat, int]],
    moment: Moment = _PLAIN,
) -> Ballots:
    """The votes of crowds on all questions, agent by agent; arguments and errors are those of `tally`.

    Raises:
        SpecError: also for more than 127 options.
    """
    _check(members)
    if n_options > 127:
        raise SpecError(f"{n_options} options of an answer of one byte", key="n_options", allowed="2 to 127")
    drawn = world.ground.questions(questions, n_options)
    habits = [world.ground.habits(questions, seat.model, seat.persona) for seat, _ in members]
    laws = [world.law(drawn, its, seat.model, seat.persona) for (seat, _), its in zip(members, habits, strict=True)]
    theta = np.stack(laws, axis=1)
    kinds = np.repeat(np.arange(len(members)), [size for _, size in members])
    ends = np.cumsum([0, *(size for _, size in members)])
    answers = np.empty((len(questions), len(kinds)), np.int8)
    for q, question in enumerate(questions):
        for b, (seat, _) in enumerate(members):
            who = (question, seat.config, moment.replicate, moment.round, moment.mark)
            rng = keyed(world.parameters.seed, "ballots", moment.seed, *who)
            draw_into(answers[q, ends[b] : ends[b + 1]], theta[q, b], rng)
    return Ballots(answers, kinds, theta)


def draw_into(answers: NDArray[np.int8], law: NDArray[np.float64], rng: np.random.Generator) -> None:
    """Draws answers by a law of options, `MISSING` with what is left of it to 1; exact, at sixteen bits an answer.

    Every outcome owns as many of the 2^16 draws as its probability has whole shares of them; the few draws that no
    outcome owns whole are drawn again by what is left of the law.

    Args:
        answers: What is filled, shape (n,), contiguous.
        law: Shape (C,), C ≤ 127, summing to at most 1.
        rng: The only source of chance; on a Philox generator.
    """
    lost = 1.0 - law.sum()
    loses = lost > _ROUNDING
    outcomes = np.concatenate([[lost], law]) if loses else law  # unreadable first, so that places need no second look
    lowest = MISSING if loses else 0
    flags = np.empty(min(len(answers), _BLOCK), np.bool_)
    for low in range(0, len(answers), _BLOCK):
        here = answers[low : low + _BLOCK]
        _decide(here, flags[: len(here)], outcomes * 2**16, lowest, rng)


def _decide(
    answers: NDArray[np.int8],
    flag: NDArray[np.bool_],
    shares: NDArray[np.float64],
    lowest: int,
    rng: np.random.Generator,
) -> None:
    """Fills a block with the answers that are drawn.

    Args:
        answers: Shape (n,).
        flag: Room for a flag an answer, shape (n,); a new array would cost as much as the work.
        shares: How many of 2^16 draws fall to each outcome, not rounded.
        lowest: The answer that the first outcome is; the others follow.
        rng: The only source of chance.
    """
    bits = rng.bit_generator.random_raw(-(-len(answers) // 4)).astype("<u8", copy=False).view("<u2")[: len(answers)]
    whole = np.floor(shares)
    *edges, owned = np.cumsum(whole).astype(np.int64).tolist()
    answers[:] = lowest
    for edge in edges:
        if edge < 2**16:
            np.add(answers, np.greater_equal(bits, edge, out=flag).view(np.int8), out=answers)
    if owned < 2**16:
        again = np.flatnonzero(np.greater_equal(bits, owned, out=flag))
        rest = np.cumsum(shares - whole)
        drawn = rest.searchsorted(rng.random(len(again)) * rest[-1], side="right")
        answers[again] = np.minimum(drawn, len(shares) - 1) + lowest


def _crowd(world: World, members: Sequence[tuple[Seat, int]], habits: Sequence[Habits]) -> _Crowd:
    failure = np.array([world.parameters.failure_of(seat.model) for seat, _ in members])
    return _Crowd(
        np.array([size for _, size in members], np.int64),
        np.stack([habit.channel for habit in habits], axis=1),
        np.stack([habit.luck for habit in habits], axis=1) < failure,
        np.stack([world.preference(seat.model, seat.persona) for seat, _ in members]),
        failure,
    )


def _vote(
    world: World, crowd: _Crowd, targets: NDArray[np.int16], q: int, n_options: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Counts (B, C + 1) and channels in use (K,) of one question."""
    fresh = rng.binomial(crowd.sizes, world.parameters.fresh)
    used = rng.multinomial(fresh, crowd.preference)  # (B, K)
    readable = rng.binomial(used, 1.0 - crowd.failure[:, None])
    rows = np.arange(len(fresh))
    kept = crowd.sizes - fresh
    used[rows, crowd.channel[q]] += kept
    readable[rows, crowd.channel[q]] += np.where(crowd.fails[q], 0, kept)
    said = rng.multinomial(readable, _sayings(world, targets, n_options)).sum(axis=1)
    return np.column_stack([said, crowd.sizes - said.sum(axis=1)]), used.sum(axis=0)


def _sayings(world: World, targets: NDArray[np.int16], n_options: int) -> NDArray[np.float64]:
    """What agents say of a channel, shape (K, C): its finding with fidelity h or ω, else any other option alike."""
    p = world.parameters
    said = np.where(targets == 0, p.fidelity_right, p.fidelity_wrong)
    law = np.repeat((1.0 - said)[:, None] / (n_options - 1), n_options, axis=1)
    law[np.arange(len(targets)), targets] = said
    return law


def _check(members: Sequence[tuple[Seat, int]]) -> None:
    configs = [seat.config for seat, _ in members]
    if not configs or len(set(configs)) < len(configs):
        raise SpecError(f"crowds of {configs}", key="members", allowed="one or more configurations, each given once")
    if min(size for _, size in members) < 1:
        raise SpecError("a crowd of fewer than one agent", key="members", allowed="1 agent or more of each")
