"""Worlds of agents with known truth: one world, two doors.

`World.answers` gives all votes of many agents on many questions as arrays; `World.answer` gives one of them, from the
same draws, so that a vote asked alone is the vote asked among thousands. `World.debate` and `World.revise` do the same
for debates; `debate` plays any rule of `RULES` on any `Graph`. `tally` and `debate_by_counts` count what agents that
cannot be told apart do, at no cost for their number. This room knows numbers only: nothing of texts,
prompts, the engine or networkx.
"""

from agentscale.simulation.alternatives import parameters_of
from agentscale.simulation.coverage import Coverage, CoverageParameters, covered
from agentscale.simulation.crowds import Ballots, Tally, ballots, tally
from agentscale.simulation.debates import Debate, Start, debate, in_parts
from agentscale.simulation.embedding import EmbeddingParameters, embeddings
from agentscale.simulation.flooding import flood, flood_least
from agentscale.simulation.graphs import Graph
from agentscale.simulation.influence import friedkin_johnsen, influence, influence_size, is_martingale
from agentscale.simulation.pairs import PairLaw, overlap, pair_law
from agentscale.simulation.parameters import PRESETS, WorldParameters, resolve
from agentscale.simulation.populations import debate_by_counts
from agentscale.simulation.probit import ProbitParameters, ProbitVotes, probit_votes
from agentscale.simulation.races import NOBODY, DrawnRaces, draw_races
from agentscale.simulation.rules import (
    RULES,
    Copy,
    FriedkinJohnsen,
    Placebo,
    Polya,
    Quorum,
    Rule,
    SelfCorrect,
    rule_of,
)
from agentscale.simulation.seats import MISSING, Drawn, Given, Layer, Moment, Seat, Votes, deal
from agentscale.simulation.spreading import Spread, spread
from agentscale.simulation.streams import Streams
from agentscale.simulation.traffic import TrafficParameters, latencies_s, tokens
from agentscale.simulation.truth import Truth
from agentscale.simulation.world import World

__all__ = [
    "MISSING",
    "NOBODY",
    "PRESETS",
    "RULES",
    "Ballots",
    "Copy",
    "Coverage",
    "CoverageParameters",
    "Debate",
    "Drawn",
    "DrawnRaces",
    "EmbeddingParameters",
    "FriedkinJohnsen",
    "Given",
    "Graph",
    "Layer",
    "Moment",
    "PairLaw",
    "Placebo",
    "Polya",
    "ProbitParameters",
    "ProbitVotes",
    "Quorum",
    "Rule",
    "Seat",
    "SelfCorrect",
    "Spread",
    "Start",
    "Streams",
    "Tally",
    "TrafficParameters",
    "Truth",
    "Votes",
    "World",
    "WorldParameters",
    "ballots",
    "covered",
    "deal",
    "debate",
    "debate_by_counts",
    "draw_races",
    "embeddings",
    "flood",
    "flood_least",
    "friedkin_johnsen",
    "in_parts",
    "influence",
    "influence_size",
    "is_martingale",
    "latencies_s",
    "overlap",
    "pair_law",
    "parameters_of",
    "probit_votes",
    "resolve",
    "rule_of",
    "spread",
    "tally",
    "tokens",
]
