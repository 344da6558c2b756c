"""How many questions a paired comparison needs, and what one with so many could see.

Formulas and their sources: theory, section 8.
"""

from __future__ import annotations

import math

from agentscale.analysis.ranges import within


def items_needed(delta: float, discordance: float, *, power: float = 0.8, level: float = 0.95) -> int:
    """Questions for McNemar's test to find a difference: n = (z_{1−α/2}√d + z_{power}√(d − δ²))²/δ².

    Args:
        delta: δ, the difference of accuracies to be found, 0 < |δ| ≤ d.
        discordance: d, share of questions that just one of the two gets right, 0 to 1.
        power: Probability to find it, 0 to 1.
        level: 1 − α of the two-sided test.

    Returns:
        Whole questions, rounded up. 20 % discordance and 2.37 points need some 2,790.

    Raises:
        SpecError: a number outside its range.
    """
    within("discordance", discordance, 0.0, 1.0, ends="(]"), within("power", power, 0.0, 1.0, ends="()")
    within("level", level, 0.0, 1.0, ends="()")
    size = float(within("delta", abs(delta), 0.0, discordance, ends="(]"))
    reach = _quantile(0.5 + level / 2) * math.sqrt(discordance)
    reach += _quantile(power) * math.sqrt(discordance - size * size)
    return math.ceil((reach / size) ** 2)


def detectable_delta(n: int, discordance: float, *, power: float = 0.8, level: float = 0.95) -> float:
    """The smallest difference of accuracies that :func:`items_needed` finds with n questions; ``nan`` where none is.

    Args:
        n: Questions, ≥ 1.
        discordance: As in :func:`items_needed`, like ``power`` and ``level``.
        power: Likewise.
        level: Likewise.

    Raises:
        SpecError: a number outside its range.
    """
    within("n", n, 1, math.inf)
    if items_needed(discordance, discordance, power=power, level=level) > n:
        return math.nan
    low, high = 0.0, discordance
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (
            (low, middle) if items_needed(middle, discordance, power=power, level=level) <= n else (middle, high)
        )
    return high


def _quantile(p: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(p))
