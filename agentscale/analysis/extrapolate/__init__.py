"""Vote accuracy of teams that were never asked, from the replicates of a pilot: the de Finetti extrapolator.

Agents that answer alone are independent given the question and their configuration. So the law Θ_b(q) of a
configuration's answers, estimated from its R replicates, gives the vote of any number of agents of any mix, and no
model is asked. It says nothing of teams that talk to each other.

``pilot`` holds the counts, ``predict`` turns a composition into probabilities by question, ``limits`` is what endless
teams do, ``search`` looks for the best team under a budget, ``definetti`` puts intervals on all of it.
"""

from __future__ import annotations

from agentscale.analysis.extrapolate.definetti import BestTeam, Ceiling, DeFinetti, Forecast
from agentscale.analysis.extrapolate.limits import margin_histogram
from agentscale.analysis.extrapolate.pilot import Pilot

__all__ = ["BestTeam", "Ceiling", "DeFinetti", "Forecast", "Pilot", "margin_histogram"]
