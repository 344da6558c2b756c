"""What may be concluded: intervals of nested data, power, matches, permutation tests, and what may not be compared.

Arrays in, numbers out; the question is the unit of resampling throughout. Means of many columns have their bootstrap in
``bootstrap``.
"""

from agentscale.analysis.inference.association import Association, within_association
from agentscale.analysis.inference.comparable import check_decoding, check_parse_failure
from agentscale.analysis.inference.correlation import icc_estimate
from agentscale.analysis.inference.hierarchical import hier_bootstrap
from agentscale.analysis.inference.matching import Match, isotonic, n_match
from agentscale.analysis.inference.permutation import Permuted, benjamini_hochberg, permutation_test
from agentscale.analysis.inference.power import detectable_delta, items_needed
from agentscale.analysis.inference.smooth import bootstrap_statistic, d2_estimate

__all__ = [
    "Association",
    "Match",
    "Permuted",
    "benjamini_hochberg",
    "bootstrap_statistic",
    "check_decoding",
    "check_parse_failure",
    "d2_estimate",
    "detectable_delta",
    "hier_bootstrap",
    "icc_estimate",
    "isotonic",
    "items_needed",
    "n_match",
    "permutation_test",
    "within_association",
]
