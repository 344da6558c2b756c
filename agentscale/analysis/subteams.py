"""The vote of every smaller team inside a recorded one: exact averages over all sub-teams of a given composition.

A team of 16 that was recorded holds the votes of all its sub-teams. Agents of one configuration are exchangeable, so
the accuracy of a composition (so many of each configuration) is averaged over all ways to draw it: stratified
without replacement, ties settled in expectation, missing answers abstaining, a team without any readable answer not
right. This generalises ``maj_at_k`` to several configurations (the composition predictor for m_b ≤ R).

Four ways give the same number, and the cheapest is taken: one configuration has a one-dimensional generating function;
few sub-teams are listed, their votes counted for all questions by one matrix product; many sub-teams of few
configurations, or of few answers, have a generating function over the one or the other.

Formulas and their sources: theory, section 6.2.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from agentscale.analysis.ranges import whole
from agentscale.analysis.votes import Counts, Floats, draws, expected_accuracy, maj_with_abstentions, unit_rule
from agentscale.errors import SpecError

ABSTAINS = -1
_LISTED = 20_000  # sub-teams that are listed; every composition of 16 agents has fewer
_ENTRIES = 4_000_000  # of one matrix product
_TERMS = 300_000_000  # multiplications for one question and composition that are still worth waiting for
_STATES = 2_000_000  # entries of one generating function that memory should bear


def subteam_accuracy(answers_by_config: Sequence[Sequence[int]], take: Sequence[int], truth: int) -> float:
    """Probability that a team of ``take[b]`` agents of each configuration b, drawn from the recorded, votes right.

    Args:
        answers_by_config: For each configuration the recorded answers of one question; −1 is a missing answer, which
            abstains.
        take: m_b for each configuration, 0 ≤ m_b ≤ the recorded agents of b.
        truth: The id of the right answer.

    Returns:
        Between 0 and 1, exact to rounding; ``nan`` where more than some 10⁸ terms would have to be summed, which 16
        recorded agents never need.

    Raises:
        SpecError: ``take`` asks for more agents of a configuration than were recorded, or has another length.
    """
    flat = [answer for answers in answers_by_config for answer in answers]
    others = {answer: at for at, answer in enumerate(sorted(set(flat) - {truth, ABSTAINS}), start=1)}
    ids = np.array([[{truth: 0, ABSTAINS: ABSTAINS}.get(answer, others.get(answer, 0)) for answer in flat]])
    config = np.repeat(np.arange(len(answers_by_config)), [len(answers) for answers in answers_by_config])
    return float(subteam_curve(ids.reshape(1, len(flat)), config, np.array([take]))[0, 0])


def subteam_curve(answers: NDArray[np.integer], config: NDArray[np.integer], takes: NDArray[np.integer]) -> Floats:
    """:func:`subteam_accuracy` for many questions and compositions at once.

    Args:
        answers: Shape (Q, R): answer ids per question, 0 is right, −1 missing.
        config: Configuration of each recorded agent, shape (R,), counted from 0.
        takes: Compositions, shape (T, B): how many agents of each configuration.

    Returns:
        Shape (Q, T), between 0 and 1; ``nan`` where the exact sum would be too long.

    Raises:
        SpecError: shapes that do not fit, or a composition that does not fit the recorded agents.
    """
    answers, config, takes = whole("answers", answers, -1), whole("config", config), whole("takes", takes)
    if answers.ndim != 2 or takes.ndim != 2 or config.shape != answers.shape[1:]:
        shapes = f"answers {answers.shape}, config {config.shape}, takes {takes.shape}"
        raise SpecError(shapes, key="answers", allowed="(Q, R), (R,) and (T, B)")
    recorded = np.bincount(config, minlength=takes.shape[1])
    if takes.shape[1] != len(recorded) or (takes > recorded).any():
        raise SpecError(f"take {takes.tolist()}", allowed=f"0 to {recorded.tolist()}, one number a configuration")
    if len(recorded) == 1:
        table, abstained = _tables(answers, config, 1)
        return maj_with_abstentions(table[:, :, 0], abstained[:, 0], takes[:, 0].tolist())
    few = np.array([_sub_teams(recorded, take) <= _LISTED for take in takes], dtype=bool)
    right = np.empty((len(answers), len(takes)))
    for at in np.flatnonzero(few):
        right[:, at] = _by_listing(answers, _selections(config, takes[at]))
    if not few.all():
        tables = zip(*_tables(answers, config, len(recorded)), strict=True)
        right[:, ~few] = [_one_question(table, abstained, takes[~few]) for table, abstained in tables]
    return right


def _sub_teams(recorded: Counts, take: Counts) -> int:
    return math.prod(math.comb(int(n), int(m)) for n, m in zip(recorded, take, strict=True))


def _tables(answers: NDArray[np.integer], config: NDArray[np.integer], n_configs: int) -> tuple[Counts, Counts]:
    """Votes by question, answer and configuration (Q, C, B), and abstentions (Q, B)."""
    width = int(answers.max(initial=0)) + 1
    membership = np.eye(n_configs, dtype=np.int64)[config]
    table = (answers[:, None, :] == np.arange(width)[:, None]).astype(np.int64) @ membership
    return table, (answers == ABSTAINS).astype(np.int64) @ membership


# Few sub-teams: list them.


def _selections(config: NDArray[np.integer], take: Counts) -> NDArray[np.float32]:
    """All sub-teams of a composition as rows of zeros and ones, shape (sub-teams, R)."""
    chosen = [itertools.combinations(np.flatnonzero(config == b), int(m)) for b, m in enumerate(take)]
    members = np.array([sum(team, ()) for team in itertools.product(*chosen)], dtype=np.int64)
    selections = np.zeros((len(members), len(config)), dtype=np.float32)
    np.put_along_axis(selections, members, 1.0, axis=1)
    return selections


def _by_listing(answers: NDArray[np.integer], selections: NDArray[np.float32]) -> Floats:
    """Mean over the listed sub-teams, shape (Q,): votes of all of them by one product of zeros and ones."""
    width = int(answers.max(initial=0)) + 1
    step = max(1, _ENTRIES // max(1, len(selections) * width))
    parts = []
    for at in range(0, len(answers), step):
        block = answers[at : at + step]
        votes_for = (block.T[:, None, :] == np.arange(width)[:, None]).astype(np.float32)  # (R, C, questions)
        votes = (selections @ votes_for.reshape(len(votes_for), width * len(block))).reshape(
            len(selections), width, len(block)
        )
        top = votes.max(axis=1)
        winners = (votes == top[:, None]).sum(axis=1)
        parts.append(np.where((votes[:, 0] == top) & (top > 0), 1.0 / winners, 0.0).mean(axis=0))
    return np.concatenate(parts) if parts else np.zeros(0)


# Many sub-teams: one question at a time, by the cheaper of two generating functions.


def _one_question(table: Counts, abstained: Counts, takes: Counts) -> Floats:
    """One question, its votes by answer and configuration (C, B), for many compositions (T, B): shape (T,)."""
    if not table[0].any():
        return np.zeros(len(takes))
    recorded, table = table.sum(axis=0) + abstained, table[table.sum(axis=1) > 0]
    lumped, _ = _lumped(table)
    apart = [(_terms_by_answers(table, take), _terms_by_configs(lumped, take)) for take in takes]
    if _terms_by_answers(table, takes.max(axis=0)) <= min(sum(map(min, apart)), len(takes) * _TERMS):
        ways = _by_answers(table, abstained, takes)
    else:
        ways = np.array([_one_take(table, abstained, take, *terms) for take, terms in zip(takes, apart, strict=True)])
    return np.asarray(ways / [_sub_teams(recorded, take) for take in takes])


def _one_take(table: Counts, abstained: Counts, take: Counts, by_answers: float, by_configs: float) -> float:
    if min(by_answers, by_configs) > _TERMS:
        return float("nan")
    if by_answers <= by_configs:
        return float(_by_answers(table, abstained, take[None])[0])
    return _by_configs(table, abstained, take)


def _by_answers(table: Counts, abstained: Counts, takes: Counts) -> Floats:
    """Ways to be right, answer by answer; what is kept is how many agents of each configuration are used up.

    For every number j of right votes: the other answers have at most j, each tie weighted by a node y of a rule for
    1/(1 + t) = ∫₀¹ yᵗ dy. Answers with fewer than j votes in all cannot matter and count like abstentions. One pass
    serves all compositions.
    """
    most, mass = takes.max(axis=0), np.zeros(len(takes))
    right, *others = [list(_ways_to_draw(row, most, int(takes.sum(axis=1).max()))) for row in table]
    for j in range(1, int(np.minimum(table[0], most).sum()) + 1):
        rival = table[1:].sum(axis=1) >= j
        y, y_weight = unit_rule(int(rival.sum()))
        silent = abstained + table[1:][~rival].sum(axis=0)
        unread = [draws(np.asarray(n), int(m)) for n, m in zip(silent, most, strict=True)]
        ways = _outer([*unread, np.ones(len(y))])
        for at in np.flatnonzero(rival):
            grown = np.zeros_like(ways)
            for used, count in others[at]:
                if sum(used) <= j:
                    _add_shifted(grown, ways, used, count * np.where(sum(used) == j, y, 1.0))
            ways = grown
        left = ways @ y_weight
        for used, count in right:
            if sum(used) == j:
                fits = (takes >= used).all(axis=1)
                mass[fits] += count * left[tuple((takes[fits] - used).T)]
    return mass


def _by_configs(table: Counts, abstained: Counts, take: Counts) -> float:
    """Ways to be right, configuration by configuration; what is kept is how many votes each answer has."""
    lumped, singles = _lumped(table)
    most = np.minimum(lumped.sum(axis=1), take.sum())
    ways = np.zeros(tuple(most + 1))
    ways[(0,) * ways.ndim] = 1.0
    for votes, silent, m in zip(lumped.T, abstained, take, strict=True):
        grown = np.zeros_like(ways)
        for cast, count in _ways_to_draw(votes, np.minimum(most, m), int(m)):
            _add_shifted(grown, ways, cast, count * math.comb(int(silent), int(m) - sum(cast)))
        ways = grown
    votes_of = np.moveaxis(np.indices(ways.shape), 0, -1)
    if not singles:
        return float((ways * expected_accuracy(votes_of)).sum())
    return float((ways * _with_singles(votes_of[..., :-1], votes_of[..., -1])).sum())


def _lumped(table: Counts) -> tuple[Counts, bool]:
    """Wrong answers of a single agent as one last row: they differ in nothing but who gave them."""
    single = table.sum(axis=1) == 1
    single[0] = False
    if single.sum() < 2:
        return table, False
    return np.vstack([table[~single], table[single].sum(axis=0)]), True


def _with_singles(votes: Counts, singles: Counts) -> Floats:
    """Expected accuracy where besides ``votes`` (…, C) so many further answers have one vote each."""
    top = votes.max(axis=-1)
    winners = (votes == top[..., None]).sum(axis=-1) + np.where(top == 1, singles, 0)
    return np.asarray(np.where((votes[..., 0] == top) & (top > 0), 1.0 / winners, 0.0))


def _ways_to_draw(votes: Counts, most: Counts, total: int) -> Iterator[tuple[tuple[int, ...], float]]:
    """Every draw of at most ``most`` from each of the groups, ``total`` in all, with its number of ways."""
    ranges = [range(min(int(n), int(m)) + 1) for n, m in zip(votes, most, strict=True)]
    for used in itertools.product(*ranges):
        if sum(used) <= total:
            yield used, float(math.prod(math.comb(int(n), i) for n, i in zip(votes, used, strict=True)))


def _add_shifted(target: Floats, source: Floats, shift: tuple[int, ...], factor: float | Floats) -> None:
    """Add ``source``, moved up by ``shift`` along its first axes, times ``factor`` to ``target``."""
    to = tuple(slice(s, None) for s in shift)
    back = tuple(slice(None, size - s) for size, s in zip(source.shape, shift, strict=False))
    target[to] += source[back] * factor


def _outer(vectors: Sequence[Floats]) -> Floats:
    product = np.ones(())
    for vector in vectors:
        product = np.multiply.outer(product, vector)
    return product


def _terms_by_answers(table: Counts, most: Counts) -> float:
    """About how many multiplications :func:`_by_answers` needs; infinite where it would not fit into memory."""
    states = math.prod(int(m) + 1 for m in most)
    draws_of = [math.prod(min(int(n), int(m)) + 1 for n, m in zip(row, most, strict=True)) for row in table]
    levels = [min(int(table[0].sum()), int(row.sum())) for row in table]
    return math.inf if states > _STATES else states * sum(map(math.prod, zip(levels, draws_of, strict=True)))


def _terms_by_configs(table: Counts, take: Counts) -> float:
    """About how many multiplications :func:`_by_configs` needs; infinite where it would not fit into memory."""
    states = math.prod(int(n) + 1 for n in table.sum(axis=1))
    draws_of = [math.prod(min(int(n), int(m)) + 1 for n in column) for column, m in zip(table.T, take, strict=True)]
    return math.inf if states > _STATES else states * sum(draws_of)
