"""The fitting recipe: intervals that cover, rivals, hold-out, refusals and warnings."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agentscale.analysis import bootstrap_means, resampled_means
from agentscale.analysis.fits import FAMILIES, compare_families, fit_curve
from agentscale.analysis.fits.base import Chart
from agentscale.analysis.fits.cautions import NEAR
from agentscale.analysis.fits.objective import Points
from agentscale.analysis.fits.refit import refit
from agentscale.analysis.fits.uncertainty import bootstrap_intervals, profile_intervals, refit_resamples
from agentscale.errors import SpecError
from agentscale.randomness import keyed

N = np.array([1.0, 2, 4, 8, 16, 32])
GEOM, LOGISTIC = FAMILIES["geom"], FAMILIES["logistic"]
TRUE = {"F": 0.8, "p": 0.2}


def recorded(seed: int, questions: int = 300, resamples: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """A curve F(1 − (1 − p)^N) whose sizes share their questions, and its resamples."""
    luck = keyed(seed, "luck").random((questions, 1))
    right = (luck < GEOM.at(N, **TRUE)).astype(float)
    return right.mean(axis=0), resampled_means(right, seed=seed, resamples=resamples)


def test_curves_are_fitted_on_the_resamples_that_give_their_intervals() -> None:
    values = keyed(9, "values").random((50, 3))
    draws = resampled_means(values, seed=4, resamples=500, task="sums")
    found = bootstrap_means(values, seed=4, resamples=500, task="sums")
    assert draws.shape == (500, 3)
    np.testing.assert_allclose(draws.mean(axis=0), found.value, atol=0.01)
    assert ((draws >= found.low).mean(axis=0) > 0.95).all()
    with pytest.raises(SpecError, match="resamples"):
        resampled_means(values, seed=4, resamples=0)


def test_bootstrap_intervals_of_parameters_cover() -> None:
    hits = np.zeros(2)
    for world in range(100):
        y, draws = recorded(world)
        chart = Chart.of(GEOM, N, y)
        points = Points(N, y, draws.std(axis=0), "identity", math.inf)
        drawn = refit_resamples(points, draws, chart, chart.free(np.array([list(TRUE.values())])))
        found = bootstrap_intervals(drawn)
        hits += [low <= true <= high for (low, high), true in zip(found, TRUE.values(), strict=True)]
    assert ((hits >= 88) & (hits <= 99)).all(), hits


def test_profiles_of_independent_points_cover_and_straddle_the_value() -> None:
    hits = 0
    for world in range(100):
        y = GEOM.at(N, **TRUE) + 0.02 * keyed(world, "noise").standard_normal(6)
        chart, points = Chart.of(GEOM, N, y), Points(N, y, np.full(6, 0.02), "identity", math.inf)
        free, loss = refit(points, y[None], chart, chart.free(np.array([list(TRUE.values())])))
        _, (low, high) = profile_intervals(points, y, chart, free[0], float(loss[0]), NEAR)
        assert low < chart.natural(free[0])[1] < high
        hits += low <= TRUE["p"] <= high
    assert 88 <= hits <= 99


def test_the_profile_of_a_mean_is_its_textbook_interval() -> None:
    y = np.array([0.5, 0.6, 0.7, 0.6, 0.55, 0.65])
    fit = fit_curve(FAMILIES["constant"], N, y, huber=math.inf)
    half = 2.5706 * y.std(ddof=1) / math.sqrt(6)
    assert fit.profile["m"].low == pytest.approx(y.mean() - half, rel=1e-3)
    assert fit.profile["m"].high == pytest.approx(y.mean() + half, rel=1e-3)


def test_seven_points_leave_the_midpoint_of_a_sigmoid_open_by_an_octave() -> None:
    n = 2.0 ** np.arange(7)
    y = LOGISTIC.at(n, alpha=0.3, beta=1.2, gamma=3.0, delta=0.4) + 0.02 * keyed(2, "noise").standard_normal(7)
    fit = fit_curve(LOGISTIC, n, y, sd=np.full(7, 0.02))
    assert fit.params["gamma"] == pytest.approx(3.0, abs=1.5)
    assert fit.profile["gamma"].high - fit.profile["gamma"].low > 1.0


def test_an_outlier_moves_hubers_fit_less() -> None:
    y = GEOM.at(N, **TRUE)
    y[4] += 0.2
    plain, robust = (fit_curve(GEOM, N, y, sd=np.full(6, 0.01), huber=at) for at in (math.inf, 1.35))
    assert abs(robust.params["F"] - 0.8) < 0.5 * abs(plain.params["F"] - 0.8)


def test_noisy_points_weigh_less() -> None:
    y, sd = GEOM.at(N, **TRUE), np.full(6, 0.01)
    y[4] += 0.2
    sd[4] = 1.0
    assert fit_curve(GEOM, N, y, sd=sd).params["F"] == pytest.approx(0.8, abs=0.005)


def test_residuals_may_be_taken_on_a_logarithmic_or_logit_scale() -> None:
    y = GEOM.at(N, **TRUE)
    for link in ("log", "logit"):
        assert fit_curve(GEOM, N, y, sd=0.02 * y, link=link).params == pytest.approx(TRUE, rel=1e-3)


def test_the_right_family_wins_and_weights_add_up() -> None:
    y, draws = recorded(3, questions=3000)
    found = compare_families(N, y, [FAMILIES[name] for name in ("constant", "power_growth", "geom")], draws=draws)
    assert found.best.family.name == "geom"
    assert found.weight.sum() == pytest.approx(1.0)
    assert found.delta[0] == 0.0
    assert (np.diff(found.delta) >= 0).all()
    assert 1.0 not in found.best.x  # one rival has that point by construction, so no family is credited with it


def test_without_known_errors_the_right_family_wins_too() -> None:
    y = GEOM.at(N, **TRUE) + 0.003 * keyed(4, "noise").standard_normal(6)
    found = compare_families(N, y, [FAMILIES["constant"], GEOM])
    assert found.best.family.name == "geom"
    assert found.delta[1] > 10


def test_the_largest_sizes_are_forecast_from_the_others() -> None:
    y = GEOM.at(N, **TRUE)
    assert fit_curve(GEOM, N, y).held_out == pytest.approx(0.0, abs=1e-6)
    assert fit_curve(FAMILIES["constant"], N, y).held_out > 0.2
    assert math.isnan(fit_curve(LOGISTIC, N[:4], y[:4]).held_out)


def test_fewer_than_four_sizes_are_refused_and_one_agent_does_not_count_where_it_holds_by_construction() -> None:
    with pytest.raises(SpecError) as caught:
        fit_curve(GEOM, N[:3], N[:3])
    assert "3 distinct x for the family geom" in str(caught.value)
    with pytest.raises(SpecError, match="3 distinct x for the family kish"):
        fit_curve(FAMILIES["kish"], N[:4], N[:4])
    assert len(fit_curve(GEOM, N[:4], GEOM.at(N[:4], **TRUE)).x) == 4


def test_a_forecast_beyond_four_times_the_data_is_warned_of() -> None:
    fit = fit_curve(GEOM, N, GEOM.at(N, **TRUE))
    assert fit.at(128.0).warnings == ()
    assert "6.25 times beyond" in fit.at([64.0, 200.0]).warnings[0]
    assert np.isnan(fit.at(64.0).low)  # no resamples, no interval


def test_what_the_data_do_not_bound_is_told() -> None:
    flat = 0.6 + 0.01 * keyed(5, "noise").standard_normal(6)
    fit = fit_curve(LOGISTIC, N, flat, sd=np.full(6, 0.01))
    assert any("not bounded by the data" in text for text in fit.warnings)
    assert any("optima fit nearly as well" in text for text in fit.warnings)


def test_too_many_parameters_for_the_points_cannot_be_compared() -> None:
    fit = fit_curve(LOGISTIC, N[:5], GEOM.at(N[:5], **TRUE), sd=np.full(5, 0.01))
    assert math.isinf(fit.aicc)
    assert any("too few" in text for text in fit.warnings)
    with pytest.raises(SpecError, match="more points than the parameters"):
        compare_families(N[:4], GEOM.at(N[:4], **TRUE), [LOGISTIC, FAMILIES["logistic_linear"]])


def test_intervals_that_are_too_good_to_be_true_raise_an_alarm() -> None:
    y = GEOM.at(N, **TRUE) + 0.05 * np.array([1, -1, 1, -1, 1, -1])
    draws = y + 1e-4 * keyed(6, "draws").standard_normal((200, 6))
    said = " ".join(fit_curve(GEOM, N, y, draws=draws).warnings)
    assert "implausibly narrow" in said
    assert "further from the curve than their errors allow" in said


def test_ten_optima_at_most_are_kept_the_best_first() -> None:
    y = FAMILIES["peak"].at(N, w=0.6, p_easy=0.85, p_hard=0.4) + 0.01 * keyed(7, "noise").standard_normal(6)
    fit = fit_curve(FAMILIES["peak"], N, y, sd=np.full(6, 0.01))
    assert 1 <= len(fit.optima) <= 10
    assert fit.optima[0] == fit.params


def test_a_fit_does_not_depend_on_the_order_of_the_points_or_on_missing_ones() -> None:
    y, order = GEOM.at(N, **TRUE) + 0.01 * keyed(8, "noise").standard_normal(6), [3, 0, 5, 1, 4, 2]
    plain = fit_curve(GEOM, N, y, sd=np.full(6, 0.01))
    shuffled = fit_curve(GEOM, [*N[order], 64.0], [*y[order], np.nan], sd=np.full(7, 0.01))
    assert shuffled.params == pytest.approx(plain.params, rel=1e-5)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: fit_curve(GEOM, N, N[:3]), "x \\(6,\\)"),
        (lambda: fit_curve(GEOM, N, N, draws=np.ones((3, 2))), "draws"),
        (lambda: fit_curve(GEOM, N - 1, N), "x = 0"),
        (lambda: fit_curve(GEOM, N, N, starts=9), "100 or more"),
        (lambda: compare_families(N, N, [GEOM]), "two or more"),
        (lambda: compare_families(N, N, [GEOM, GEOM]), "each once"),
    ],
)
def test_what_cannot_be_fitted_is_refused(call: object, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        call()  # type: ignore[operator]
