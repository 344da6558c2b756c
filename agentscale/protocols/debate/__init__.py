"""Debates: everybody answers alone, then reads its peers and answers again, round by round.

Reference: Y. Du, S. Li, A. Torralba, J. B. Tenenbaum and I. Mordatch, "Improving factuality and reasoning in language
models through multiagent debate", ICML 2024; here over any graph, with only the last replies in the context unless the
memory says otherwise.
"""

from agentscale.protocols.debate.debate import Debate

__all__ = ["Debate"]
