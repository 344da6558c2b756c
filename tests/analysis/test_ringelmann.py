"""The Ringelmann law: planted parameters, what R² cannot tell, how little a pilot says; and the parts of ρ."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agentscale.analysis.agreement import icc_correct
from agentscale.analysis.fits import FAMILIES, as_correlation
from agentscale.analysis.fits.fitting import fit_curve
from agentscale.analysis.rho_parts import rho_parts
from agentscale.analysis.ringelmann import correlation_curve, fit_ringelmann
from agentscale.errors import SpecError
from agentscale.randomness import keyed

N = np.array([1.0, 2, 3, 5, 8, 12, 20, 30])
SHARE = 1 / 3  # ρ of the worlds below


def test_planted_constants_come_back_from_correlations() -> None:
    for c, beta in ((0.5, 0.0), (0.5, 0.3), (0.8, 1.0)):
        found = fit_ringelmann(N, c * N**-beta)
        assert found.law.params == pytest.approx({"c": c, "beta": beta}, abs=1e-4)
        assert found.r2_n_eff == pytest.approx(1.0)
        assert found.n_eff(30.0).value == pytest.approx(FAMILIES["ringelmann"].at([30.0], c=c, beta=beta)[0])


@pytest.mark.parametrize(
    ("law", "least"),
    [
        (lambda n: 1 + 3 * (1 - np.exp(-(n - 1) / 4)), 0.99),
        (lambda n: 1 + np.log(n), 0.99),
        (lambda n: 6 * n / (5 + n), 0.99),
        (lambda n: n**0.4, 0.99),
        (lambda n: 1 + 6 / (1 + np.exp((12 - n) / 5)) - 6 / (1 + np.exp(11 / 5)), 0.98),
    ],
    ids=["saturating", "logarithm", "michaelis", "power", "logistic"],
)
def test_wrong_laws_fit_the_ratio_beyond_r2_of_99_percent(law: object, least: float) -> None:
    size = law(N)  # type: ignore[operator]
    found = fit_curve(FAMILIES["ringelmann"], N, size, sd=N, huber=math.inf)  # least squares on R
    ratio, fitted = size / N, found.family.at(N, **found.params) / N
    assert 1 - np.square(ratio - fitted).sum() / np.square(ratio - ratio.mean()).sum() > least


def test_rivals_tell_a_power_of_n_from_the_ringelmann_law() -> None:
    rho = (N[1:] / (N[1:] ** 0.4) - 1) / (N[1:] - 1)
    found = fit_ringelmann(N[1:], rho + 0.001 * keyed(1, "noise").standard_normal(7), sd=np.full(7, 0.001))
    assert found.rivals.best.family.name == "power_growth"
    assert len(found.rivals.fits) >= 4


def pilot(questions: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Right answers of separate teams of 2 to 5 without communication, ρ = 1/3 at every size."""
    rng = keyed(seed, "pilot")
    n = np.array([2, 3, 4, 5])
    return rng.binomial(n, rng.beta(1.0, 1.0, size=(questions, 1)), size=(questions, 4)), n


def test_a_pilot_of_small_teams_says_little_of_thirty_agents_while_beta_is_free() -> None:
    k, n = pilot(200, 1)
    found = correlation_curve(k, n, seed=1, resamples=1000)
    free = fit_ringelmann(n, found.rho, found.draws).n_eff(30.0)
    truth = 30 / (1 + 29 * SHARE)
    assert free.low < truth < free.high
    assert free.high / free.low > 2.5
    assert "6 times beyond" in free.warnings[0]


@pytest.mark.parametrize(("questions", "ends"), [(200, (1.1, 6.1)), (500, (1.6, 4.9))])
def test_over_many_pilots_the_size_of_thirty_agents_spreads_as_tabled(
    questions: int, ends: tuple[float, float]
) -> None:
    """Least squares of ln ρ on ln N for N = 2 to 5; 2.81 is true. The table's pilots are of another design: ± .7."""
    found = []
    for seed in range(600):
        k, n = pilot(questions, 100 + seed)
        rho = icc_correct(k.T, n[:, None])
        if (rho > 0).all():
            slope, level = np.polyfit(np.log(n), np.log(rho), 1)
            found.append(30 / (1 + 29 * np.exp(level + np.clip(slope, -2, 1) * np.log(30))))
    assert len(found) > 590
    assert np.median(found) == pytest.approx(2.81, abs=0.1)
    np.testing.assert_allclose(np.quantile(found, [0.025, 0.975]), ends, atol=0.7)


def test_with_beta_known_to_be_zero_the_same_pilot_says_much_more() -> None:
    k, n = pilot(200, 1)
    found = correlation_curve(k, n, seed=1, resamples=1000)
    rho = fit_curve(as_correlation(FAMILIES["kish"]), n, found.rho, draws=found.draws).at(30.0)
    assert rho.low < SHARE < rho.high
    assert (30 / (1 + 29 * rho.low)) / (30 / (1 + 29 * rho.high)) < 2.2


def test_the_correlation_of_teams_that_do_not_talk_does_not_depend_on_their_size() -> None:
    k, n = pilot(20_000, 3)
    found = correlation_curve(k, n, seed=1, resamples=200)
    assert found.draws.shape == (200, 4)
    assert (np.abs(found.rho - SHARE) < 4 * found.draws.std(axis=0)).all()


def test_the_parts_of_rho_are_those_that_were_planted() -> None:
    rng = keyed(4, "parts")
    hard, own = rng.standard_normal((40_000, 1)), rng.standard_normal((40_000, 2))
    config = np.array([0, 0, 0, 1, 1, 1])
    score = hard + 0.8 * own[:, config] + rng.standard_normal((40_000, 6))
    correct = (score > 0.2).astype(float)
    found = rho_parts(correct, config)
    between, within = (2 / math.pi * math.asin(share) for share in (1 / 2.64, 1.64 / 2.64))
    assert found.item == pytest.approx(between, abs=0.02)  # exact at a threshold of 0
    assert found.configuration == pytest.approx(within - between, abs=0.02)
    assert math.isnan(found.communication)


def test_copying_raises_the_part_of_communication_and_difficulty_alone_does_not() -> None:
    rng = keyed(5, "copy")
    chance = rng.beta(2, 2, size=(5000, 1))
    before = (rng.random((5000, 4)) < chance).astype(float)
    again = (rng.random((5000, 4)) < chance).astype(float)
    copied = np.where(rng.random((5000, 4)) < 0.5, before[:, :1], again)
    assert rho_parts(again, [0, 0, 1, 1], before).communication == pytest.approx(0.0, abs=0.03)
    assert rho_parts(copied, [0, 0, 1, 1], before).communication > 0.1
    assert rho_parts(again, [0, 0, 1, 1]).configuration == pytest.approx(0.0, abs=0.03)


def test_what_has_no_pairs_or_no_spread_is_undefined_and_misfits_are_refused() -> None:
    assert math.isnan(rho_parts(np.ones((5, 2)), [0, 0]).total)
    assert math.isnan(rho_parts([[1, 0], [0, 1]], [0, 1]).total)
    assert rho_parts([[1, 1, -1], [0, 0, 0], [1, 1, 1]], [0, 0, 1]).item == pytest.approx(1.0, abs=0.1)
    with pytest.raises(SpecError, match="config"):
        rho_parts([[1, 0]], [0])
    with pytest.raises(SpecError, match="two agents or more"):
        correlation_curve([[1, 0]], [1, 2], seed=0)
    with pytest.raises(SpecError, match="3 distinct x"):
        fit_ringelmann([1, 2, 3, 4], [0.3] * 4)
