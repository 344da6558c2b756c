"""Families of curves: gradients, tabled values, and planted parameters that come back."""

from __future__ import annotations

import numpy as np
import pytest

from agentscale.analysis import beta_coverage, betabinom_jury, condorcet, ttspm
from agentscale.analysis.fits import FAMILIES, as_correlation, fit_curve
from agentscale.errors import SpecError
from agentscale.randomness import keyed

X = np.array([1.0, 2, 4, 8, 16, 32, 64])
PLANTED = {
    "constant": {"m": 0.6},
    "power": {"E": 0.2, "A": 0.5, "a": 0.7},
    "power_gap": {"F": 0.8, "A": 0.4, "a": 0.6},
    "exp_power": {"a": 1.5, "b": 0.4},
    "geom": {"F": 0.8, "p": 0.2},
    "exp_sat": {"F": 0.8, "s": 5.0},
    "logistic": {"alpha": 0.4, "beta": 1.2, "gamma": 3.0, "delta": 0.3},
    "logistic_linear": {"alpha": 0.4, "beta": 0.2, "gamma": 20.0, "delta": 0.3},
    "log_growth": {"b": 0.8},
    "power_growth": {"s": 0.4},
    "ringelmann": {"c": 0.5, "beta": 0.3},
    "kish": {"rho": 0.35},
    "kish_linear": {"a": 0.4, "b": 0.1, "rho": 0.3},
    "betabinom_cov": {"a": 0.5, "b": 2.0},
    "jury": {"p": 0.6, "rho": 0.2},
    "peak": {"w": 0.6, "p_easy": 0.85, "p_hard": 0.4},
}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_gradient_is_that_of_differences(name: str) -> None:
    family = FAMILIES[name]
    theta = np.array([PLANTED[name][one] for one in family.names])
    step = 1e-6
    by_hand = [
        (family.value(X, theta + step * e) - family.value(X, theta - step * e)) / (2 * step) for e in np.eye(len(theta))
    ]
    np.testing.assert_allclose(family.slope(X, theta), np.stack(by_hand, axis=-1), atol=1e-7)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_batch_of_parameters_is_a_loop_over_them(name: str) -> None:
    family = FAMILIES[name]
    theta = np.array([[PLANTED[name][one] for one in family.names]]) * np.array([[1.0], [1.02], [0.97]])
    np.testing.assert_allclose(family.value(X, theta), [family.value(X, row) for row in theta])
    np.testing.assert_allclose(family.slope(X, theta), [family.slope(X, row) for row in theta])


@pytest.mark.parametrize("name", FAMILIES)
def test_planted_parameters_come_back(name: str) -> None:
    family = FAMILIES[name]
    fit = fit_curve(family, X, family.at(X, **PLANTED[name]))
    assert fit.params == pytest.approx(PLANTED[name], rel=1e-3)


@pytest.mark.parametrize("name", [name for name in FAMILIES if 1.0 in FAMILIES[name].given_at])
def test_a_law_of_effective_size_gives_one_agent_the_size_one(name: str) -> None:
    assert FAMILIES[name].at([1.0], **PLANTED[name]) == pytest.approx(1.0)
    assert len(fit_curve(FAMILIES[name], X, FAMILIES[name].at(X, **PLANTED[name])).x) == 6


def test_the_ringelmann_law_has_its_tabled_values() -> None:
    n, law = [1, 2, 5, 10, 30], FAMILIES["ringelmann"]
    for beta, want in (
        (0.0, [1, 1.33333, 1.66667, 1.81818, 1.93548]),
        (0.5, [1, 1.47759, 2.63932, 4.12707, 8.22520]),
        (1.0, [1, 1.6, 3.57143, 6.89655, 20.22472]),
    ):
        np.testing.assert_allclose(law.at(n, c=0.5, beta=beta), want, atol=6e-6)
    np.testing.assert_allclose(as_correlation(law).at(n[1:], c=0.5, beta=0.5), 0.5 / np.sqrt(n[1:]))


def test_the_saturating_laws_are_one_law_and_have_the_tabled_values() -> None:
    np.testing.assert_allclose(FAMILIES["geom"].at([1, 4, 16], F=0.8, p=0.2), [0.16, 0.47232, 0.77748], atol=5e-6)
    np.testing.assert_allclose(FAMILIES["geom"].at(X, F=0.8, p=0.2), ttspm(X, 0.8, 0.2))
    np.testing.assert_allclose(
        FAMILIES["exp_sat"].at(X, F=0.8, s=-1 / np.log(0.8)), FAMILIES["geom"].at(X, F=0.8, p=0.2)
    )


def test_laws_of_teams_are_those_of_the_array_functions() -> None:
    np.testing.assert_allclose(
        FAMILIES["betabinom_cov"].at([1, 10, 100], a=0.5, b=2), beta_coverage(0.5, 2, [1, 10, 100])
    )
    np.testing.assert_allclose(
        FAMILIES["jury"].at([1, 2, 9, 64], p=0.6, rho=0.2), betabinom_jury(0.6, 0.2, [1, 2, 9, 64])
    )
    np.testing.assert_allclose(
        FAMILIES["peak"].at([1, 2, 3, 4, 101], w=1 - 1e-12, p_easy=0.7, p_hard=0.2), condorcet([1, 2, 3, 4, 101], 0.7)
    )


def test_a_mixture_of_easy_and_hard_questions_rises_and_falls() -> None:
    found = FAMILIES["peak"].at([1, 3, 5, 9, 25, 201], w=0.6, p_easy=0.85, p_hard=0.4)
    np.testing.assert_allclose(found, [0.67, 0.70435, 0.71101, 0.70325, 0.6615, 0.60083], atol=6e-6)


def test_only_the_product_of_rate_and_channels_is_told_apart() -> None:
    rng = keyed(1, "contraction")
    channels = np.array([1.2, 2.0, 3.1, 4.5, 6.0, 9.0])
    bits = 2.0 * (1 - np.exp(-0.3 * channels)) + 0.005 * rng.standard_normal(6)
    fit = fit_curve(FAMILIES["exp_sat"], channels, bits, sd=np.full(6, 0.005))
    assert 1 / fit.params["s"] == pytest.approx(0.3, abs=0.01)
    assert fit.profile["s"].low < 1 / 0.3 < fit.profile["s"].high
    halved = fit_curve(FAMILIES["exp_sat"], channels / 2, bits, sd=np.full(6, 0.005))
    assert halved.params["s"] == pytest.approx(fit.params["s"] / 2, rel=1e-4)


def test_parameters_that_are_not_the_familys_are_refused() -> None:
    with pytest.raises(SpecError, match="allowed: F, p"):
        FAMILIES["geom"].at([1.0], F=1.0, q=0.2)
