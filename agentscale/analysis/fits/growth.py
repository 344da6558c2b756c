"""Laws of growth and decay that know nothing of agents: powers, saturation, sigmoids."""

from __future__ import annotations

import numpy as np

from agentscale.analysis.fits.base import Family, Floats, Parameter, Unit, split, stacked


def _level(name: str, first: float = 0.3, last: float = 2.0) -> Parameter:
    return Parameter(name, "positive", 1e-9, 100.0, first, last, "y")


def _constant(x: Floats, theta: Floats) -> Floats:
    return theta + 0.0 * x


def _constant_slope(x: Floats, theta: Floats) -> Floats:
    return stacked(np.ones_like(theta + 0.0 * x))


def _power(x: Floats, theta: Floats) -> Floats:
    floor, size, exponent = split(theta)
    return np.asarray(floor + size * x**-exponent)


def _power_slope(x: Floats, theta: Floats) -> Floats:
    _, size, exponent = split(theta)
    falls = x**-exponent
    return stacked(np.ones_like(falls), falls, -size * falls * np.log(x))


def _power_gap(x: Floats, theta: Floats) -> Floats:
    ceiling, size, exponent = split(theta)
    return np.asarray(ceiling - size * x**-exponent)


def _power_gap_slope(x: Floats, theta: Floats) -> Floats:
    return _power_slope(x, theta) * [1.0, -1.0, -1.0]


def _exp_power(x: Floats, theta: Floats) -> Floats:
    a, b = split(theta)
    return np.asarray(np.exp(-a * x**-b))


def _exp_power_slope(x: Floats, theta: Floats) -> Floats:
    a, b = split(theta)
    falls, value = x**-b, _exp_power(x, theta)
    return stacked(-falls * value, a * falls * np.log(x) * value)


def _geom(x: Floats, theta: Floats) -> Floats:
    ceiling, p = split(theta)
    return np.asarray(-ceiling * np.expm1(x * np.log1p(-p)))


def _geom_slope(x: Floats, theta: Floats) -> Floats:
    ceiling, p = split(theta)
    log_miss = np.log1p(-p)
    return stacked(-np.expm1(x * log_miss), ceiling * x * np.exp((x - 1) * log_miss))


def _exp_sat(x: Floats, theta: Floats) -> Floats:
    ceiling, scale = split(theta)
    return np.asarray(-ceiling * np.expm1(-x / scale))


def _exp_sat_slope(x: Floats, theta: Floats) -> Floats:
    ceiling, scale = split(theta)
    return stacked(-np.expm1(-x / scale), -ceiling * np.exp(-x / scale) * x / scale**2)


def _logistic(t: Floats, theta: Floats) -> Floats:
    from scipy.special import expit

    height, steepness, middle, floor = split(theta)
    return np.asarray(height * expit(steepness * (t - middle)) + floor)


def _logistic_slope(t: Floats, theta: Floats) -> Floats:
    from scipy.special import expit

    height, steepness, middle, _ = split(theta)
    share = np.asarray(expit(steepness * (t - middle)))
    tilt = height * share * (1 - share)
    return stacked(share, tilt * (t - middle), -tilt * steepness, np.ones_like(share))


def _log_growth(x: Floats, theta: Floats) -> Floats:
    return np.asarray(1 + theta * np.log(x))


def _log_growth_slope(x: Floats, theta: Floats) -> Floats:
    return stacked(np.log(x) + 0.0 * theta)


def _power_growth(x: Floats, theta: Floats) -> Floats:
    return np.asarray(x**theta)


def _power_growth_slope(x: Floats, theta: Floats) -> Floats:
    return stacked(np.log(x) * x**theta)


def _sigmoid_parameters(unit: Unit, steepest: float) -> tuple[Parameter, ...]:
    return (
        Parameter("alpha", "positive", 1e-6, 100.0, 0.05, 1.5, "y"),
        Parameter("beta", "real", -steepest, steepest, -steepest / 8, steepest / 8, "1" if unit == "log2 x" else "1/x"),
        Parameter("gamma", "real", -3.0, 4.0, -0.2, 1.2, unit),
        Parameter("delta", "real", -10.0, 10.0, -0.5, 1.0, "y"),
    )


_EXPONENT = Parameter("a", "positive", 1e-3, 10.0, 0.05, 2.0)
_SIZE = Parameter("A", "positive", 1e-9, 1e12, 0.01, 100.0, "y")

CONSTANT = Family("constant", "m", (Parameter("m", "real", -10.0, 10.0, 0.0, 1.0, "y"),), _constant, _constant_slope)
POWER = Family("power", "E + A x^(−a)", (_level("E", 0.01, 1.0), _SIZE, _EXPONENT), _power, _power_slope)
POWER_GAP = Family("power_gap", "F − A x^(−a)", (_level("F"), _SIZE, _EXPONENT), _power_gap, _power_gap_slope)
EXP_POWER = Family(
    "exp_power",
    "exp(−a x^(−b)): log coverage is a power (arXiv 2407.21787)",
    (Parameter("a", "positive", 1e-9, 1e6, 0.05, 10.0), Parameter("b", "positive", 1e-4, 10.0, 0.05, 2.0)),
    _exp_power,
    _exp_power_slope,
)
GEOM = Family(
    "geom",
    "F (1 − (1 − p)^x): TTSPM (arXiv 2505.20522), geometric contraction (arXiv 2602.03794, theorem 4.3)",
    (_level("F"), Parameter("p", "inside", 0.0, 1.0, 1e-3, 0.95)),
    _geom,
    _geom_slope,
)
EXP_SAT = Family(
    "exp_sat",
    "F (1 − e^(−x/s)): of α K only the product is identified, 1/s where x counts channels",
    (_level("F"), Parameter("s", "positive", 1e-4, 1e4, 0.01, 3.0, "x")),
    _exp_sat,
    _exp_sat_slope,
)
LOGISTIC = Family(
    "logistic",
    "α/(1 + e^(−β (log2 x − γ))) + δ (MacNet, arXiv 2406.07155)",
    _sigmoid_parameters("log2 x", 40.0),
    lambda x, theta: _logistic(np.log2(x), theta),
    lambda x, theta: _logistic_slope(np.log2(x), theta),
)
LOGISTIC_LINEAR = Family(
    "logistic_linear",
    "α/(1 + e^(−β (x − γ))) + δ (MacNet, first version)",
    _sigmoid_parameters("from x", 200.0),
    _logistic,
    _logistic_slope,
)
LOG_GROWTH = Family(
    "log_growth",
    "1 + b ln x",
    (Parameter("b", "real", -10.0, 100.0, 0.0, 3.0),),
    _log_growth,
    _log_growth_slope,
    given_at=(1.0,),
)
POWER_GROWTH = Family(
    "power_growth",
    "x^s",
    (Parameter("s", "real", -2.0, 3.0, 0.0, 1.0),),
    _power_growth,
    _power_growth_slope,
    given_at=(1.0,),
)
