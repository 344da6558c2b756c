"""Exact votes against the definition by enumeration, tabled values, and identities."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.analysis import expected_accuracy, maj_at_k, pass_at_k, subteam_accuracy, subteam_curve, subteams
from agentscale.analysis.votes import maj_with_abstentions
from agentscale.errors import SpecError
from agentscale.randomness import keyed

TRUTH = 0


def plurality_score(answers: Sequence[int]) -> float:
    """By the definition: the share of right answers among the winners; abstentions are −1."""
    votes = Counter(answer for answer in answers if answer >= 0)
    winners = [answer for answer in votes if votes[answer] == max(votes.values())]
    return (TRUTH in winners) / len(winners) if winners else 0.0


def enumerated(by_config: Sequence[Sequence[int]], take: Sequence[int]) -> float:
    """By the definition: the mean over all sub-teams."""
    chosen = [itertools.combinations(answers, m) for answers, m in zip(by_config, take, strict=True)]
    return float(np.mean([plurality_score(list(itertools.chain(*team))) for team in itertools.product(*chosen)]))


@st.composite
def recorded(draw: st.DrawFn) -> tuple[list[list[int]], list[int]]:
    """Recorded answers by configuration, at most 9 agents, and a composition."""
    sizes = draw(st.lists(st.integers(0, 4), min_size=1, max_size=4).filter(lambda sizes: 0 < sum(sizes) < 10))
    most = draw(st.integers(0, 8))
    by_config = [draw(st.lists(st.integers(-1, most), min_size=n, max_size=n)) for n in sizes]
    return by_config, [draw(st.integers(0, n)) for n in sizes]


@given(recorded())
@settings(deadline=None)
def test_a_composition_is_the_mean_over_all_its_sub_teams(case: tuple[list[list[int]], list[int]]) -> None:
    assert subteam_accuracy(*case, TRUTH) == pytest.approx(enumerated(*case), abs=1e-12)


@given(recorded())
@settings(deadline=None)
def test_every_way_to_count_gives_the_same_number(case: tuple[list[list[int]], list[int]]) -> None:
    by_config, take = case
    answers = np.array([list(itertools.chain(*by_config))])
    config = np.repeat(np.arange(len(by_config)), [len(one) for one in by_config])
    (table,), (abstained,) = subteams._tables(answers, config, len(by_config))
    table = table[(table.sum(axis=1) > 0) | (np.arange(len(table)) == 0)]
    teams = math.prod(math.comb(len(one), m) for one, m in zip(by_config, take, strict=True))
    want = enumerated(by_config, take) * teams
    assert subteams._by_answers(table, abstained, np.array([take]))[0] == pytest.approx(want, rel=1e-12, abs=1e-12)
    assert subteams._by_configs(table, abstained, np.array(take)) == pytest.approx(want, rel=1e-12, abs=1e-12)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=5).filter(sum), st.integers(0, 3), st.data())
@settings(deadline=None)
def test_one_configuration_is_the_mean_over_all_teams_of_k(counts: list[int], silent: int, data: st.DataObject) -> None:
    answers = [answer for answer, n in enumerate(counts) for _ in range(n)] + [-1] * silent
    k = data.draw(st.integers(0, min(len(answers), 9)))
    if math.comb(len(answers), k) > 5000:
        return
    found = maj_with_abstentions(np.array([counts]), np.array([silent]), [k])
    assert found[0, 0] == pytest.approx(enumerated([answers], [k]), abs=1e-12)


def test_majority_at_k_gives_the_tabled_values() -> None:
    assert [float(maj_at_k([3, 2, 1], k)) for k in range(1, 7)] == pytest.approx([0.5, 0.5, 0.6, 0.7, 0.75, 1.0])


def test_majority_at_k_keeps_leading_axes_and_takes_rows_apart() -> None:
    counts = keyed(1, "counts").multinomial(12, [0.4, 0.3, 0.2, 0.1], size=(3, 5))
    together = maj_at_k(counts, 5)
    assert together.shape == (3, 5)
    assert together[2, 3] == pytest.approx(float(maj_at_k(counts[2, 3], 5)))


def limit(p: Sequence[float], n: int, draws: int = 400) -> float:
    """maj@n of very many recorded answers in the proportions p: nearly draws with replacement."""
    return float(maj_at_k(np.round(np.array(p) * draws).astype(int), n))


@pytest.mark.parametrize(("n", "accuracy"), [(1, 0.6), (2, 0.6), (3, 0.648), (5, 0.68256), (9, 0.73343)])
def test_many_recorded_binary_answers_approach_condorcet(n: int, accuracy: float) -> None:
    assert limit([0.6, 0.4], n) == pytest.approx(accuracy, abs=0.003)


@pytest.mark.parametrize(("n", "accuracy"), [(1, 0.4), (2, 0.4), (3, 0.44), (5, 0.49024), (9, 0.55619)])
def test_many_recorded_answers_approach_the_plurality_of_four(n: int, accuracy: float) -> None:
    assert limit([0.4, 0.3, 0.2, 0.1], n) == pytest.approx(accuracy, abs=0.004)


def test_condorcet_is_met_exactly_in_expectation_over_recorded_binary_teams() -> None:
    for n, accuracy in [(1, 0.6), (2, 0.6), (3, 0.648), (5, 0.68256), (9, 0.73343)]:
        right = np.arange(17)
        weight = [math.comb(16, c) * 0.6**c * 0.4 ** (16 - c) for c in right]
        assert maj_at_k(np.stack([right, 16 - right], axis=1), n) @ weight == pytest.approx(accuracy, abs=6e-6)


def test_an_easy_and_hard_mixture_rises_and_falls() -> None:
    def mixed(n: int) -> float:
        right = np.arange(202)
        curve = maj_at_k(np.stack([right, 201 - right], axis=1), n)
        weight = [
            math.comb(201, c) * (0.6 * 0.85**c * 0.15 ** (201 - c) + 0.4 * 0.4**c * 0.6 ** (201 - c)) for c in right
        ]
        return float(curve @ weight)

    found = [mixed(n) for n in (1, 3, 5, 9, 25, 201)]
    assert found == pytest.approx([0.67, 0.70435, 0.71101, 0.70325, 0.6615, 0.60083], abs=6e-6)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 5))
def test_an_even_team_is_no_better_than_the_odd_one_below(right: int, wrong: int, m: int) -> None:
    if right + wrong >= 2 * m:
        even, odd = maj_at_k([right, wrong], 2 * m), maj_at_k([right, wrong], 2 * m - 1)
        assert even == pytest.approx(float(odd), abs=1e-12)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.lists(st.integers(0, 5), min_size=1, max_size=6))
def test_two_voters_are_worth_their_mean_whatever_they_share(first: list[int], second: list[int]) -> None:
    alone = [np.mean([answer == TRUTH for answer in answers]) for answers in (first, second)]
    assert subteam_accuracy([first, second], [1, 1], TRUTH) == pytest.approx(np.mean(alone), abs=1e-12)


@given(recorded(), st.permutations(range(9)))
@settings(deadline=None)
def test_names_of_wrong_answers_and_the_order_of_agents_change_nothing(
    case: tuple[list[list[int]], list[int]], names: list[int]
) -> None:
    by_config, take = case
    renamed = [[answer if answer < 0 else names[answer] for answer in reversed(answers)] for answers in by_config]
    again = subteam_accuracy(renamed, take, names[TRUTH])
    assert again == pytest.approx(subteam_accuracy(by_config, take, TRUTH), abs=1e-12)


def test_nobody_readable_is_not_right_and_the_missing_abstain() -> None:
    assert subteam_accuracy([[-1, -1], [-1]], [2, 1], TRUTH) == 0.0
    assert subteam_accuracy([[0, -1], [-1]], [2, 1], TRUTH) == 1.0
    assert subteam_accuracy([[0, -1]], [1], TRUTH) == 0.5
    assert subteam_accuracy([[0, 0]], [0], TRUTH) == 0.0


def test_every_size_of_a_deal_comes_at_once_as_one_by_one() -> None:
    rng = keyed(2, "answers")
    answers, config = rng.integers(-1, 4, size=(7, 12)), np.arange(12) % 3
    takes = np.eye(3, dtype=int)[config].cumsum(axis=0)
    curve = subteam_curve(answers, config, takes)
    for q, t in [(0, 0), (3, 5), (6, 11)]:
        by_config = [answers[q, config == b].tolist() for b in range(3)]
        assert curve[q, t] == pytest.approx(enumerated(by_config, takes[t]), abs=1e-12)


def test_listing_and_generating_functions_agree_on_a_large_team(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = keyed(3, "answers")
    answers, config = rng.integers(-1, 5, size=(3, 16)), np.arange(16) % 3
    takes = np.eye(3, dtype=int)[config].cumsum(axis=0)[[4, 8, 12]]
    listed = subteam_curve(answers, config, takes)
    monkeypatch.setattr(subteams, "_LISTED", 0)
    np.testing.assert_allclose(subteam_curve(answers, config, takes), listed, atol=1e-12)


@pytest.mark.parametrize("n_configs", [1, 3, 15])
def test_sixty_four_agents_are_within_reach(n_configs: int) -> None:
    answers = keyed(4, "answers").choice(4, p=[0.5, 0.3, 0.1, 0.1], size=(1, 64))
    config = np.arange(64) % n_configs
    takes = np.eye(n_configs, dtype=int)[config].cumsum(axis=0)[[0, 1, 31, 63]]
    one, two, _, whole = subteam_curve(answers, config, takes)[0]
    assert one == pytest.approx(np.mean(answers[0, config == 0] == TRUTH))
    assert whole == pytest.approx(plurality_score(answers[0].tolist()))
    if n_configs > 1:
        assert two == pytest.approx((one + np.mean(answers[0, config == 1] == TRUTH)) / 2)


@pytest.mark.parametrize("wrong", [0, 1, 30])
def test_many_configurations_cost_no_memory(wrong: int) -> None:
    answers = np.zeros((1, 64), dtype=int)
    answers[0, :wrong] = np.arange(1, wrong + 1)
    config = np.arange(64) % 15
    curve = subteam_curve(answers, config, np.eye(15, dtype=int)[config].cumsum(axis=0)[[31, 63]])
    assert curve[0, 1] == pytest.approx(1.0)
    assert curve[0, 0] == pytest.approx(1.0, abs=1e-3)


def test_a_sum_that_would_be_too_long_is_undefined_and_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subteams, "_LISTED", 0)
    monkeypatch.setattr(subteams, "_TERMS", 10)
    assert math.isnan(subteam_accuracy([[0, 1, 2, 0], [0, 1, 1, 2]], [2, 2], TRUTH))


def test_tables_with_more_than_one_right_count_by_definition() -> None:
    found = expected_accuracy([[2, 2, 1], [0, 0, 0], [1, 3, 0], [3, 1, 0], [1, 1, 1]])
    np.testing.assert_allclose(found, [0.5, 0.0, 0.0, 1.0, 1 / 3])
    assert expected_accuracy(np.empty((2, 0))).tolist() == [0.0, 0.0]


def test_pass_at_k_gives_the_tabled_values() -> None:
    np.testing.assert_allclose(pass_at_k(10, 3, [1, 2, 5, 8]), [0.3, 0.533333, 0.916667, 1.0], atol=5e-7)


@given(st.integers(1, 12), st.data())
def test_pass_at_k_is_the_share_of_draws_with_a_right_answer(n: int, data: st.DataObject) -> None:
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(0, n))
    want = 1 - math.comb(n - c, k) / math.comb(n, k)
    assert pass_at_k(n, c, k) == pytest.approx(want, abs=1e-12)


def test_pass_at_k_stands_large_numbers() -> None:
    assert pass_at_k(10_000, 1, 5_000) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: maj_at_k([2, 1], 4),
        lambda: maj_at_k([2, -1], 1),
        lambda: pass_at_k(3, 4, 1),
        lambda: pass_at_k(3, 1, 4),
        lambda: subteam_accuracy([[0, 1]], [3], TRUTH),
        lambda: subteam_accuracy([[0, 1]], [1, 1], TRUTH),
        lambda: subteam_accuracy([[0, 1], [1]], [1, -1], TRUTH),
    ],
)
def test_what_was_not_recorded_cannot_be_drawn(call: object) -> None:
    with pytest.raises(SpecError):
        call()  # type: ignore[operator]
