"""What simulated agents say when a debate probes them: an attitude whose way to the model's default is known.

Reference for what is imitated: A. Taubenfeld, Y. Dover, R. Reichart and A. Goldstein, "Systematic biases in LLM
simulations of debates", EMNLP 2024, arXiv 2402.04049.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentscale.randomness import keyed
from agentscale.schema.calls import CallId
from agentscale.schema.experiment import Attitude

if TYPE_CHECKING:
    import numpy as np

_DEFAULTS = (4.0, 6.0)
_END = 10.0
"""The end of the scale, which begins at 0."""


def probed(attitude: Attitude, persona: str | None, default: np.random.Generator, call: CallId) -> str:
    """What is said: a_t = d ± s·(1 − λ)ᵗ after t rounds, where d is the default, s the persona's distance, λ the pull.

    Args:
        attitude: s, λ and the noise.
        persona: Its name, which says on which side of the default it stands; ``None`` and a baseline stand on it.
        default: Draws d for the model and question.
        call: Who is asked when; the noise is keyed by it.
    """
    stands = float(default.uniform(*_DEFAULTS))
    if persona is not None and call.role != "baseline":
        stands += _side(persona) * attitude.persona * (1.0 - attitude.pull) ** call.round
    if attitude.noise:
        stands += attitude.noise * float(keyed(call.seed, "attitude", call.key).standard_normal())
    return f"On that scale I stand at {min(max(stands, 0.0), _END):.2f}."


def _side(persona: str) -> int:
    return 1 if keyed(0, "side of a persona", persona).random() < 0.5 else -1
