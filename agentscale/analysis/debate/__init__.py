"""What talking does to answers: drift, flips, conformity, coupling, injected faults, and the course of a debate.

Answers are ids of shape (Q, T + 1, N): questions, rounds, agents; round 0 is independent, −1 is missing. ``truth`` has
shape (Q,), and an unlabelled question (−1) is left out. A graph is its edges u → v, v reads u, as a cell of a run has
them; without one everybody reads everybody else. The question is the unit of every interval.

``rounds`` brings answers and graphs into form, and each other file has one idea.
"""

from __future__ import annotations

from agentscale.analysis.debate.coupling import PriorArtifact, coupling_gain, fj_coupling, prior_artifact_test
from agentscale.analysis.debate.course import Course, consensus_time, course, dose, minority_survival, oracle_gap
from agentscale.analysis.debate.drift import Drift, martingale_test
from agentscale.analysis.debate.faults import FaultInjection, fault_injection
from agentscale.analysis.debate.flips import FlipTable, flip_table
from agentscale.analysis.debate.transitions import Revision, Transitions, count_transitions, revision

__all__ = [
    "Course",
    "Drift",
    "FaultInjection",
    "FlipTable",
    "PriorArtifact",
    "Revision",
    "Transitions",
    "consensus_time",
    "count_transitions",
    "coupling_gain",
    "course",
    "dose",
    "fault_injection",
    "fj_coupling",
    "flip_table",
    "martingale_test",
    "minority_survival",
    "oracle_gap",
    "prior_artifact_test",
    "revision",
]
