"""Curves over agents, channels, tries and tokens: families, one recipe to fit them, and their comparison.

A family is a record (``growth``, ``teams``); ``fit_curve`` fits any of them, ``compare_families`` several. What is
fitted comes as arrays; draws are resamples of the questions, so that intervals carry the dependence of team sizes that
share calls.
"""

from agentscale.analysis.fits import growth, teams
from agentscale.analysis.fits.base import Family, Parameter
from agentscale.analysis.fits.fitting import fit_curve
from agentscale.analysis.fits.result import CurveFit, CurveValues
from agentscale.analysis.fits.rivals import Comparison, compare_families
from agentscale.analysis.fits.teams import as_correlation
from agentscale.analysis.fits.uncertainty import Interval

FAMILIES = {
    family.name: family
    for family in (
        growth.CONSTANT,
        growth.POWER,
        growth.POWER_GAP,
        growth.EXP_POWER,
        growth.GEOM,
        growth.EXP_SAT,
        growth.LOGISTIC,
        growth.LOGISTIC_LINEAR,
        growth.LOG_GROWTH,
        growth.POWER_GROWTH,
        teams.RINGELMANN,
        teams.KISH,
        teams.KISH_LINEAR,
        teams.BETABINOM_COV,
        teams.JURY,
        teams.PEAK,
    )
}
"""Every family by its name."""

__all__ = [
    "FAMILIES",
    "Comparison",
    "CurveFit",
    "CurveValues",
    "Family",
    "Interval",
    "Parameter",
    "as_correlation",
    "compare_families",
    "fit_curve",
]
