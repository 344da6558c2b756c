"""Crowds and populations that are counted answer as the same agents drawn one by one do."""

from __future__ import annotations

import numpy as np
import pytest

from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation import (
    Copy,
    Debate,
    FriedkinJohnsen,
    Graph,
    Moment,
    Placebo,
    Polya,
    Quorum,
    Rule,
    Seat,
    Start,
    Streams,
    World,
    WorldParameters,
    ballots,
    debate,
    debate_by_counts,
    tally,
)
from agentscale.simulation.crowds import draw_into

QUESTIONS = [f"q{i}" for i in range(60)]
FAILING = World(WorldParameters(parse_failure=(0.1, 0.2, 0.3)))
PLAIN = np.array([0, 1, 2, 3, -1])


def crowd(*sizes: int) -> list[tuple[Seat, int]]:
    return list(zip(FAILING.team("L4", len(sizes)), sizes, strict=True))


def test_a_crowd_answers_by_its_law_whatever_its_size() -> None:
    counted = tally(FAILING, QUESTIONS, 4, crowd(1_000_000, 40_000, 3))
    assert np.all(counted.counts.sum(axis=2) == [1_000_000, 40_000, 3])
    for b, size in enumerate((1_000_000, 40_000)):
        law = counted.truth.theta[:, b]
        share = counted.counts[:, b, :4] / size
        assert np.all(np.abs(share - law) <= 5 * np.sqrt(law * (1 - law) / size) + 1e-9)


def test_a_crowd_has_the_truth_of_the_same_agents_one_by_one() -> None:
    seats = FAILING.team("L4", 3)
    counted, drawn = tally(FAILING, QUESTIONS, 4, [(seat, 1) for seat in seats]), FAILING.answers(QUESTIONS, 4, seats)
    assert np.array_equal(counted.truth.theta, drawn.truth.theta)
    assert np.array_equal(counted.truth.targets, drawn.truth.targets)
    assert counted.truth.configs == drawn.truth.configs


def test_counted_votes_vary_as_drawn_ones_do() -> None:
    """Right answers of a team of 5, over replicates: mean and variance, question by question."""
    few, seats = QUESTIONS[:20], [Seat("a/-", 2, None, copy) for copy in range(5)]
    counted = np.array(
        [tally(FAILING, few, 4, [(seats[0], 5)], Moment(replicate=r)).counts[:, 0, 0] for r in range(600)]
    )
    drawn = np.array(
        [np.sum(FAILING.answers(few, 4, seats, Moment(replicate=r)).answers == 0, axis=1) for r in range(300)]
    )
    spread = np.sqrt(counted.var(axis=0) * (1 / 600 + 1 / 300)) + 1e-9
    assert np.abs((counted.mean(axis=0) - drawn.mean(axis=0)) / spread).max() < 4.5
    assert counted.var(axis=0).mean() == pytest.approx(drawn.var(axis=0).mean(), rel=0.1)


def test_a_question_counted_alone_is_the_question_counted_among_many() -> None:
    members = crowd(1000, 1000, 1000, 1000)
    all_of_them = tally(FAILING, QUESTIONS, 4, members)
    some = tally(FAILING, QUESTIONS[7:9], 4, members)
    assert np.array_equal(some.counts, all_of_them.counts[7:9])
    assert np.array_equal(some.truth.channels, all_of_them.truth.channels[7:9])
    assert np.all(all_of_them.truth.channels.sum(axis=1) == 4000)
    again = tally(FAILING, QUESTIONS, 4, members, Moment(seed=1))
    assert not np.array_equal(again.counts, all_of_them.counts)


@pytest.mark.parametrize(
    "law",
    [
        (0.4, 0.3, 0.2, 0.1),
        (0.25, 0.25, 0.25, 0.25),
        (1.0, 0.0),
        (0.0, 0.5),
        (0.0, 0.0),
        (1e-6, 3e-6, 1 - 4e-6),
        (0.5 + 2**-18, 2**-18, 0.3),
    ],
)
def test_ballots_follow_any_law_exactly_even_between_two_values_of_sixteen_bits(law: tuple[float, ...]) -> None:
    size = 2_000_000
    drawn = np.empty(size, np.int8)
    draw_into(drawn, np.array(law), keyed(0, "ballots", *map(str, law)))
    got = np.array([np.mean(drawn == option) for option in [*range(len(law)), -1]])
    wanted = np.array([*law, 1 - sum(law)])
    assert np.all(np.abs(got - wanted) <= 5 * np.sqrt(np.abs(wanted) * (1 - wanted) / size) + 1e-12)


def test_ballots_are_the_crowds_agents_by_configuration_and_question_by_question() -> None:
    members = crowd(1000, 20_000)
    cast = ballots(FAILING, QUESTIONS, 4, members)
    assert cast.answers.shape == (60, 21_000)
    assert np.bincount(cast.kinds).tolist() == [1000, 20_000]
    assert np.array_equal(cast.theta, tally(FAILING, QUESTIONS, 4, members).truth.theta)
    share = np.mean(cast.answers[:, cast.kinds == 1] == 0, axis=1)
    assert np.all(np.abs(share - cast.theta[:, 1, 0]) < 5 * np.sqrt(0.25 / 20_000))
    assert np.array_equal(ballots(FAILING, QUESTIONS[5:6], 4, members).answers[0], cast.answers[5])
    with pytest.raises(SpecError, match="2 to 127"):
        ballots(FAILING, QUESTIONS, 200, members)


@pytest.mark.parametrize("members", [[], crowd(1) * 2, crowd(3, 0)], ids=["nobody", "twice", "empty"])
def test_a_crowd_that_cannot_be_is_refused(members: list[tuple[Seat, int]]) -> None:
    with pytest.raises(SpecError, match=r"allowed: (one|1)"):
        tally(FAILING, QUESTIONS, 4, members)


# Debates by counts ------------------------------------------------------------------------------------------------

N, N_QUESTIONS = 20_000, 20
SHARES = keyed(0, "shares").dirichlet([2, 1, 1, 0.5, 0.3], N_QUESTIONS)


def first_answers() -> np.ndarray:
    return np.stack([PLAIN[keyed(1, "first", q).choice(5, N, p=SHARES[q])] for q in range(N_QUESTIONS)])


def counts_of(answers: np.ndarray) -> np.ndarray:
    return np.stack([np.sum(answers == option, axis=-1) for option in PLAIN], axis=-1)


@pytest.mark.parametrize(
    ("rule", "peers"),
    [
        (Copy(kappa=0.1, advantage=0.7), 6),
        (Copy(kappa=2e-5), None),
        (FriedkinJohnsen(gamma=0.4), None),
        (FriedkinJohnsen(gamma=0.4), 4),
        (Quorum(share=0.3), 6),
        (Polya(), None),
        (Placebo(rate=0.3), None),
    ],
    ids=lambda value: f"{value.name}" if isinstance(value, Rule) else f"k={value}",
)
def test_counted_debates_agree_with_agents_within_one_per_cent(rule: Rule, peers: int | None) -> None:
    first, theta = first_answers(), SHARES[:, :4]
    setting = Debate(rule, Graph.complete(N), 2, peers=peers)
    agents = debate(setting, Start(first, 4, theta[:, None]), Streams.alike(0, N_QUESTIONS, N))
    counted = debate_by_counts(setting, counts_of(first), 0, theta=theta)
    assert np.array_equal(counted[:, 0], counts_of(agents[:, 0]))
    assert np.all(counted.sum(axis=2) == N)
    assert np.abs(counted - counts_of(agents)).mean(axis=0).max() < 0.01 * N


def test_a_regular_random_graph_follows_the_mean_field() -> None:
    first, k = first_answers(), 8
    rows = (np.arange(N)[:, None] + keyed(2, "rows").integers(1, N, (N, k))) % N
    graph = Graph.of_rows(np.arange(N + 1) * k, rows.ravel())
    agents = debate(Debate(Copy(kappa=0.1), graph, 2), Start(first, 4), Streams.alike(0, N_QUESTIONS, N))
    counted = debate_by_counts(Debate(Copy(kappa=0.1), Graph.complete(N), 2, peers=k), counts_of(first), 0)
    assert np.abs(counted - counts_of(agents)).mean(axis=0).max() < 0.01 * N


def test_a_small_team_on_a_complete_graph_has_the_same_law_by_counts() -> None:
    """Five agents, one question, many replicates: mean and variance of the right answers after two rounds."""
    n_draws = 5000
    first = np.broadcast_to(np.array([0, 0, 1, 2, -1]), (n_draws, 5))
    setting = Debate(Copy(kappa=0.3, advantage=1), Graph.complete(5), 2)
    agents = counts_of(debate(setting, Start(first, 4), Streams.alike(0, n_draws, 5))[:, -1])[:, 0]
    counted = debate_by_counts(setting, counts_of(first), 0)[:, -1, 0]
    assert counted.mean() == pytest.approx(agents.mean(), abs=4.5 * 1.2 * np.sqrt(2 / n_draws))
    assert counted.var() == pytest.approx(agents.var(), rel=0.08)


def test_a_million_agents_are_counted_question_by_question() -> None:
    first = np.array([[600_000, 300_000, 100_000, 0, 0]] * 3)
    setting = Debate(Copy(kappa=0.1), Graph.complete(10**6), 3, peers=8)
    whole = debate_by_counts(setting, first, 0)
    assert np.array_equal(debate_by_counts(setting, first[1:2], 0, ["q1"]), whole[1:2])
    assert np.abs(whole[:, -1, 0] / 1e6 - 0.6).max() < 0.005


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (Debate(Copy(), Graph.circulant(10, 2)), "a complete graph"),
        (Debate(Copy(), Graph.complete(10), stubborn=(1,)), "all may move"),
        (Debate(Polya(), Graph.complete(10), peers=3), "dcm remembers"),
        (Debate(Copy(), Graph.complete(10), peers=60), "too many ways"),
        (Debate(Copy(), Graph.complete(11)), "sum to N"),
        (Debate(Placebo(), Graph.complete(10)), "needs the law"),
    ],
)
def test_a_debate_that_cannot_be_counted_is_refused(setting: Debate, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        debate_by_counts(setting, np.array([[4, 3, 2, 1, 0]]), 0)
