"""What one wrong first answer does to a team: the same debates with and without it.

Formulas and their sources: theory, section 4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from agentscale.analysis.bootstrap import mean_estimates
from agentscale.analysis.debate.flips import ratio
from agentscale.analysis.debate.rounds import labelled, tally
from agentscale.analysis.inference import bootstrap_statistic
from agentscale.analysis.votes import expected_accuracy
from agentscale.errors import SpecError
from agentscale.schema.estimate import Estimate


class FaultInjection(NamedTuple):
    """The effect of an injected error on last answers."""

    amplification: Estimate
    """A_e = E[agents wrong at last with it] / E[the same without it]; ``nan`` where nobody is ever wrong."""
    extra: Estimate
    """Agents wrong at last with it, less those without it: 1 where the error stays with its agent; over the questions
    with a readable answer in either."""
    flipped: Estimate
    """P(the team is wrong with it | it was right without it), ties in expectation."""


def fault_injection(
    clean: ArrayLike, faulty: ArrayLike, truth: ArrayLike, *, seed: int, resamples: int = 2000
) -> FaultInjection:
    """Error amplification by paired runs: one agent's first answer was replaced by a wrong one in the second.

    The variant of error amplification that a debate can be blamed for. For those from outcomes alone see
    ``error_outcome_ratio`` and ``error_odds_ratio``.

    Args:
        clean: Last answers without the fault, shape (Q, N); −1 is missing, and not counted wrong.
        faulty: Last answers of the same questions and agents with it.
        truth: Right ids, shape (Q,); −1 leaves the question out.
        seed: Of the bootstrap over questions.
        resamples: Of it.

    Raises:
        SpecError: shapes that do not fit.
    """
    if np.shape(clean) != np.shape(faulty):
        raise SpecError(f"clean {np.shape(clean)}, faulty {np.shape(faulty)}", key="faulty", allowed="the same shape")
    a = labelled(np.stack([np.asarray(clean), np.asarray(faulty)], axis=1), truth, least=2)
    told = {"seed": seed, "resamples": resamples, "n_agents": a.shape[2], "n_missing": int((a < 0).sum())}
    wrong = (a > 0).sum(axis=2).astype(np.float64)
    right = expected_accuracy(tally(a))
    added = np.where((a >= 0).any(axis=(1, 2)), wrong[:, 1] - wrong[:, 0], np.nan)
    (extra,) = mean_estimates(added[:, None], **told)
    flips = np.stack([right[:, 0] * (1 - right[:, 1]), right[:, 0]], axis=1)
    return FaultInjection(
        bootstrap_statistic(wrong[:, ::-1], ratio, **told), extra, bootstrap_statistic(flips, ratio, **told)
    )
