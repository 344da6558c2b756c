"""What holds of every protocol over every graph: exact replay, no influence of arrival, calls within their bounds.

A protocol joins by standing in ``PROTOCOLS``; one with other calls under other parameters, by a line in ``VARIANTS``.
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

VARIANTS: list[Any] = [
    {"debate": {"rounds": 2, "see": "rationale"}},
    {"judged": {"judge": {"model": "two", "persona": "sceptic", "sampling": {"max_tokens": 60}}}},
]
TOPOLOGIES: list[Any] = ["complete", "ring", "hub", "chain", {"erdos_renyi": {"p": 0.4}}]
PLAYED = [*sorted(PROTOCOLS), *VARIANTS]
KEYS: dict[str, Any] = {"team": {"size": [1, 4], "layer": "L4"}, "topology": TOPOLOGIES, "sampling": {"max_tokens": 40}}
SMALL: dict[str, Any] = {
    "task": {"name": "./capitals", "limit": 1},
    "team": {"size": 4, "layer": "L4"},
    "topology": ["chain", {"erdos_renyi": {"p": 0.5}}],
}


@pytest.mark.parametrize("protocol", PLAYED, ids=str)
def test_calls_and_tokens_lie_within_the_bounds_and_a_fixed_schedule_meets_them(
    make_sweep: Make, play: Play, protocol: Any
) -> None:
    sweep = make_sweep(protocol=protocol, independent=True, **KEYS)
    made = estimate(sweep, quotes(sweep, {}), Recollection(sweep, {}, None))
    folder, tally = play(sweep)
    low, high = made.total.low, made.total.high
    assert low.calls <= tally.calls_asked <= high.calls
    assert low.tokens_in <= tally.tokens_in <= high.tokens_in
    assert low.tokens_out <= tally.tokens_out <= high.tokens_out
    assert tally.calls_asked <= tally.calls_at_most
    for cell in sweep.header.cells:
        bounds = made.cells[cell.id]
        for transcript in folder.transcripts(cell.id):
            asked = len({event.key for event in transcript.events})
            assert bounds.low.calls <= 4 * asked <= bounds.high.calls or not bounds.exact


@pytest.mark.parametrize("protocol", PLAYED, ids=str)
def test_twenty_orders_of_arrival_and_replays_give_one_transcript(make_sweep: Make, play: Play, protocol: Any) -> None:
    sweep = make_sweep(protocol=protocol, **{**KEYS, **SMALL})
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
