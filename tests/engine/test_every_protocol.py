"""What holds of every protocol over every graph: exact replay, no influence of arrival, calls within their bounds.

A protocol joins by standing in ``PROTOCOLS``; one that has more to it than its defaults, by a line in ``VARIANTS``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentscale.engine.estimate import estimate
from agentscale.engine.pricing import quotes
from agentscale.engine.recollection import Recollection
from agentscale.engine.tally import Tally
from agentscale.experiment import Sweep, from_folder
from agentscale.protocols import PROTOCOLS
from agentscale.store import RunFolder
from tests.engine.test_runs import shuffled, transcript_bytes

Make = Callable[..., Sweep]
Play = Callable[..., tuple[RunFolder, Tally]]

ADAPTIVE = {"branches", "certain_vote", "managed", "pipeline", "sets", "steps", "world"}
"""Whose calls follow from the replies; so do those of variants with one of the words below."""
ADAPTS = ("until", "tokens")

VARIANTS: list[Any] = [
    {"weighted_vote": {"weights": {"one": 2, "two": 1.5}}},
    {"certain_vote": {"certainty": 0.5, "first": 2}},
    {"two_stage_vote": {"temperatures": [0, 1.2], "samples": 2}},
    {"sets": {"rounds": 3, "checker": {"model": "one"}}},
    {"solo": {"tokens": 100}},
    {"solo": {"calls": 3, "way": "refine"}},
    {"member": {"which": 0}},
    {"judged": {"judge": {"model": "two", "persona": "sceptic", "sampling": {"max_tokens": 60}}}},
    {
        "managed": {
            "turns": 3,
            "inner": 1,
            "caps": [20, 40],
            "controller": {"model": "two"},
            "evaluator": {"model": "one"},
        }
    },
    {"pipeline": {"back": 3}},
    {"branches": {"depth": 3, "until": "agreement", "remembers": 2}},
    {"branches": {"depth": 2, "until": "never"}},
    {"debate": {"rounds": 2, "see": "rationale", "decides": "judge", "judge": {"model": "two"}}},
    {"debate": {"schedule": ["DR", "RD", "DD", "RR"], "order": "sequential", "until": "consensus"}},
    {"debate": {"rounds": 2, "order": "gossip", "memory": "summary", "traits": "EEOO", "probe": "How sure are you?"}},
    {"debate": {"rounds": 2, "order": "topological", "memory": "history", "agreement": 0.8}},
    {"debate": {"rounds": 1, "see": "rationale", "shows": "noise", "personas": "padding"}},
    {"debate": {"rounds": 1, "shows": "padding", "personas": "shared", "decides": "hub"}},
]
CHAINS: list[Any] = ["steps", {"steps": {"k": 2, "rule": "first_to", "per_call": 2, "at_once": 4, "max_votes": 6}}]
"""What walks chains of steps, which other tasks do not have."""
GRAPHED: list[Any] = [
    "channels",
    "macnet",
    "mixture",
    {"channels": {"see": "answer", "rounds": 1}},
    {"macnet": {"exchanges": 2, "memory": "history", "critic": {"model": "two"}, "fuser": {"model": "one"}}},
    {"mixture": {"fusers": [3], "see": "answer"}},
]
"""What needs groups, or a graph without a cycle."""
PLAYED = [*sorted(set(PROTOCOLS) - {"weighted_vote", "steps", "channels", "macnet", "mixture", "world"}), *VARIANTS]
KEYS: dict[str, Any] = {
    "task": {"name": "./capitals", "limit": 2},
    "team": {"size": 4, "layer": "L4"},
    "protocol": PLAYED,
    "topology": ["complete", "ring", "hub", "chain", {"erdos_renyi": {"p": 0.4}}],
    "sampling": {"max_tokens": 40},
}
SMALL: dict[str, Any] = {**KEYS, "task": {"name": "./capitals", "limit": 1}, "topology": ["chain", "hub"]}
OVER_GRAPHS: dict[str, Any] = {
    **SMALL,
    "protocol": GRAPHED,
    "topology": ["hypergraph", "mesh", "tree", {"random_dag": {"connected": True}}],
}
WALKED: dict[str, Any] = {
    "task": {"name": "hanoi", "levels": 2},
    "models": {"walker": {"stepping": {"error": 0.3, "unreadable": 0.2, "long": 0.1}}},
    "team": {"size": 2, "layer": "L1"},
    "protocol": CHAINS,
    "replicates": 3,
    "sampling": {"max_tokens": 1200},
}
WORLDS: list[Any] = ["world", {"world": {"memory": "last", "retries": 2}}, {"world": {"memory": "none", "retries": 0}}]
"""What plays worlds, which other tasks do not open."""
ACTED: dict[str, Any] = {
    "task": "networks",
    "models": {
        "player": {"policy": {"name": "optimal", "slip": 0.2}},
        "mute": {"policy": "silent"},
        "chatty": {"scripted": {"replies": ["Let me think.", '{"Nobody": "Hi"}', "Final answer: Yes"]}},
    },
    "team": {"size": 3, "layer": "L3"},
    "protocol": WORLDS,
    "topology": ["ring", "hub"],
    "sampling": {"max_tokens": 200},
}
SHARED: dict[str, Any] = {
    **ACTED,
    "task": {"name": "commons", "levels": [2]},
    "models": {**ACTED["models"], "chatty": {"scripted": {"replies": ["I talk.\nNext speaker: 2", "Final answer: 3"]}}},
    "protocol": {"world": {"memory": "last"}},
    "topology": "complete",
}
GIVEN: dict[str, Any] = {**SHARED, "task": {"name": "donor_game", "levels": [1]}, "team": {"size": 6, "layer": "L3"}}
ACTED_SMALL: dict[str, Any] = {**ACTED, "task": {"name": "networks", "levels": [1, 4]}, "topology": "ring"}

STREAMED: dict[str, Any] = {
    **ACTED,
    "task": {"name": "routing", "levels": [1, 2]},
    "team": {"size": 4, "layer": "L3"},
    "protocol": {"world": {"memory": "none", "retries": 1}},
    "topology": "complete",
}
PEOPLED: dict[str, Any] = {
    **STREAMED,
    "task": [
        {"name": "population", "levels": [1, 2, 3], "world": {"steps": 3}},
        {"name": "population", "levels": [4], "world": {"steps": 3, "individuals": 60, "archetypes": 2}},
        {"name": "individuality", "levels": [1], "world": {"steps": 3}},
    ],
}
PAIRED: dict[str, Any] = {
    **ACTED,
    "task": [
        {"name": "mazes", "levels": [1], "limit": 1, "world": {"turns": 5}},
        {"name": "word_game", "levels": [3], "limit": 1},
        {"name": "matrix_games", "levels": [1], "limit": 1, "world": {"rounds": 2, "predict": True}},
        {"name": "beauty_contest", "levels": [1], "world": {"rounds": 2}},
    ],
    "models": {**ACTED["models"], "chatty": {"scripted": {"replies": ["I say.\nGuess: 7 AGREED", "Choice: J"]}}},
    "team": {"pairs": "ordered"},
    "protocol": {"world": {"memory": "last"}},
    "topology": "complete",
}


def test_every_protocol_is_played_here() -> None:
    assert {
        name if isinstance(name, str) else next(iter(name)) for name in [*PLAYED, *CHAINS, *GRAPHED, *WORLDS]
    } == set(PROTOCOLS)


@pytest.mark.parametrize(
    "keys",
    [KEYS, OVER_GRAPHS, WALKED, ACTED, STREAMED, PEOPLED, SHARED, GIVEN, PAIRED],
    ids=["questions", "graphs", "chains", "worlds", "streams", "populations", "commons", "donor-game", "pairs"],
)
def test_calls_and_tokens_of_every_cell_lie_within_their_bounds_and_fixed_schedules_meet_them(
    make_sweep: Make, play: Play, keys: dict[str, Any]
) -> None:
    sweep = make_sweep(**keys, independent=True)
    made = estimate(sweep, quotes(sweep, {}), Recollection(sweep, {}, None))
    folder, tally = play(sweep)
    assert made.total.low.calls <= tally.calls_asked <= made.total.high.calls <= tally.calls_at_most
    for cell in sweep.header.cells:
        low, high = made.cells[cell.id].low, made.cells[cell.id].high
        events = {event.key: event for trial in folder.transcripts(cell.id) for event in trial.events}.values()
        assert low.calls <= len(events) <= high.calls, cell.id
        assert low.tokens_in <= sum(event.tokens_in or 0 for event in events) <= high.tokens_in, cell.id
        assert low.tokens_out <= sum(event.tokens_out or 0 for event in events) <= high.tokens_out, cell.id
        adapts = cell.protocol.name in ADAPTIVE or any(word in cell.protocol.parameters for word in ADAPTS)
        assert adapts or low.calls == high.calls, cell.id


def assert_one_transcript(sweep: Sweep, play: Play) -> None:
    """Twenty orders of arrival, and replays at two concurrencies, give the transcripts of calls made one by one."""
    recorded, _ = play(sweep, "recorded", concurrency=1)
    expected = transcript_bytes(recorded)
    for seed in range(20):
        folder, _ = play(sweep, f"order-{seed}", shuffled(sweep, seed), mode="live", concurrency=(1, 3, 64)[seed % 3])
        assert transcript_bytes(folder) == expected
    again = from_folder(RunFolder.open(recorded.path))
    for concurrency in (1, 64):
        name = f"replayed-{concurrency}"
        replayed, silent = play(again, name, mode="replay", recorded=recorded, concurrency=concurrency)
        assert silent.calls_asked == 0
        assert transcript_bytes(replayed) == expected


@pytest.mark.parametrize(
    "keys",
    [
        SMALL,
        OVER_GRAPHS,
        WALKED,
        ACTED_SMALL,
        {**PAIRED, "team": {"pairs": "unordered", "models": ["player", "chatty"]}},
    ],
    ids=["questions", "graphs", "chains", "worlds", "pairs"],
)
def test_twenty_orders_of_arrival_and_replays_give_one_transcript(
    make_sweep: Make, play: Play, keys: dict[str, Any]
) -> None:
    assert_one_transcript(make_sweep(**keys), play)
