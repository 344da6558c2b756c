"""The ways to K* that are measured against one another agree."""

import numpy as np

from agentscale.analysis import effective_channels
from agentscale.bench.areas import analysis


def test_the_loop_and_the_square_matrix_give_the_k_star_that_the_batch_gives() -> None:
    z = analysis.vectors(3, 32)
    unit = z / np.linalg.norm(z, axis=2, keepdims=True)
    by_rows = [analysis._entropy(np.linalg.eigvalsh(rows @ rows.T / len(rows))) for rows in unit]
    by_columns = [analysis._entropy(np.linalg.eigvalsh(rows.T @ rows / len(rows))) for rows in unit]
    np.testing.assert_allclose(by_rows, effective_channels(z), rtol=1e-4)
    np.testing.assert_allclose(by_columns, effective_channels(z), rtol=1e-4)
    assert analysis.one_by_one(z) == analysis.by_covariance(z) == analysis.batched(z) == 3


def test_vectors_are_the_same_at_every_call_and_have_something_in_common() -> None:
    z = analysis.vectors(50, 64)
    assert (z == analysis.vectors(50, 64)).all()
    assert 2 < effective_channels(z).mean() < analysis.AGENTS - 2
