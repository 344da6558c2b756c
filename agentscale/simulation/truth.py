"""What a world knows and no estimator sees: the yardstick that every estimator is scored against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agentscale.simulation.parameters import WorldParameters


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth behind some votes, over Q questions, K channels, N agents and B distinct configurations.

    The right option is 0 everywhere in this room.
    """

    solvability: NDArray[np.float64]
    """α_q, shape (Q,): the expected share of channels that succeed."""
    targets: NDArray[np.int16]
    """What every channel finds, shape (Q, K); 0 is the right option."""
    channels: NDArray[np.int64]
    """How many of the N agents used every channel, shape (Q, K)."""
    configs: tuple[str, ...]
    """The B configurations, in the order of their first agent."""
    theta: NDArray[np.float64]
    """Θ_b(q), shape (Q, B, C): the probability of every option for one more agent of a configuration, which is what
    its answers converge to. The rest to 1 is the probability that the answer cannot be read."""
    used: NDArray[np.int16] | None = None
    """The channel that every agent used, shape (Q, N); ``None`` where agents were counted and not drawn one by one."""

    @property
    def success(self) -> NDArray[np.bool_]:
        """S, shape (Q, K): which channels find the right option."""
        return np.equal(self.targets, 0)

    @property
    def channel_count(self) -> NDArray[np.float64]:
        """D_1 of the channels in use, shape (Q,): exp of the entropy of ``channels`` / N (theory, section 11.3)."""
        share = self.channels / self.channels.sum(axis=1, keepdims=True)
        entropy: NDArray[np.float64] = -np.sum(share * np.log(np.where(share > 0, share, 1.0)), axis=1)
        return np.exp(entropy)


def answer_law(
    parameters: WorldParameters,
    targets: NDArray[np.int16],
    n_options: NDArray[np.int64],
    preference: NDArray[np.float64],
    habit: NDArray[np.int64],
    habit_fails: NDArray[np.bool_],
    failure: float,
) -> NDArray[np.float64]:
    """Θ_b(q) of one configuration b, from its preference π and the habit k0(q) that it has on every question.

    An agent keeps the habit with probability 1−ψ, and then fails to be readable exactly where the habit does; a fresh
    agent draws its channel from π and fails with probability f. Hence
    Θ(a) = (1−ψ)·1[habit readable]·P(a|k0) + ψ·(1−f)·Σ_k π_k P(a|k).

    Args:
        parameters: The world.
        targets: Shape (Q, K).
        n_options: Shape (Q,).
        preference: π, shape (K,).
        habit: k0, shape (Q,).
        habit_fails: Shape (Q,): whether an agent that keeps the habit cannot be read.
        failure: f of the model, in [0, 1].

    Returns:
        Shape (Q, C) with C the largest of ``n_options``; options that a question does not have get 0.
    """
    said = np.where(targets == 0, parameters.fidelity_right, parameters.fidelity_wrong)
    astray = (1.0 - said) / (n_options[:, None] - 1)
    weight = parameters.fresh * (1.0 - failure) * np.broadcast_to(preference, targets.shape)
    rows = np.arange(len(targets))
    weight[rows, habit] += (1.0 - parameters.fresh) * ~habit_fails
    theta = np.empty((len(targets), int(n_options.max())))
    for option in range(theta.shape[1]):
        theta[:, option] = np.sum(weight * np.where(targets == option, said, astray), axis=1)
    theta[np.arange(theta.shape[1]) >= n_options[:, None]] = 0.0
    return theta
