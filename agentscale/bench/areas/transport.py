"""Calls over HTTP to a server on loopback: cost, rate and burst, beside a bare aiohttp loop, plain httpx and peers.

*recorded* is the whole of agentscale, from the experiment file to the transcripts: a vote of 16 agents on questions of
0.9 KB, answered with 2 KB. *client* is its client alone.
"""

from __future__ import annotations

import asyncio
import math
import time
from functools import partial

from agentscale.bench.bare import PATH, by_aiohttp, by_httpx, in_flight
from agentscale.bench.desk import Desk, calls_made, desk, endpoint_model
from agentscale.bench.goals import Goal, Measure, Result, cpu_us
from agentscale.bench.measuring import Contender, Cost, cheapest, once, side_by_side
from agentscale.bench.peers import WANTED, asked
from agentscale.bench.serving import serving
from agentscale.bench.setting import Setting
from agentscale.transport import Address, EndpointClient

AGENTS = 16
LEVELS = (16, 256, 1024)
"""Requests in flight."""
HTTPX_LEVELS = (16, 256)
"""At 1,024 plain httpx takes minutes."""
PEERS_LEVEL = 64
LATENCY_S = 0.2
WAVES = {256: 75, 1024: 20}
"""How often all requests in flight are answered: some 15 s, beside which a run's start and end weigh little."""
QUICK_WAVES = {256: 10, 1024: 4}
BURST = 1024
BURST_S = 2.0
HTTPX_PATIENCE_S = 15.0
"""How long plain httpx may take for the burst: many times what the others need."""


def run(setting: Setting) -> Result:
    """Measures the area."""
    waves = setting.size(WAVES, QUICK_WAVES)
    questions = max(level * number for level, number in waves.items()) // AGENTS
    with (
        serving("endpoint") as server,
        desk(setting.size(3072, 1024) // AGENTS) as bench,
        desk(questions) as large,
    ):
        costs = {level: _costs(bench, server, level, setting) for level in LEVELS}
        measures, goals = _told(costs)
        for more_measures, more_goals in (
            _wall(large, server, waves),
            _burst(bench, server, httpx=not setting.quick),
            _peers(setting, bench, f"{server}/0/v1"),
        ):
            measures += more_measures
            goals += more_goals
    return Result("transport", measures, goals, ("CPU time of this process alone: the server is another one.",))


def _costs(bench: Desk, server: str, level: int, setting: Setting) -> dict[str, Cost]:
    """CPU a call with ``level`` requests in flight, and no latency."""
    url, calls = f"{server}/0/v1", setting.size(3072, 1024)
    contenders: dict[str, Contender] = {
        "aiohttp": partial(by_aiohttp, url, calls, level),
        "client": partial(by_client, url, calls, level),
        "recorded": partial(recorded, bench, url, calls, level),
    }
    costs = side_by_side(contenders, setting.size(3, 2))
    if level in HTTPX_LEVELS:
        costs["httpx"] = once(partial(by_httpx, url, 2 * max(level, 64), level))
    return costs


def by_client(base_url: str, calls: int, workers: int) -> int:
    """The client alone, without engine and recording; returns how many calls were answered."""

    async def main() -> int:
        client = EndpointClient(Address("here", base_url, max_in_flight=workers))

        async def ask(prompt: str) -> str:
            body = {"model": "fake", "temperature": 0.7, "max_tokens": 512}
            posted = await client.post_json(PATH, {**body, "messages": [{"role": "user", "content": prompt}]})
            return str(posted.data["choices"][0]["message"]["content"])

        try:
            return await in_flight(ask, calls, workers)
        finally:
            await client.aclose()

    return asyncio.run(main())


def recorded(bench: Desk, base_url: str, calls: int, level: int) -> int:
    """A recorded run of ``calls`` calls; returns how many were answered."""
    experiment = bench.experiment(
        **endpoint_model(base_url, level),
        task={"name": "./bench", "limit": calls // AGENTS},
        team={"size": AGENTS, "layer": "L1"},
    )
    return calls_made(bench.run(experiment, concurrency=level))


def _told(costs: dict[int, dict[str, Cost]]) -> tuple[list[Measure], list[Goal]]:
    measures = [
        cpu_us(f"{name}, {level} in flight", cost) for level, each in costs.items() for name, cost in each.items()
    ]
    at = costs[256]
    beside = "bare aiohttp loop, 256 in flight"
    ratio = at["recorded"].cpu_s / at["aiohttp"].cpu_s
    flat = costs[1024]["recorded"].cpu_s / costs[16]["recorded"].cpu_s
    goals = [
        Goal.at_most("recorded call / bare call", ratio, 3.5, beside),
        Goal.at_most("recorded call / bare call, the further goal", ratio, 2.5, beside),
        Goal.at_most("recorded call at 1,024 in flight / at 16", flat, 1.7, "itself at 16 in flight"),
    ]
    return measures, goals


def _wall(bench: Desk, server: str, waves: dict[int, int]) -> tuple[list[Measure], list[Goal]]:
    """Rates against a server of 200 ms latency, set-up and last calls included."""
    url = f"{server}/{LATENCY_S * 1000:.0f}/v1"
    rates: dict[tuple[str, int], float] = {}
    for level, number in waves.items():
        calls = number * level
        rates["aiohttp", level] = 1 / once(partial(by_aiohttp, url, calls, level)).wall_s
        rates["recorded", level] = 1 / once(partial(recorded, bench, url, calls, level)).wall_s
    measures = [
        Measure(f"{name}, {level} in flight, 200 ms", rate, "calls a second", f"ideal {level / LATENCY_S:,.0f}")
        for (name, level), rate in rates.items()
    ]
    at_256 = rates["recorded", 256] / (256 / LATENCY_S)
    at_1024 = rates["recorded", 1024] / rates["aiohttp", 1024]
    goals = [
        Goal.at_least("rate at 256 in flight and 200 ms / ideal", at_256, 0.9, "256 calls every 200 ms"),
        Goal.at_least("rate at 1,024 in flight and 200 ms / bare", at_1024, 0.4, "bare aiohttp loop"),
        Goal.at_least("the same, the further goal", at_1024, 0.8, "bare aiohttp loop"),
    ]
    return measures, goals


def _burst(bench: Desk, server: str, *, httpx: bool) -> tuple[list[Measure], list[Goal]]:
    """1,024 calls of 2 s at once, on connections that do not exist yet."""
    url = f"{server}/{BURST_S * 1000:.0f}/v1"
    taken, answered = {}, {}
    for name, work in {
        "aiohttp": partial(by_aiohttp, url, BURST, BURST),
        "recorded": partial(recorded, bench, url, BURST, BURST),
        **({"httpx": partial(by_httpx, url, BURST, BURST, HTTPX_PATIENCE_S)} if httpx else {}),
    }.items():
        started = time.perf_counter()
        answered[name] = work()
        taken[name] = time.perf_counter() - started
    measures = [
        Measure(f"{name}, burst of 1,024 calls of 2 s", taken[name], "s", f"{answered[name]} answered")
        for name in taken
    ]
    goals = [
        Goal.at_least("burst: share answered", answered["recorded"] / BURST, 1.0, "all"),
        Goal.at_most("burst: time / bare", taken["recorded"] / taken["aiohttp"], 1.5, "bare aiohttp loop"),
    ]
    return measures, goals


def _peers(setting: Setting, bench: Desk, base_url: str) -> tuple[list[Measure], list[Goal]]:
    """Other libraries that ask the same server, each in its own interpreter; one that is not there says so.

    Each has its turns beside ours, and the cheapest of both count.
    """
    measures: list[Measure] = []
    goals: list[Goal] = []
    own = partial(recorded, bench, base_url, setting.size(2048, 512), PEERS_LEVEL)
    for name, interpreter in setting.peers.items():
        costs, answers = [], []
        for _ in range(setting.size(3, 1)):
            costs.append(once(own))
            answers.append(asked(name, interpreter, base_url, calls=setting.size(400, 100), workers=PEERS_LEVEL))
        cost, answer = cheapest(costs), min(answers, key=lambda each: each.cpu_us or math.inf)
        measures.append(Measure(name, answer.cpu_us, "µs CPU a call", answer.note))
        measures.append(cpu_us(f"recorded, {PEERS_LEVEL} in flight, beside {name}", cost))
        ratio = None if answer.cpu_us is None else answer.cpu_us / (cost.cpu_s * 1e6)
        if name in WANTED:
            goals.append(Goal.at_least(f"{name} / recorded call", ratio, WANTED[name], "both at 64 in flight"))
    return measures, goals
