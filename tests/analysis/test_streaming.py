"""K* of vectors that come in blocks is K* of the vectors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentscale.analysis import hill_spectrum, hill_spectrum_streamed
from agentscale.errors import SpecError
from agentscale.randomness import keyed


def noise(seed: int, *shape: int) -> np.ndarray:
    return keyed(seed, "noise").standard_normal(shape)


@given(st.integers(1, 12), st.integers(1, 6), st.lists(st.integers(0, 12), max_size=4), st.integers(0, 99))
def test_blocks_are_the_whole(n: int, d: int, cuts: list[int], seed: int) -> None:
    z = noise(seed, n, d) + 0.5
    streamed, whole = hill_spectrum_streamed(np.split(z, sorted(min(cut, n) for cut in cuts))), hill_spectrum(z)
    np.testing.assert_allclose(streamed.hill, whole.hill, rtol=1e-9)
    np.testing.assert_allclose(streamed.entropy, whole.entropy, atol=1e-9)
    np.testing.assert_allclose(streamed.mean_cosine, whole.mean_cosine, rtol=1e-9, atol=1e-12)
    assert (streamed.count, streamed.missing, streamed.warnings) == (n, 0, ())


def test_a_million_rows_are_never_held() -> None:
    """Copies of two orthogonal directions, 3 to 1, in single precision."""
    block = np.eye(8, dtype=np.float32)[np.arange(100_000) % 4 // 3]

    def blocks() -> Iterator[np.ndarray]:
        for _ in range(10):
            yield block

    found = hill_spectrum_streamed(blocks())
    np.testing.assert_allclose(found.hill, [2, np.exp(-0.75 * np.log(0.75) - 0.25 * np.log(0.25)), 1.6, 4 / 3])
    assert found.count == 10**6
    assert found.mean_cosine == pytest.approx(0.625, abs=1e-6)


def test_many_noisy_copies_saturate_at_the_dimension() -> None:
    n, d, r = 20_000, 10, 0.8
    blur = noise(1, n, d)
    found = hill_spectrum_streamed(
        [np.sqrt(r) * np.eye(d + 1)[0] + np.sqrt(1 - r) * np.insert(_unit(blur), 0, 0, axis=1)]
    )
    assert found.d(2) == pytest.approx(1 / (r**2 + (1 - r) ** 2 / d), rel=0.01)
    assert found.d(np.inf) == pytest.approx(1 / r, rel=0.01)


def _unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def test_missing_rows_are_counted_and_told() -> None:
    z = noise(2, 9, 4)
    gap = np.insert(z, [1, 7], [[np.nan], [0.0]], axis=0)
    found = hill_spectrum_streamed([gap[:5], gap[5:]])
    np.testing.assert_allclose(found.hill, hill_spectrum(z).hill, rtol=1e-9)
    assert (found.count, found.missing) == (9, 2)
    assert "2 rows" in found.warnings[0]


@pytest.mark.parametrize("blocks", [[], [np.empty((0, 3))], [np.zeros((4, 3)), np.full((2, 3), np.nan)]])
def test_nobody_is_undefined(blocks: list[np.ndarray]) -> None:
    found = hill_spectrum_streamed(blocks)
    assert np.isnan(found.hill).all()
    assert np.isnan(found.mean_cosine)
    assert found.count == 0
    assert found.missing == sum(len(block) for block in blocks)
    assert bool(found.warnings) == bool(found.missing)


def test_one_row_is_one() -> None:
    found = hill_spectrum_streamed([[[0.0, 2.0, 1.0]]])
    np.testing.assert_allclose(found.hill, 1.0)
    assert np.isnan(found.mean_cosine)


def test_other_orders_can_be_asked_for() -> None:
    z = noise(3, 20, 4)
    assert hill_spectrum_streamed([z], (0.5,)).d(0.5) == pytest.approx(float(hill_spectrum(z, (0.5,)).d(0.5)))


def test_blocks_that_do_not_fit_are_refused() -> None:
    for blocks in ([np.ones((2, 3)), np.ones((2, 4))], [np.ones(3)], [np.ones((2, 3)), np.ones((1, 2, 3))]):
        with pytest.raises(SpecError):
            hill_spectrum_streamed(blocks)
