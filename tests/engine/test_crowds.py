"""Crowds are counted the same however their questions are dealt out."""

import numpy as np

from agentscale.engine.crowds import Crowd, count

CROWD = Crowd(agents=2_000, degree=6, rounds=2)


def test_a_question_is_counted_the_same_alone_and_among_others() -> None:
    together = count(CROWD, ("q0", "q1", "q2")).counts
    alone = np.concatenate([count(CROWD, (name,)).counts for name in ("q0", "q1", "q2")])
    assert (together == alone).all()


def test_every_agent_is_counted_once_but_those_that_cannot_be_read() -> None:
    counts = count(CROWD, ("q0", "q1")).counts
    assert counts.shape == (2, 3, 4)
    assert (counts.sum(axis=2) <= CROWD.agents).all()
    assert (counts.sum(axis=2) > 0.9 * CROWD.agents).all()
