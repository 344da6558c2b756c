"""The estimate: equal to the calls that are made, or bounds that hold, for every protocol, topology and sweep."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentscale.engine.estimate import CostEstimate, estimate
from agentscale.engine.pricing import quotes
from agentscale.engine.recollection import Recollection
from agentscale.engine.session import offline_models
from agentscale.engine.tally import Tally
from agentscale.experiment import Sweep
from agentscale.experiment.sizes import QUOTED, QuestionSizes, prompt_size, unheard, unseen_question
from agentscale.models.base import Answered
from agentscale.recording import Recording
from agentscale.schema.calls import CallId, ChatRequest, Completion, Message, Usage
from agentscale.schema.run import QuestionRecord
from agentscale.store import RunFolder

Make = Callable[..., Sweep]
Play = Callable[..., tuple[RunFolder, Tally]]

TOPOLOGIES: list[Any] = [
    "complete",
    "ring",
    "hub",
    "chain",
    {"erdos_renyi": {"p": 0.4}},
    {"small_world": {"k": 2, "p": 0.3}},
]
PRICED = {
    "one": {"simulated": {"model": 0}, "price": {"input": 1, "cached": 0.5, "output": 4}},
    "two": {"simulated": {"model": 1}, "price": {"input": 2, "output": 3}},
}
CAPPED = {"models": PRICED, "sampling": {"max_tokens": 40}}


def estimated(sweep: Sweep) -> CostEstimate:
    return estimate(sweep, quotes(sweep, {}), Recollection(sweep, {}, None))


def after(sweep: Sweep, folder: RunFolder) -> CostEstimate:
    with folder.recording() as recording:
        return estimate(sweep, quotes(sweep, {}), Recollection(sweep, offline_models(sweep), recording))


class Speaker:
    """A model whose every reply is the same, or one that never repeats itself."""

    def __init__(self, name: str, repeats: bool) -> None:
        self.identity = {"speaker": name}
        self._repeats = repeats

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        said = "" if self._repeats else f"{call.key} is why. "
        return Answered(Completion(f"{said}Final answer: A", "stop", Usage(1, 1)))

    async def aclose(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=str)
@pytest.mark.parametrize("protocol", ["vote", "debate", "refine", "judged", "self_correct", "solo", "two_stage_vote"])
def test_the_estimate_of_a_cell_is_the_number_of_calls_that_it_makes(
    make_sweep: Make, play: Play, protocol: str, topology: Any
) -> None:
    sweep = make_sweep(protocol=protocol, topology=topology, team={"size": 5, "layer": "L4"}, **CAPPED)
    bounds, (_, tally) = estimated(sweep).total, play(sweep)
    assert bounds.exact
    assert bounds.high.calls == tally.calls_asked > 0
    assert bounds.low.tokens_in <= tally.tokens_in <= bounds.high.tokens_in
    assert bounds.low.tokens_out <= tally.tokens_out <= bounds.high.tokens_out


def distinct(values: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique_by=str)


SWEEPS = st.fixed_dictionaries(
    {
        "team": st.fixed_dictionaries({"size": distinct([1, 2, 3, 5]), "layer": distinct(["L1", "L2", "L3", "L4"])}),
        "protocol": distinct(
            [
                "vote",
                {"refine": {"rounds": 1}},
                *({"debate": {"rounds": r, "see": s}} for r in (1, 2) for s in ("answer", "rationale")),
            ]
        ),
        "topology": distinct(TOPOLOGIES[:4]),
        "replicates": st.integers(1, 2),
        "independent": st.booleans(),
    }
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=SWEEPS)
def test_the_bounds_hold_for_every_sweep_and_are_exact_where_nothing_is_shared(
    make_sweep: Make, play: Play, tmp_path_factory: pytest.TempPathFactory, keys: dict[str, Any]
) -> None:
    sweep = make_sweep(**keys, **CAPPED)
    made = estimated(sweep)
    _, tally = play(sweep, tmp_path_factory.mktemp("runs").name, mode="live")
    low, high = made.total.low, made.total.high
    assert low.calls <= tally.calls_asked <= high.calls
    assert low.tokens_in <= tally.tokens_in <= high.tokens_in
    assert low.tokens_out <= tally.tokens_out <= high.tokens_out
    assert made.total.exact or not keys["independent"]
    assert sum(bounds.high.calls for bounds in made.models.values()) == high.calls
    assert sum(bounds.high.calls for bounds in made.agents.values()) == high.calls
    assert all(made.alone[cell].high.calls >= bounds.high.calls for cell, bounds in made.cells.items())


@pytest.mark.parametrize("repeats", [True, False])
def test_replies_that_are_all_alike_meet_the_lower_bound_and_replies_that_all_differ_the_upper(
    make_sweep: Make, play: Play, repeats: bool
) -> None:
    sweep = make_sweep(
        protocol={"debate": {"rounds": 2, "see": "rationale"}},
        topology=["complete", "ring", "hub"],
        team={"size": [1, 2, 4, 6], "layer": ["L1", "L3"]},
    )
    bounds = estimated(sweep).total
    _, tally = play(sweep, models={name: Speaker(name, repeats) for name in sweep.experiment.models})
    assert bounds.low.calls < bounds.high.calls
    assert tally.calls_asked == (bounds.low if repeats else bounds.high).calls


def test_a_cell_that_shares_all_its_calls_is_listed_with_none_of_its_own(make_sweep: Make) -> None:
    sweep = make_sweep(team={"size": [1, 2], "layer": ["L1", "L3"]})
    made = estimated(sweep)
    assert list(made.cells) == [cell.id for cell in sweep.header.cells]
    assert [bounds.high.calls for bounds in made.cells.values()] == [4, 4, 4, 4, 0, 0]
    assert [bounds.high.calls for bounds in made.alone.values()] == [4, 8, 4, 8, 4, 8]


def test_a_recorded_run_has_nothing_left_to_ask(make_sweep: Make, play: Play) -> None:
    sweep = make_sweep(protocol=["vote", "debate"], team={"size": [2, 4], "layer": ["L1", "L3"]})
    folder, tally = play(sweep)
    left = after(sweep, folder)
    assert left.total.high.calls == 0
    assert len(left.cells) == len(sweep.header.cells)
    assert left.known_calls == tally.calls_asked


def test_a_larger_sweep_is_estimated_without_what_the_smaller_one_has_recorded(make_sweep: Make, play: Play) -> None:
    folder, _ = play(make_sweep(protocol="debate", team={"size": [2, 3], "layer": "L1"}))
    larger = make_sweep(protocol="debate", team={"size": [2, 3, 4], "layer": "L1"})
    left, asked = after(larger, folder), play(larger, "larger", recorded=folder)[1].calls_asked
    assert left.total.low.calls <= asked <= left.total.high.calls
    # Of two models four agents each: one first answer and four times three revisions are new.
    assert left.total.high.calls == 2 * 4 * (1 + 4 * 3)


def test_a_failed_call_is_still_to_be_asked(make_sweep: Make, play: Play) -> None:
    models = {"one": {"scripted": {"replies": ["Final answer: A"], "fails": True}}}
    folder, tally = play(make_sweep(models=models))
    assert tally.calls_failed == 4
    assert after(make_sweep(models=models), folder).total.high.calls == 4


def test_money_lies_between_its_bounds_and_is_unknown_with_one_unknown_price(make_sweep: Make, play: Play) -> None:
    keys: dict[str, Any] = {"protocol": "debate", "team": {"size": 4, "layer": "L3"}, **CAPPED}
    sweep = make_sweep(**keys)
    made = estimated(sweep)
    folder, _ = play(sweep)
    prices = quotes(sweep, {})
    with folder.recording() as recording:
        spent = sum(
            quote.usd(record.completion.usage.tokens_in or 0, record.completion.usage.tokens_out or 0)
            for record in recording.records()
            if record.completion is not None and (quote := prices[record.request.model]) is not None
        )
    low, high = made.total.low.usd, made.total.high.usd
    assert low is not None
    assert high is not None
    assert 0 < low <= spent <= high
    keys["models"] = {**PRICED, "two": {"model": "x", "endpoint": "here"}}
    unknown = estimated(make_sweep(endpoints={"here": {"base_url": "http://127.0.0.1:9/v1"}}, **keys))
    assert unknown.total.high.usd is None
    assert unknown.models["one"].high.usd is not None


def test_answers_without_a_cap_have_no_upper_bound_and_free_ones_still_cost_nothing(make_sweep: Make) -> None:
    high = estimated(make_sweep(protocol="debate", team={"size": 2})).total.high
    assert (high.tokens_in, high.tokens_out, high.usd) == (math.inf, math.inf, 0)


def test_what_a_quoted_reply_adds_grows_with_its_cap_and_with_the_peers(make_sweep: Make) -> None:
    def tokens(most: int, size: int) -> float:
        keys = {"protocol": {"debate": {"rounds": 1, "see": "rationale"}}, "team": {"size": size}}
        return estimated(make_sweep(sampling={"max_tokens": most}, **keys)).total.high.tokens_in

    per_round = 4 * 2  # questions, and models
    for size in (2, 3, 5):
        assert tokens(1000, size) - tokens(0 + 1, size) == 999 * QUOTED * per_round * size * size


@pytest.mark.parametrize(
    ("limits", "minutes"),
    [({}, None), ({"requests_per_minute": 4}, 3), ({"requests_per_minute": 99}, 0), ({"tokens_per_minute": 1}, None)],
    ids=str,
)
def test_the_time_is_known_from_below_where_there_are_limits_per_minute(
    make_sweep: Make, limits: dict[str, int], minutes: float | None
) -> None:
    endpoint = {"base_url": "http://127.0.0.1:9/v1", **limits}
    models = {"mine": {"endpoint": "here", "model": "x"}, "free": {"simulated": {}}}
    team = {"size": 2, "layer": "L1"}
    made = estimated(make_sweep(models=models, endpoints={"here": endpoint}, team=team, replicates=2))
    if "tokens_per_minute" in limits:
        assert made.least_wall_s == 60 * (made.models["mine"].low.tokens_in - 1)
    else:
        assert made.least_wall_s == (None if minutes is None else 60 * minutes)  # 16 calls of the endpoint's model


RECORDED = Path(__file__).parents[2] / "results" / "first-real-run" / "recording"


def test_the_prompts_of_the_published_run_have_as_many_tokens_as_the_bounds_say() -> None:
    with Recording.open(RECORDED) as recording:
        records = [record for record in recording.records() if record.completion is not None]
    nothing = QuestionSizes(n=1)
    for record in records:
        size = prompt_size(record.request.messages)
        assert record.completion is not None
        counted = record.completion.usage.tokens_in
        assert counted is not None
        assert size.at_least(nothing) <= counted <= size.at_most(nothing)
    assert len(records) > 2000


@given(
    prompt=st.text(max_size=60),
    choices=st.lists(st.text(max_size=9), max_size=4),
    around=st.text(max_size=30),
    most=st.integers(1, 500),
)
def test_a_prompt_of_stand_ins_is_as_long_as_the_texts_they_stand_for(
    prompt: str, choices: list[str], around: str, most: int
) -> None:
    around = around.replace("\ue000", "").replace("\ue001", "")
    unseen = unseen_question(len(choices))
    asked = QuestionSizes.of(QuestionRecord(task="t", sample_id="s", prompt=prompt, choices=tuple(choices), target="A"))
    stood = prompt_size([Message("user", f"{around}{unseen.prompt}{''.join(unseen.choices)}{unheard(most, 'r')}")])
    real = prompt_size([Message("user", f"{around}{prompt}")])
    longest = max((len(choice.encode("utf-8", "surrogatepass")) for choice in choices), default=0)
    assert stood.at_most(asked) == real.at_most(asked) + len(choices) * longest + QUOTED * most
    assert stood.at_least(asked) == pytest.approx(real.at_least(asked))


def test_chance_in_a_protocol_is_rehearsed_for_every_sample_and_its_absence_once(make_sweep: Make) -> None:
    from agentscale.experiment.demand import Rehearsals

    sweep = make_sweep(protocol="debate", team={"size": 3, "layer": "L1"})
    rehearsals, cell = Rehearsals(sweep), sweep.header.cells[0]
    first = rehearsals.asks(cell, "q0", 0, "longest")
    assert rehearsals.asks(cell, "q1", 0, "longest") is first

    debate = sweep.protocols[cell.id]

    class Drawing(type(debate)):  # type: ignore[misc]
        def play(self, team: Any, graph: Any, question: Any, rng: Any) -> Any:
            rng.integers(2)
            return (yield from super().play(team, graph, question, rng))

    sweep.protocols[cell.id] = Drawing()
    drawn = Rehearsals(sweep)
    assert drawn.asks(cell, "q0", 0, "longest") is not drawn.asks(cell, "q1", 0, "longest")
