"""The ways to K* that are measured against one another agree."""

import numpy as np

from agentscale.analysis import effective_channels
from agentscale.bench.areas import analysis


def test_the_loop_and_the_square_matrix_give_the_k_star_that_the_batch_gives() -> None:
    z = analysis.vectors(20, 32)
    np.testing.assert_allclose([analysis.by_rows(rows) for rows in z], effective_channels(z), rtol=1e-12)
    np.testing.assert_allclose([analysis.by_columns(rows) for rows in z], effective_channels(z), rtol=1e-12)
    assert analysis.one_by_one(z) == analysis.one_by_one(z, analysis.by_columns) == analysis.batched(z) == 20


def test_vectors_are_the_same_at_every_call_and_have_something_in_common() -> None:
    z = analysis.vectors(50, 64)
    assert (z == analysis.vectors(50, 64)).all()
    assert 2 < effective_channels(z).mean() < analysis.AGENTS - 2
