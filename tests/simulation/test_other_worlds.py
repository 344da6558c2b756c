"""The probit and the coverage world have exactly the correlations and the information that they state."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from agentscale.errors import SpecError
from agentscale.schema.run import Named
from agentscale.simulation import (
    CoverageParameters,
    Moment,
    ProbitParameters,
    Seat,
    covered,
    deal,
    parameters_of,
    probit_votes,
)
from agentscale.simulation.coverage import UNREVEALED, entropy_nats
from agentscale.simulation.probit import phi_of

QUESTIONS = [f"q{i}" for i in range(4000)]
SEATS = [
    Seat("0/-", 0),
    Seat("0/-", 0, None, 1),
    Seat("1/-", 1),
    Seat("2/wise", 2, "wise"),
    Seat("1/wise", 1, "wise"),
]


def test_tetrachoric_correlations_are_the_sums_of_shared_parts() -> None:
    parameters = ProbitParameters(families=2, difficulty=0.5, family=0.1, model=0.2, persona=0.05)
    got = probit_votes(parameters, ["q"], SEATS).tetrachoric
    assert got[0, 1] == pytest.approx(0.85)  # equal agents
    assert got[0, 2] == pytest.approx(0.55)  # two models of two families, both without persona
    assert got[0, 3] == pytest.approx(0.6)  # one family
    assert got[2, 4] == pytest.approx(0.8)  # one model
    assert got[3, 4] == pytest.approx(0.55)  # one persona
    assert np.all(np.diag(got) == 1)


@settings(max_examples=25)
@given(st.floats(0, 0.999), st.floats(-2, 2), st.floats(-2, 2))
def test_phi_is_that_of_the_bivariate_normal_law(rho: float, a: float, b: float) -> None:
    both = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([a, b])
    p, q = stats.norm.cdf([a, b])
    wanted = (both - p * q) / np.sqrt(p * (1 - p) * q * (1 - q))
    assert phi_of(np.array([[1, rho], [rho, 1]]), np.array([a, b]))[0, 1] == pytest.approx(wanted, abs=2e-5)


def test_at_even_odds_phi_is_the_arcsine_law() -> None:
    rho = np.array([[1, 0.65], [0.65, 1]])
    assert phi_of(rho, np.zeros(2))[0, 1] == pytest.approx(2 / np.pi * np.arcsin(0.65), abs=1e-10)


def test_drawn_agents_have_their_accuracies_correlations_and_effective_number() -> None:
    parameters = ProbitParameters(ability=(0.5, 0.2, -0.1))
    votes = probit_votes(parameters, QUESTIONS, SEATS)
    accuracy = stats.norm.cdf([parameters.ability[seat.model] for seat in SEATS])
    assert votes.right.mean(axis=0) == pytest.approx(accuracy, abs=4.5 * np.sqrt(0.25 / 4000))
    assert np.corrcoef(votes.right.T) == pytest.approx(votes.phi, abs=4.5 / np.sqrt(4000))
    total = votes.right.mean(axis=1).var() / np.mean(votes.right.var(axis=0))
    assert 1 / total == pytest.approx(votes.n_eff, rel=0.1)


def test_a_probit_agent_asked_alone_answers_as_among_others() -> None:
    all_of_them = probit_votes(ProbitParameters(), QUESTIONS[:30], SEATS, Moment(seed=2)).right
    some = probit_votes(ProbitParameters(), QUESTIONS[9:11], SEATS[1:3], Moment(seed=2)).right
    assert np.array_equal(some, all_of_them[9:11, 1:3])
    assert not np.array_equal(probit_votes(ProbitParameters(), QUESTIONS[:30], SEATS).right, all_of_them)


def test_without_own_noise_copies_are_one() -> None:
    parameters = ProbitParameters(difficulty=0.5, family=0, model=0.3, persona=0.2)
    right = probit_votes(parameters, QUESTIONS[:50], deal("L1", 6, models=3, personas=1)).right
    assert np.all(right == right[:, :1])


def test_four_channels_recover_the_published_share_and_more_than_its_bound() -> None:
    world = covered(CoverageParameters(alpha=0.3, channels=4), QUESTIONS)
    assert world.expected[3] == pytest.approx(0.7599)
    assert world.bound[3] == pytest.approx(0.69881, abs=5e-6)
    spread = np.sqrt(world.expected * (1 - world.expected) / (4000 * 8))
    assert np.all(np.abs(world.recovered().mean(axis=0) - world.expected) < 4.5 * spread)
    assert entropy_nats(CoverageParameters(bits=8)) == pytest.approx(np.log(256))


@given(st.integers(1, 12), st.integers(1, 9), st.floats(0, 1))
def test_channels_say_the_bit_or_nothing_and_the_bound_holds(bits: int, channels: int, alpha: float) -> None:
    world = covered(CoverageParameters(bits=bits, channels=channels, alpha=alpha), QUESTIONS[:5])
    revealed = world.said != UNREVEALED
    assert np.array_equal(world.said[revealed], np.broadcast_to(world.bits[:, None], revealed.shape)[revealed])
    assert np.all(world.expected >= world.bound - 1e-12)
    assert np.all(np.diff(world.recovered(), axis=1) >= 0)
    alone = covered(CoverageParameters(bits=bits, channels=channels, alpha=alpha), QUESTIONS[3:4])
    assert np.array_equal(alone.said[0], world.said[3])


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (Named(name="probit", parameters={"difficulty": 0.6, "model": 0.5}), "impossible correlation"),
        (Named(name="probit", parameters={"family": -0.1}), r"probit\.family: got -0\.1"),
        (Named(name="probit", parameters={"ability": (9.0,)}), "from -8 to 8"),
        (Named(name="coverage", parameters={"channels": 0}), r"coverage\.channels: got 0"),
        (Named(name="coverage", parameters={"alpha": 1.2}), r"coverage\.alpha: got 1\.2"),
        (Named(name="coverage", parameters={"alfa": 0.2}), "did you mean 'alpha'"),
        (Named(name="mixture"), "did you mean|coverage, probit"),
    ],
    ids=lambda value: value.label if isinstance(value, Named) else "",
)
def test_a_world_that_cannot_be_names_parameter_and_range(named: Named, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parameters_of(named)
