"""What the study of K* takes for granted: its correlations are those of the product, and its controls change nothing else."""

from collections.abc import Iterator
from types import ModuleType

import derive
import numpy as np
import pytest

from agentscale.analysis import effective_channels, within_association
from agentscale.randomness import keyed
from agentscale.simulation import World, WorldParameters


@pytest.fixture(scope="module")
def study() -> Iterator[ModuleType]:
    with derive.loaded("does-k-star-predict") as module:
        yield module


def test_the_partial_correlation_from_moments_is_that_of_the_product(study: ModuleType) -> None:
    x, y, m = keyed(0, "cells").standard_normal((3, 40))
    y = y + m
    data_set = np.repeat(np.arange(4), 10)
    centred = [part - study.associations.stratum_means(part, data_set) for part in (x, y, m)]
    moments = study.associations.sums(data_set, *centred).sum(axis=0)
    product = within_association(x, y, data_set, covariates=m, permutations=1).permuted.value
    assert float(study.associations.partial_of_sums(moments)) == pytest.approx(product, abs=1e-9)


def test_vectors_that_are_dealt_anew_keep_every_k_star(study: ModuleType) -> None:
    z = keyed(0, "vectors").standard_normal((5, 6, 8))
    anew = study.simulated.dealt(z, "a test")
    assert not np.allclose(anew, z)
    np.testing.assert_allclose(effective_channels(anew), effective_channels(z), atol=1e-9)


def test_a_style_changes_neither_answers_nor_channels(study: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study.simulated, "QUESTIONS", 6)
    teams = {team.name: team for team in study.simulated.teams(World(WorldParameters(seed=3)), 0.0, styles=True)}
    plain, styled = teams["L1 1"], teams[f"style {study.simulated.LOUDNESS[-1]} 1"]
    assert np.array_equal(plain.answers, styled.answers)
    assert np.array_equal(plain.channels, styled.channels)
    assert effective_channels(styled.z).mean() > effective_channels(plain.z).mean()


def test_the_printed_baseline_implies_as_many_cells_as_its_z(study: ModuleType) -> None:
    implied = study.printed.cells_of_r2()
    assert implied["low"] < implied["value"] < implied["high"]
    assert implied["value"] == pytest.approx(213, abs=1)
