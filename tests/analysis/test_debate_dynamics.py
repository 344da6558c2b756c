"""Drift, flips, coupling, faults and the course of a debate against debates whose rules are known."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import kstest

from agentscale.analysis import (
    consensus_time,
    count_transitions,
    coupling_gain,
    course,
    dose,
    expected_accuracy,
    fault_injection,
    fj_coupling,
    flip_table,
    icc_correct,
    inverse_simpson,
    martingale_test,
    minority_survival,
    oracle_gap,
    prior_artifact_test,
    revision,
)
from agentscale.errors import SpecError
from agentscale.randomness import keyed
from agentscale.simulation import (
    Copy,
    Debate,
    FriedkinJohnsen,
    Graph,
    Polya,
    Rule,
    SelfCorrect,
    Start,
    Streams,
    debate,
    friedkin_johnsen,
)

ROUNDS = hnp.arrays(
    np.int64, st.tuples(st.integers(1, 4), st.integers(2, 4), st.integers(1, 5)), elements=st.integers(-1, 3)
)


def played(
    rule: Rule,
    *,
    seed: int = 1,
    n: int = 8,
    questions: int = 400,
    rounds: int = 3,
    mean: float = 0.5,
    options: int = 3,
    graph: Graph | None = None,
    peers: int | None = None,
) -> np.ndarray:
    """A debate whose first answers are independent given a question's difficulty, p_q ~ Beta with this mean."""
    rng = keyed(seed, "first answers")
    p = rng.beta(3 * mean, 3 * (1 - mean), size=questions)
    theta = np.concatenate([p[:, None], np.repeat((1 - p)[:, None] / (options - 1), options - 1, axis=1)], axis=1)
    first = (rng.random((questions, n))[..., None] > theta.cumsum(axis=1)[:, None, :-1]).sum(axis=-1)
    setting = Debate(rule=rule, graph=graph or Graph.complete(n), rounds=rounds, peers=peers)
    start = Start(first, options, theta[:, None])
    return np.asarray(debate(setting, start, Streams.alike(seed, questions, n)), dtype=np.int64)


def zeros(answers: np.ndarray) -> np.ndarray:
    return np.zeros(len(answers), dtype=np.int64)


# -- drift ------------------------------------------------------------------------------------------------------------


def test_the_p_values_of_drift_are_uniform_where_belief_is_a_martingale() -> None:
    p = []
    for seed in range(200):
        a = played(Polya(concentration=3.0), seed=seed, questions=60)
        p.append(martingale_test(a, zeros(a), seed=seed, resamples=1).p_value)
    assert kstest(p, "uniform").pvalue > 0.01
    assert 0.01 <= np.mean(np.array(p) < 0.05) <= 0.1


def test_mean_accuracy_stays_and_the_vote_gets_worse_where_belief_is_a_martingale() -> None:
    """The theory's example keeps .5 at .502 over five rounds, while majority falls and agreement rises."""
    a = played(Polya(concentration=3.0), questions=2000, rounds=5, n=5, options=2)
    found, seen = martingale_test(a, zeros(a), seed=1), course(a, zeros(a))
    assert found.mu.low < 0 < found.mu.high
    assert seen.team_accuracy[:, -1].mean() < seen.team_accuracy[:, 0].mean() + 0.005
    assert seen.agreement[:, -1].mean() > seen.agreement[:, 0].mean() + 0.03
    assert found.if_right.value < 0 < found.if_wrong.value


@pytest.mark.parametrize("advantage", [-1.0, 1.0])
def test_a_truth_advantage_has_its_sign_in_drift_and_flips(advantage: float) -> None:
    a = played(Copy(kappa=0.08, advantage=advantage), questions=600)
    drift = martingale_test(a, zeros(a), seed=1)
    table = flip_table(a, zeros(a), seed=1, resamples=200)["all"]
    for found in (drift.mu, table.truth_advantage):
        assert found.low * advantage > 0
        assert found.high * advantage > 0
    assert drift.p_value < 1e-4


def test_neutral_copying_has_no_truth_advantage_and_follows_the_share_of_peers() -> None:
    a = played(Copy(kappa=0.08, advantage=0.0), questions=1500)
    table = flip_table(a, zeros(a), seed=1, resamples=200)["all"]
    assert table.truth_advantage.low < 0 < table.truth_advantage.high
    assert table.pull.low > 1
    busy = table.n_wrong > 300
    assert (np.diff(table.wrong_to_right[busy]) > 0).all()
    assert table.n_wrong.sum() + table.n_right.sum() == a[:, :-1].size


def test_the_advantage_of_the_truth_covers_zero_as_often_as_stated_under_neutral_copying() -> None:
    hits = 0
    for seed in range(60):
        a = played(Copy(kappa=0.1), seed=seed, questions=80, rounds=2)
        found = flip_table(a, zeros(a), seed=1, resamples=1)["all"].truth_advantage
        hits += found.low <= 0 <= found.high
    assert hits >= 51  # 57 expected; 51 or fewer once in 100


def test_neutral_copying_lowers_the_vote_and_raises_the_correlation_at_equal_mean() -> None:
    """The theory's prototype: majority .6656 to .6301, ρ .449 to .593; with an advantage of .5 both rise."""
    a = played(Copy(kappa=0.1), questions=4000, mean=0.6, options=2, n=9)
    seen = course(a, zeros(a))
    right = (a == 0).sum(axis=2)
    assert martingale_test(a, zeros(a), seed=1, resamples=100).p_value > 0.001
    assert seen.team_accuracy[:, -1].mean() < seen.team_accuracy[:, 0].mean()
    assert icc_correct(right[:, -1], 9) > icc_correct(right[:, 0], 9) + 0.05
    told = played(Copy(kappa=0.1, advantage=0.5), questions=4000, mean=0.6, options=2, n=9)
    assert course(told, zeros(told)).team_accuracy[:, -1].mean() > seen.team_accuracy[:, 0].mean()


def test_looking_again_alone_changes_neither_mean_nor_vote() -> None:
    a = played(SelfCorrect(rate=0.3), questions=3000)
    found, seen = martingale_test(a, zeros(a), seed=1, resamples=100), course(a, zeros(a))
    assert found.p_value > 0.001
    change = seen.team_accuracy[:, -1] - seen.team_accuracy[:, 0]
    assert abs(change.mean()) < 3.5 * change.std() / np.sqrt(len(change))
    table = flip_table(a, zeros(a), seed=1, resamples=100)["all"]
    assert table.conformity.value < 0.3


def test_the_drift_by_hand() -> None:
    a = np.array([[[0, 1], [0, 0]], [[1, 1], [-1, 1]], [[2, 2], [0, 2]]])
    found = martingale_test(a, [0, 1, 2], seed=1, resamples=50)
    assert found.mu.value == pytest.approx(np.mean([0.5, 0.0, -0.5]))
    assert found.mu.n_missing == 1
    assert (found.if_right.value, found.if_right.n_items) == (pytest.approx(-0.25), 2)
    assert np.isnan(found.if_wrong.value)
    assert np.isnan(martingale_test(a[:1], [0], seed=1).p_value)


# -- flips by hand ----------------------------------------------------------------------------------------------------


def test_flips_and_conformity_by_hand_on_a_ring() -> None:
    """0 reads 1, 1 reads 2, 2 reads 0; the truth is 5."""
    a = np.array([[[5, 1, 1], [1, 1, 5]]])
    edges = [(1, 0), (2, 1), (0, 2)]
    table = flip_table(a, [5], edges, bins=2, seed=1)["all"]
    # 0 is right and reads a wrong one: flips. 1 is wrong and reads a wrong one: stays. 2 reads the right one: flips.
    assert table.n_right.tolist() == [0, 1]
    assert table.n_wrong.tolist() == [1, 1]
    assert table.right_to_wrong[1] == 1.0
    assert table.wrong_to_right.tolist() == [0.0, 1.0]
    assert (table.corrected.value, table.subverted.value, table.conformity.value) == (0.5, 1.0, 1.0)
    assert np.isnan(table.truth_advantage.value)
    assert "too few" in table.truth_advantage.warnings[0]


def test_groups_of_agents_have_tables_of_their_own() -> None:
    a = played(Copy(kappa=0.1), n=6, questions=60)
    a[:, :, 3:] = a[:, :1, 3:]  # the second half never moves
    tables = flip_table(a, zeros(a), groups=["x"] * 3 + ["y"] * 3, seed=1, resamples=50)
    assert list(tables) == ["x", "y"]
    assert tables["y"].corrected.value == tables["y"].conformity.value == 0.0
    assert tables["x"].corrected.value > 0
    assert tables["x"].corrected.n_agents == 3


@given(ROUNDS, st.permutations(range(4)))
def test_names_of_options_change_no_flip_and_no_course(a: np.ndarray, names: list[int]) -> None:
    truth = np.arange(len(a)) % 4
    renamed, right = np.where(a >= 0, np.array(names)[a], -1), np.array(names)[truth]
    np.testing.assert_array_equal(course(a, truth).team_accuracy, course(renamed, right).team_accuracy)
    np.testing.assert_array_equal(count_transitions(a, truth).counts, count_transitions(renamed, right).counts)
    one, other = (flip_table(*each, seed=1, resamples=1)["all"] for each in ((a, truth), (renamed, right)))
    np.testing.assert_array_equal(one.n_wrong, other.n_wrong)
    np.testing.assert_allclose(one.wrong_to_right, other.wrong_to_right)


# -- transitions ------------------------------------------------------------------------------------------------------


def test_transitions_count_questions_by_right_answers_before_and_after() -> None:
    a = np.array([[[0, 1, 1], [0, 0, 1]], [[0, 2, 1], [1, 1, 1]], [[0, 0, 0], [0, 0, -1]]])
    found = count_transitions(a, [0, 0, 0])
    assert found.counts[1].tolist() == [1, 0, 1, 0]
    assert found.counts[3].tolist() == [0, 0, 1, 0]
    assert found.shares[1].tolist() == [0.5, 0.0, 0.5, 0.0]
    assert found.team_right[1] == 0.5
    assert np.isnan(found.shares[0]).all()


@given(ROUNDS)
def test_where_all_can_be_read_the_gain_is_corrections_less_subversions(a: np.ndarray) -> None:
    a = np.abs(a)
    found = revision(a, zeros(a), seed=1, resamples=1)
    wrong = (a[:, 0] > 0).mean()
    parts = [wrong * found.correction.value, (1 - wrong) * found.subversion.value]
    assert found.gain.value == pytest.approx(np.nan_to_num(parts[0]) - np.nan_to_num(parts[1]))


# -- coupling ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gamma", [0.15, 0.43])
def test_the_coupling_of_opinions_that_follow_friedkin_and_johnsen_is_gamma(gamma: float) -> None:
    graph = nx.random_regular_graph(4, 10, seed=1)
    edges = [(u, v) for u, v in graph.edges] + [(v, u) for u, v in graph.edges]
    rows = [sorted(graph.neighbors(node)) for node in range(10)]
    known = Graph.of_rows(np.r_[0, np.cumsum([len(row) for row in rows])], np.concatenate(rows))
    first = keyed(1, "opinions").normal(size=(10, 30))
    x = np.stack([friedkin_johnsen(first, known, gamma, t) for t in range(4)]).transpose(2, 0, 1)
    assert fj_coupling(x, edges, seed=1, resamples=50).value == pytest.approx(gamma)
    x[0, 0, 0] = np.nan
    assert fj_coupling(x, edges, seed=1, resamples=50).value == pytest.approx(gamma)


def test_the_coupling_of_answers_that_follow_it_in_law_is_gamma_within_its_interval() -> None:
    a = played(FriedkinJohnsen(gamma=0.28), questions=1500, n=8)
    found = fj_coupling((a == 0).astype(float), seed=1, resamples=400)
    assert found.low < 0.28 < found.high
    assert found.high - found.low < 0.05


def test_the_slope_on_injected_opinions_is_gamma_and_drift_elsewhere_does_not_matter() -> None:
    rng = keyed(2, "injected")
    grid = np.tile(np.linspace(0, 1, 5), (200, 1))
    own, noise = rng.random((200, 1)), rng.normal(0, 0.05, size=(200, 5))
    found = coupling_gain(grid, 0.28 * grid + 0.72 * own + noise, seed=1)
    assert found.low < 0.28 < found.high
    assert found.value == pytest.approx(0.28, abs=0.02)
    assert coupling_gain(grid, own.repeat(5, axis=1), seed=1, resamples=50).value == pytest.approx(0.0, abs=1e-12)


def test_an_assigned_first_opinion_that_is_forgotten_is_told_from_one_that_anchors() -> None:
    rng = keyed(3, "assigned")
    assigned, prior = rng.random((300, 4)), rng.random((300, 1))
    forgotten = prior_artifact_test(assigned, prior + rng.normal(0, 0.1, (300, 4)), seed=1, resamples=200)
    assert forgotten.slope.low < 0 < forgotten.slope.high
    assert forgotten.p_value > 0.01
    kept = prior_artifact_test(assigned, 0.6 * assigned + 0.4 * prior + 0.1, seed=1, resamples=200)
    assert kept.slope.value == pytest.approx(0.6)
    assert kept.p_value < 1e-6
    assert kept.bias.value == pytest.approx(0.1 + 0.4 * (prior.mean() - assigned.mean()))


# -- faults -----------------------------------------------------------------------------------------------------------


def test_an_error_that_stays_with_its_agent_adds_one_and_copying_flips_votes() -> None:
    start = played(Copy(kappa=0.15), rounds=1, questions=500, n=7, mean=0.75)[:, 0]
    faulty = start.copy()
    faulty[:, 0] = 1
    setting = Debate(rule=Copy(kappa=0.15), graph=Graph.complete(7), rounds=3)
    last = [np.asarray(debate(setting, Start(first, 3), Streams.alike(4, 500, 7)))[:, -1] for first in (start, faulty)]
    truth = np.zeros(500, dtype=np.int64)
    still = fault_injection(start, faulty, truth, seed=1, resamples=200)
    spread = fault_injection(*last, truth, seed=1, resamples=200)
    assert still.extra.value == pytest.approx(float((start[:, 0] == 0).mean()))
    assert still.amplification.value == pytest.approx((faulty > 0).sum() / (start > 0).sum())
    # Neutral copying moves errors about and makes none on average, but the errors stand together: votes flip.
    assert abs(spread.extra.value - still.extra.value) < 0.8 * (spread.extra.high - spread.extra.low)
    assert spread.flipped.value > 0


def test_faults_by_hand() -> None:
    found = fault_injection([[0, 0, 1], [0, 0, 0]], [[1, 1, 1], [0, 0, 1]], [0, 0], seed=1, resamples=50)
    assert found.amplification.value == 4.0
    assert found.extra.value == 1.5
    assert found.flipped.value == 0.5
    none = fault_injection([[0, 0]], [[0, 0]], [0], seed=1)
    assert np.isnan(none.amplification.value)


# -- course -----------------------------------------------------------------------------------------------------------


def test_equal_doses_of_peers_and_rounds_give_equal_agreement() -> None:
    """The theory's prototype has .632 to .640 for all splits of kτ = 16; here one round of many peers lags a little."""
    agreement = []
    for k, rounds in ((1, 16), (2, 8), (4, 4), (8, 2), (1, 1)):
        a = played(Copy(kappa=0.05), questions=800, n=17, rounds=rounds, options=4, peers=k)
        agreement.append(float(course(a, zeros(a)).agreement[:, -1].mean()))
    *equal, little = agreement
    assert dose([1, 2, 4, 8], [16, 8, 4, 2]).tolist() == [16.0] * 4
    assert np.ptp(equal) < 0.03
    assert little < min(equal) - 0.02


def test_the_course_of_a_debate_by_hand() -> None:
    a = np.array([[[0, 1, 2, 2], [0, 2, 2, 2], [2, 2, 2, -1]]])
    seen = course(a, [0])
    assert seen.accuracy[0].tolist() == [0.25, 0.25, 0.0]
    assert seen.team_accuracy[0].tolist() == [0.0, 0.0, 0.0]
    assert seen.oracle[0].tolist() == [1.0, 1.0, 0.0]
    assert seen.agreement[0].tolist() == pytest.approx([1 / 6, 0.5, 1.0])
    assert seen.hill[0, :, 0].tolist() == [3.0, 2.0, 1.0]
    assert seen.unanimous_wrong[0].tolist() == [0.0, 0.0, 1.0]
    assert seen.missing[0].tolist() == [0.0, 0.0, 0.25]
    assert consensus_time(a).tolist() == [2.0]
    assert consensus_time(a, 0.75).tolist() == [1.0]
    assert consensus_time(a[:, :1]).tolist() == [np.inf]
    assert minority_survival(a).tolist() == [1.0, 0.5, 0.0]
    assert oracle_gap(a, [0], seed=1).value == 1.0


@given(ROUNDS)
def test_the_course_agrees_with_the_laws_of_counts(a: np.ndarray) -> None:
    seen = course(a, zeros(a))
    counts = (a[..., None] == np.arange(4)).sum(axis=2)
    read = counts.sum(axis=-1) > 0
    np.testing.assert_allclose(seen.team_accuracy[read], expected_accuracy(counts)[read])
    np.testing.assert_allclose(seen.agreement, 1 / inverse_simpson(counts))
    assert (np.isnan(seen.oracle) == ~read).all()
    assert ((seen.unanimous >= seen.unanimous_wrong) | ~read).all()
    assert consensus_time(a, 0.0)[read[:, 0]].tolist() == [0.0] * int(read[:, 0].sum())


def test_unlabelled_questions_are_left_out_and_silent_ones_undefined() -> None:
    a = np.array([[[0, 1], [0, 0]], [[-1, -1], [-1, -1]], [[1, 1], [1, 1]]])
    seen = course(a, [0, 0, -1])
    assert len(seen.accuracy) == 2
    assert np.isnan(seen.accuracy[1]).all()
    assert np.isnan(seen.hill[1]).all()
    assert martingale_test(a, [0, 0, -1], seed=1).mu.n_items == 1
    assert np.isnan(minority_survival(a[2:])).all()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: martingale_test([[[0, 1]]], [0], seed=1), "T + 1 ≥ 2"),
        (lambda: martingale_test([[0, 1]], [0], seed=1), "answers (1, 2)"),
        (lambda: course([[[0]]], [0, 1]), "truth (2,)"),
        (lambda: flip_table([[[0, 1], [0, 1]]], [0], [(0, 2)], seed=1), "agents 0 to 1"),
        (lambda: flip_table([[[0, 1], [0, 1]]], [0], [(1, 1)], seed=1), "u ≠ v"),
        (lambda: flip_table([[[0, 1], [0, 1]]], [0], groups=["a"], seed=1), "1 groups"),
        (lambda: flip_table([[[0, 1], [0, 1]]], [0], bins=0, seed=1), "bins = 0"),
        (lambda: fault_injection([[0]], [[0, 1]], [0], seed=1), "the same shape"),
        (lambda: coupling_gain([[0.0]], [[0.0, 1.0]], seed=1), "the same shape"),
        (lambda: fj_coupling([[[0.0]]], seed=1), "opinions of shape"),
        (lambda: consensus_time([[[0]]], 2.0), "threshold = 2"),
        (lambda: dose(-1, 2), "peers = -1"),
    ],
)
def test_what_does_not_fit_is_named(call: object, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()  # type: ignore[operator]
    assert said in str(caught.value)
