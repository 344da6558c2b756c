"""Debates have the published course: martingales, what copying does to votes, and the closed forms of coupling.

The facts are those of theory.md, sections 3.2 and 6.6. Of the prototypes behind them only the results are known: team
sizes, coupling and prior weights below are such that debates start where those did. Tolerances are three standard
errors of a difference between two samples, ours and one of some 3,000 questions.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation import (
    Copy,
    Debate,
    FriedkinJohnsen,
    Graph,
    Placebo,
    Polya,
    Quorum,
    Rule,
    SelfCorrect,
    Start,
    Streams,
    debate,
    friedkin_johnsen,
    influence,
    influence_size,
    is_martingale,
)

N_QUESTIONS, N = 6000, 9
VOTE = 0.03  # tolerance of a majority accuracy
MEAN = 0.015  # and of what is a mean over agents too


def option_counts(answers: np.ndarray) -> np.ndarray:
    return np.stack([np.sum(answers == option, axis=1) for option in range(4)], axis=1)


def majority(answers: np.ndarray) -> float:
    counts = option_counts(answers)
    winners = counts == counts.max(axis=1, keepdims=True)
    return float(np.mean(winners[:, 0] / winners.sum(axis=1)))


def agreement(answers: np.ndarray) -> float:
    counts, n = option_counts(answers), answers.shape[1]
    return float(np.mean(np.sum(counts * (counts - 1), axis=1)) / (n * (n - 1)))


def correlation(answers: np.ndarray) -> float:
    right, n = np.sum(answers == 0, axis=1), answers.shape[1]
    p = right.mean() / n
    return float((np.mean(right * (right - 1)) / (n * (n - 1)) - p**2) / (p * (1 - p)))


def drift(answers: np.ndarray) -> float:
    """The change of accuracy from the first round to the last, in standard errors over questions."""
    change = np.mean(answers[:, -1] == 0, axis=1) - np.mean(answers[:, 0] == 0, axis=1)
    return float(change.mean() / (change.std() / np.sqrt(len(change))))


def mixed_start(n: int = N) -> Start:
    """Questions of unequal difficulty with a common wrong answer: accuracy .6, correlation .449."""
    rng = keyed(1, "mixed")
    total = 1 / 0.449 - 1
    right = rng.random((N_QUESTIONS, n)) < rng.beta(0.6 * total, 0.4 * total, (N_QUESTIONS, 1))
    wrong = np.where(rng.random((N_QUESTIONS, n)) < 0.55, 1, rng.integers(1, 4, (N_QUESTIONS, n)))
    return Start(np.where(right, 0, wrong), 4)


def law_start(n: int, theta: tuple[float, ...] = (0.5, 0.3, 0.1, 0.1)) -> Start:
    answers = keyed(2, "law").choice(4, (N_QUESTIONS, n), p=theta)
    return Start(answers, 4, np.broadcast_to(np.array(theta), (N_QUESTIONS, 1, 4)))


def run(rule: Rule, begin: Start, rounds: int, graph: Graph | None = None, peers: int | None = None) -> np.ndarray:
    n_questions, n = begin.answers.shape
    setting = Debate(rule, graph or Graph.complete(n), rounds, peers=peers)
    return debate(setting, begin, Streams.alike(3, n_questions, n))


def test_beliefs_fed_by_all_answers_keep_their_mean_while_votes_get_worse() -> None:
    answers = run(Polya(concentration=4), law_start(7), 5)
    assert abs(drift(answers)) < 3
    assert np.mean(answers[:, -1] == 0) == pytest.approx(0.502, abs=MEAN)
    assert majority(answers[:, 0]) == pytest.approx(0.7075, abs=VOTE)
    assert majority(answers[:, -1]) == pytest.approx(0.632, abs=VOTE)
    assert agreement(answers[:, 0]) == pytest.approx(0.3625, abs=MEAN)
    assert agreement(answers[:, -1]) == pytest.approx(0.423, abs=MEAN)


def test_neutral_copying_keeps_accuracy_lowers_the_vote_and_raises_correlation() -> None:
    answers = run(Copy(kappa=0.08), mixed_start(), 3)
    assert abs(drift(answers)) < 3
    assert majority(answers[:, 0]) == pytest.approx(0.6656, abs=VOTE)
    assert majority(answers[:, -1]) == pytest.approx(0.6301, abs=VOTE)
    assert correlation(answers[:, 0]) == pytest.approx(0.449, abs=VOTE)
    assert correlation(answers[:, -1]) == pytest.approx(0.593, abs=VOTE)


def test_a_truth_advantage_raises_the_vote_and_the_correlation() -> None:
    answers = run(Copy(kappa=0.08, advantage=0.5), mixed_start(), 3)
    assert drift(answers) > 10
    assert majority(answers[:, -1]) == pytest.approx(0.7215, abs=VOTE)
    assert correlation(answers[:, -1]) > correlation(answers[:, 0]) + 0.1


@pytest.mark.parametrize("rule", [SelfCorrect(rate=0.3), Placebo(rate=0.3)], ids=lambda rule: rule.name)
def test_looking_again_changes_neither_accuracy_nor_vote_nor_agreement(rule: Rule) -> None:
    answers = run(rule, law_start(7), 4)
    assert abs(drift(answers)) < 3
    for measure in (majority, agreement):
        assert measure(answers[:, -1]) == pytest.approx(measure(answers[:, 0]), abs=0.02)
    assert np.mean(answers[:, 0] != answers[:, 1]) == pytest.approx(0.3 * (1 - 0.36), abs=0.01)


def test_peers_and_rounds_of_copying_matter_by_their_product_alone() -> None:
    begin = Start(mixed_start(17).answers[:3000], 4)
    ends = [run(Copy(kappa=0.03), begin, 16 // k, peers=k)[:, -1] for k in (1, 4, 16)]
    before = begin.answers
    for measure in (agreement, correlation):
        after = [measure(end) for end in ends]
        assert min(after) > measure(before) + 0.01
        assert max(after) - min(after) < 0.015  # published: .008 and .010 over five pairs


def test_coupling_draws_a_complete_team_together_by_one_minus_gamma_at_once() -> None:
    opinions = keyed(0, "opinions").standard_normal((50, 3))
    for rounds in (1, 2, 7):
        ratio = friedkin_johnsen(opinions, Graph.complete(50), 0.43, rounds).var(axis=0) / opinions.var(axis=0)
        assert ratio == pytest.approx((1 - 0.43) ** 2, rel=1e-12)


def test_a_coupled_agent_of_eight_holds_2_44_first_answers() -> None:
    matrix = influence(Debate(FriedkinJohnsen(gamma=0.43), Graph.complete(8)), stationary=True)
    assert influence_size(matrix) == pytest.approx(2.44327, abs=5e-6)


@given(st.integers(2, 9), st.floats(0, 0.95), st.integers(0, 6))
def test_influence_is_an_average_and_its_recursion_reaches_the_stationary_matrix(
    n: int, gamma: float, seed: int
) -> None:
    graph = Graph.scattered(n, (n - 1) / 2, keyed(seed, "graph"))
    rule = FriedkinJohnsen(gamma=gamma)
    still = influence(Debate(rule, graph), stationary=True)
    assert still.sum(axis=1) == pytest.approx(1)
    assert influence(Debate(rule, graph, 400)) == pytest.approx(still, abs=1e-6)
    assert friedkin_johnsen(np.eye(n), graph, gamma, 3) == pytest.approx(influence(Debate(rule, graph, 3)), abs=1e-12)


@pytest.mark.parametrize("rule", [FriedkinJohnsen(gamma=0.4), Copy(kappa=0.2)], ids=lambda rule: rule.name)
def test_answers_follow_the_influence_matrix_on_an_irregular_graph(rule: Rule) -> None:
    graph = Graph.of_rows([0, 2, 3, 3, 7, 8], [1, 2, 3, 0, 1, 2, 4, 0])
    first = np.broadcast_to(np.array([0, 1, 2, 0, 3]), (N_QUESTIONS, 5))
    setting = Debate(rule, graph, 3, stubborn=(1,))
    last = debate(setting, Start(first, 4), Streams.alike(0, N_QUESTIONS, 5))[:, -1]
    wanted = influence(setting)
    got = np.stack([np.mean(last == option, axis=0) for option in range(4)], axis=1)
    started = np.eye(4)[first[0]]
    assert got == pytest.approx(wanted @ started, abs=4.5 * np.sqrt(0.25 / N_QUESTIONS))


HUB = Graph.of_rows([0, 4, 5, 6, 7, 8], [1, 2, 3, 4, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("setting", "kept"),
    [
        (Debate(Copy(), Graph.complete(6)), True),
        (Debate(Copy(), Graph.circulant(9, 4)), True),
        (Debate(Copy(), Graph.circulant(9, 4), peers=2), True),
        (Debate(FriedkinJohnsen(), Graph.circulant(9, 4)), True),
        (Debate(Polya(), Graph.circulant(9, 4)), True),
        (Debate(SelfCorrect(), HUB), True),
        (Debate(Copy(), HUB), False),
        (Debate(FriedkinJohnsen(), HUB), False),
        (Debate(Polya(), HUB), False),
        (Debate(Copy(), Graph.complete(6), stubborn=(0,)), False),
        (Debate(Copy(), Graph.complete(6), context=2), False),
        (Debate(Copy(advantage=0.5), Graph.complete(6)), False),
        (Debate(Quorum(), Graph.complete(6)), False),
    ],
    ids=lambda value: f"{value.rule.name}-{value.graph.n}" if isinstance(value, Debate) else str(value),
)
def test_a_debate_says_whether_accuracy_can_drift(setting: Debate, kept: bool) -> None:
    assert is_martingale(setting) is kept


def test_where_one_agent_is_read_by_all_accuracy_moves_to_it() -> None:
    """The hub is right, the others are not: neutral copying then spreads the truth, and no martingale holds."""
    first = np.broadcast_to(np.array([0, 1, 1, 1, 1]), (N_QUESTIONS, 5))
    setting = Debate(Copy(kappa=0.3), HUB, 2)
    answers = debate(setting, Start(first, 4), Streams.alike(0, N_QUESTIONS, 5))
    assert drift(answers) > 10
    assert np.mean(answers[:, -1] == 0) == pytest.approx(influence(setting)[:, 0].mean(), abs=0.01)


def test_influence_of_what_is_not_linear_or_too_large_is_refused() -> None:
    with pytest.raises(SpecError, match="not linear"):
        influence(Debate(Quorum(), Graph.complete(4)))
    with pytest.raises(SpecError, match="not linear"):
        influence(Debate(Copy(advantage=1), Graph.complete(4)))
    with pytest.raises(SpecError, match="4096"):
        influence(Debate(Copy(), Graph.complete(5000)))
    with pytest.raises(SpecError, match="γ below 1"):
        influence(Debate(FriedkinJohnsen(gamma=1), Graph.complete(4)), stationary=True)
    with pytest.raises(SpecError, match="0 to 1"):
        friedkin_johnsen(np.ones(4), Graph.complete(4), 1.5, 2)
