"""What a team costs by its design: tokens, arithmetic, memory traffic and money, before or beside what was recorded.

A model of the bill and not the bill: recorded tokens, and ``agentscale estimate`` for an experiment file, are nearer to
it. The shape follows "Kinetics" (arXiv 2506.05333 [M]); its constants are not used.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agentscale.analysis.ranges import together, within

Floats = NDArray[np.float64]


class TeamTokens(NamedTuple):
    """Tokens of one question, each broadcast from the arguments."""

    input: Floats
    """Read, those of cached prefixes included."""
    cached: Floats
    """Read from a prefix cache: the question's own prompt, which every call after an agent's first repeats."""
    output: Floats
    """Written."""


class Work(NamedTuple):
    """What a model does for those tokens."""

    flops: Floats
    """Floating-point operations."""
    memory_bytes: Floats
    """Weights and keys and values that decoding reads."""

    def equivalent_flops(self, flops_per_byte: ArrayLike) -> Floats:
        """Operations plus memory traffic at the machine's intensity, operations for a byte: what bounds decoding."""
        return np.asarray(self.flops + np.asarray(flops_per_byte) * self.memory_bytes)


def team_tokens(n: ArrayLike, k: ArrayLike, tau: ArrayLike, *, prompt: ArrayLike, answer: ArrayLike) -> TeamTokens:
    """Tokens(N, k, τ): N agents answer, then revise τ times with their own and k peers' last answers before them.

    Output N·A·(1 + τ); input N·P + N·τ·(P + (k + 1)·A). A vote is τ = 0, self-refinement k = 0.

    Args:
        n: Agents, ≥ 1.
        k: Peers that each reads, ≥ 0; a debate of all has N − 1.
        tau: Rounds of revision, ≥ 0.
        prompt: P, tokens of the question with its instruction, ≥ 0.
        answer: A, tokens of an answer, ≥ 0. All are broadcast.

    Raises:
        SpecError: a number outside its range.
    """
    n, k, tau = within("n", n, 1, np.inf), within("k", k, 0, np.inf), within("tau", tau, 0, np.inf)
    p, a = within("prompt", prompt, 0, np.inf), within("answer", answer, 0, np.inf)
    n, k, tau, p, a = together(n=n, k=k, tau=tau, prompt=p, answer=a)
    read = n * p + n * tau * (p + (k + 1) * a)
    return TeamTokens(np.asarray(read), np.asarray(n * tau * p), np.asarray(n * a * (1 + tau)))


def cost_model(
    tokens: TeamTokens,
    *,
    parameters: float,
    context: ArrayLike,
    layers: int = 0,
    width: int = 0,
    weight_bytes: float = 2,
) -> Work:
    """Operations and memory traffic of tokens in a dense transformer.

    Operations: 2·parameters a token that is not cached, and 4·layers·width a token and token of its context (the two
    products of attention). Memory: decoding reads all weights, and 4·layers·width bytes of keys and values at 16 bits a
    token of context, for every token that is written; a batch of B shares the weights, so divide ``weight_bytes`` by B.

    Args:
        tokens: From :func:`team_tokens`, or counted in a recording.
        parameters: Of the model that are active for a token, > 0.
        context: Mean tokens in front of a written or read token, ≥ 0.
        layers: Of the model; 0 leaves attention out.
        width: Of its keys and values.
        weight_bytes: For a parameter and a step of decoding.

    Returns:
        Operations (FLOPs) and bytes, each of the shape of the tokens and ``context``, broadcast.

    Raises:
        SpecError: a number outside its range, or shapes that do not fit together.
    """
    within("parameters", parameters, 0, np.inf, ends="(]")
    ahead = within("context", context, 0, np.inf)
    *parts, ahead = together(**tokens._asdict(), context=ahead)
    tokens = TeamTokens(*parts)
    handled = tokens.input - tokens.cached + tokens.output
    pairs = 4.0 * layers * width
    flops = handled * (2 * parameters + pairs * ahead)
    return Work(np.asarray(flops), np.asarray(tokens.output * (weight_bytes * parameters + pairs * ahead)))


def token_cost_usd(tokens: TeamTokens, *, input: float, output: float, cached: float | None = None) -> Floats:
    """Money for tokens, in US dollars.

    Args:
        tokens: As above.
        input: Dollars for a million tokens that are read.
        output: For a million that are written.
        cached: For a million that are read from a cache; those of ``input`` by default.

    Returns:
        Shape of the tokens; ≥ 0.
    """
    fresh = tokens.input - tokens.cached
    again = input if cached is None else cached
    return np.asarray((fresh * input + tokens.cached * again + tokens.output * output) / 1e6)
