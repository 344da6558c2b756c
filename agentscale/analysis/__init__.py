"""Numbers from stored records: K*, exact votes, intervals, and the tables of a run.

Two layers. The array layer is pure functions of numpy arrays (``spectrum``, ``votes``, ``subteams``, ``bootstrap``).
The records layer reads a run folder into arrays (``arrays``, ``vectors``), measures it (``measures``, ``curves``) and
fills tables (``ledger``, ``tables``, ``analyze``). Nothing here asks a model: what embeds texts is handed in.
"""

from __future__ import annotations

from agentscale.analysis.analyze import Analysis, analyze
from agentscale.analysis.bootstrap import Intervals, bootstrap_mean_of_means, bootstrap_means, mcnemar, paired_delta
from agentscale.analysis.spectrum import Spectrum, effective_channels, hill_spectrum, mean_cosine
from agentscale.analysis.subteams import subteam_accuracy, subteam_curve
from agentscale.analysis.tables import Table
from agentscale.analysis.votes import expected_accuracy, maj_at_k, pass_at_k

__all__ = [
    "Analysis",
    "Intervals",
    "Spectrum",
    "Table",
    "analyze",
    "bootstrap_mean_of_means",
    "bootstrap_means",
    "effective_channels",
    "expected_accuracy",
    "hill_spectrum",
    "maj_at_k",
    "mcnemar",
    "mean_cosine",
    "paired_delta",
    "pass_at_k",
    "subteam_accuracy",
    "subteam_curve",
]
