"""Budgets: no cap is passed, what is left is shared evenly, and a run that was ended goes on to the same bytes."""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentscale.engine.budget import budget_of, check_budget, exceeded
from agentscale.engine.capped import CappedBudget
from agentscale.engine.estimate import estimate
from agentscale.engine.pricing import quotes
from agentscale.engine.recollection import Recollection
from agentscale.engine.run import run_sweep
from agentscale.engine.session import offline_models
from agentscale.engine.tally import Tally
from agentscale.errors import SpecError
from agentscale.experiment import Sweep
from agentscale.models.base import Answered, Model
from agentscale.randomness import keyed
from agentscale.schema.calls import CallId, ChatRequest, Completion, Usage
from agentscale.store import RunFolder

Make = Callable[..., Sweep]
Play = Callable[..., tuple[RunFolder, Tally]]
Spend = Play

SWEEP: dict[str, Any] = {
    "models": {
        "one": {"simulated": {"model": 0}, "price": {"input": 1000, "cached": 10, "output": 4000}},
        "two": {"simulated": {"model": 1}, "price": {"input": 2000, "output": 3000}},
    },
    "sampling": {"max_tokens": 80},
    "team": {"size": [1, 3], "layer": ["L1", "L3"]},
    "protocol": ["vote", {"debate": {"rounds": 1}}],
    "replicates": 3,
}
"""Twelve questions in twelve cells (L3 of one agent included), which share calls."""


REPLY: dict[str, Any] = {"scripted": {"replies": ["Final answer: A"]}}


def budgeted(make_sweep: Make, budget: dict[str, Any], **keys: Any) -> Sweep:
    return make_sweep(**{**SWEEP, **keys}, budget=budget)


@pytest.fixture
def spend(play: Play) -> Callable[..., tuple[RunFolder, Tally]]:
    """Plays a sweep at its prices, slowly enough that trials overlap."""

    def spend(sweep: Sweep, name: str = "run", **options: Any) -> tuple[RunFolder, Tally]:
        options.setdefault("models", {key: Slow(model) for key, model in offline_models(sweep).items()})
        return play(sweep, name, quotes=quotes(sweep, {}), **options)

    return spend


class Slow:
    """A model whose answers arrive in an order of their own."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.identity = model.identity

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        for _ in range(int(keyed(0, call.key).integers(1, 9))):
            await asyncio.sleep(0)
        return await self._model.complete(request, call)

    async def aclose(self) -> None:
        await self._model.aclose()


class Chatty:
    """A model that heeds no ``max_tokens``, or reports no tokens at all."""

    identity = {"model": "chatty"}

    def __init__(self, usage: Usage) -> None:
        self._usage = usage

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        return Answered(Completion("Final answer: A", "stop", self._usage))

    async def aclose(self) -> None:
        """Nothing is held."""


def transcripts(folder: RunFolder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder.path / "transcripts").iterdir())}


def questions_done(folder: RunFolder) -> dict[str, list[tuple[str, int]]]:
    return {
        cell.id: [(done.sample_id, done.replicate) for done in folder.transcripts(cell.id)]
        for cell in folder.header.cells
    }


def test_a_run_without_caps_is_never_refused(make_sweep: Make, spend: Play) -> None:
    _, tally = spend(budgeted(make_sweep, {}))
    assert (tally.trials_done, tally.caps_reached) == (tally.trials, [])


@pytest.mark.parametrize(
    ("budget", "measure"),
    [
        ({"calls": 60}, lambda tally: tally.calls_asked),
        ({"tokens": 15_000}, lambda tally: tally.tokens_in + tally.tokens_out),
        ({"usd": 30}, lambda tally: tally.usd),
    ],
    ids=["calls", "tokens", "usd"],
)
def test_a_cap_of_the_run_is_not_passed_and_leaves_every_cell_with_the_same_questions(
    make_sweep: Make, spend: Play, budget: dict[str, float], measure: Callable[[Tally], float]
) -> None:
    ((name, cap),) = budget.items()
    folder, tally = spend(budgeted(make_sweep, budget))
    # What is left unused is less than the upper bound on one question more, here a large part of a small cap.
    assert 0.4 * cap < measure(tally) <= cap
    assert 0 < tally.trials_done < tally.trials == tally.trials_done + tally.trials_left_out
    first, *others = questions_done(folder).values()
    assert len(first) > 1
    assert all(done == first for done in others)
    (said,) = tally.caps_reached
    assert said.startswith(f"budget.{name}: ")
    assert f"of {cap:,} spent, the next question takes up to " in said
    assert tally.trials_broken_off == 0


BUDGETS = st.fixed_dictionaries(
    {},
    optional={
        "calls": st.integers(0, 200),
        "tokens": st.integers(0, 100_000),
        "usd": st.floats(0, 100),
        "cell": st.fixed_dictionaries({}, optional={"calls": st.integers(0, 40), "usd": st.floats(0, 20)}),
        "agent": st.fixed_dictionaries({}, optional={"calls": st.integers(0, 99), "tokens": st.integers(0, 40_000)}),
    },
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(budget=BUDGETS, concurrency=st.sampled_from([1, 3, 50]))
def test_no_cap_is_ever_passed_whatever_is_capped(
    make_sweep: Make, tmp_path_factory: pytest.TempPathFactory, budget: dict[str, Any], concurrency: int
) -> None:
    sweep = budgeted(make_sweep, budget)
    models: dict[str, Model] = {name: Slow(model) for name, model in offline_models(sweep).items()}
    prices = quotes(sweep, {})
    path = tmp_path_factory.mktemp("runs") / "run"
    folder = RunFolder.create(path, sweep.header, sweep.source, sweep.questions.values())
    watched = Watched(CappedBudget(sweep, prices, Recollection(sweep, models, None)))
    tally = asyncio.run(
        run_sweep(sweep, folder, models, mode="record", concurrency=concurrency, quotes=prices, budget=watched)
    )
    assert watched.n_open == 0
    assert tally.trials_broken_off == 0
    assert tally.calls_asked <= budget.get("calls", 10**9)
    assert tally.tokens_in + tally.tokens_out <= budget.get("tokens", 10**9)
    assert tally.usd is not None
    assert tally.usd <= budget.get("usd", 10**9)
    assert max(watched.calls_of_cells.values(), default=0) <= budget.get("cell", {}).get("calls", 10**9)
    assert max(watched.calls_of_agents.values(), default=0) <= budget.get("agent", {}).get("calls", 10**9)
    assert bool(tally.caps_reached) == (tally.trials_done < tally.trials)


class Watched:
    """A budget, with a count of its own of what it is told."""

    def __init__(self, budget: CappedBudget) -> None:
        self._budget = budget
        self.n_open = 0
        self.calls_of_cells: Counter[str] = Counter()
        self.calls_of_agents: Counter[str] = Counter()

    @property
    def caps_reached(self) -> list[str]:
        return self._budget.caps_reached

    def admit(self, trial: Any) -> Any:
        said = self._budget.admit(trial)
        self.n_open += said == "go"
        return said

    def may_begin(self, trial: Any) -> bool:
        return self._budget.may_begin(trial)

    def may_ask(self, trial: Any, agent: Any) -> bool:
        return self._budget.may_ask(trial, agent)

    def spent(self, trial: Any, agent: Any, answer: Any) -> None:
        self.calls_of_agents[agent.config_id] += 1
        self._budget.spent(trial, agent, answer)

    def played(self, trial: Any, transcript: Any) -> None:
        self.calls_of_cells[trial.cell.id] += len(transcript.events)
        self._budget.played(trial, transcript)

    def ended(self, trial: Any) -> None:
        self.n_open -= 1
        self._budget.ended(trial)


@pytest.mark.parametrize(
    "budget", [{"calls": 77}, {"tokens": 20_000, "cell": {"calls": 20}}, {"usd": 40, "agent": {"calls": 60}}], ids=str
)
def test_the_same_trials_are_played_at_any_concurrency(make_sweep: Make, spend: Play, budget: dict[str, Any]) -> None:
    sweep = budgeted(make_sweep, budget)
    runs = [transcripts(spend(sweep, f"at-{concurrency}", concurrency=concurrency)[0]) for concurrency in (1, 4, 99)]
    assert runs[0] == runs[1] == runs[2]


@pytest.mark.parametrize("independent", [True, False])
def test_a_cap_of_each_cell_ends_that_cell_and_the_others_go_on(
    make_sweep: Make, spend: Play, independent: bool
) -> None:
    folder, tally = spend(budgeted(make_sweep, {"cell": {"calls": 30}}, independent=independent))
    done = {cell: len(trials) for cell, trials in questions_done(folder).items()}
    asked = {cell.id: cell.size * (2 if cell.protocol.name == "debate" else 1) for cell in folder.header.cells}
    assert done == {cell: min(12, 30 // calls) for cell, calls in asked.items()}
    assert len(tally.caps_reached) == sum(12 * calls > 30 for calls in asked.values())
    assert tally.caps_reached[0] == (
        f"budget.cell.calls of {next(cell for cell, calls in asked.items() if calls == 6)}: "
        "30 of 30 spent, the next question takes up to 6"
    )


def test_a_cap_of_each_configuration_ends_the_cells_that_have_it(make_sweep: Make, spend: Play) -> None:
    sweep = budgeted(make_sweep, {"agent": {"usd": 12}})
    folder, tally = spend(sweep)
    done = {cell: len(trials) for cell, trials in questions_done(folder).items()}
    mixed = {cell.id for cell in sweep.header.cells if len({agent.model for agent in cell.team.agents}) > 1}
    assert len(tally.caps_reached) == 2
    assert all(said.startswith("budget.agent.usd of ") for said in tally.caps_reached)
    assert all(0 < n_trials < 12 for n_trials in done.values())
    assert all(done[cell] == min(done.values()) for cell in mixed)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({"wall_s": 5}, ["budget.wall_s: 5 of 5 seconds have passed"]),
        ({"cell": {"wall_s": 5}}, 12 * ["budget.cell.wall_s of CELL: 5 of 5 seconds have passed"]),
    ],
    ids=["run", "cell"],
)
def test_when_the_time_is_up_nothing_new_begins_and_what_is_under_way_ends(
    make_sweep: Make, spend: Play, budget: dict[str, Any], said: list[str]
) -> None:
    sweep = budgeted(make_sweep, budget)
    seconds = 0.0
    capped = CappedBudget(sweep, quotes(sweep, {}), Recollection(sweep, {}, None), clock=lambda: seconds)

    def watch(tally: Tally) -> None:
        nonlocal seconds
        seconds = 5.0 if tally.trials_done >= 40 else 0.0

    _, tally = spend(sweep, budget=capped, concurrency=2, watch=watch)
    # Two workers for each of the three groups of models, each with a trial under way.
    assert 40 <= tally.trials_done <= 40 + 2 * 3
    assert (tally.trials_broken_off, tally.trials_left_out) == (0, tally.trials - tally.trials_done)
    names = {cell.id for cell in sweep.header.cells}
    assert [re.sub("|".join(map(re.escape, names)), "CELL", line) for line in tally.caps_reached] == said


def test_trials_that_wait_for_a_slow_model_do_not_begin_when_the_time_is_up(make_sweep: Make, spend: Play) -> None:
    """A quick model runs through the design, so that the trials of the slow one are admitted long before they begin."""
    sweep = make_sweep(models=SWEEP["models"], team={"size": 1, "layer": "L1"}, budget={"wall_s": 5}, replicates=3)
    seconds, quick_is_done = 0.0, asyncio.Event()
    capped = CappedBudget(sweep, quotes(sweep, {}), Recollection(sweep, {}, None), clock=lambda: seconds)
    models = offline_models(sweep)

    class Late(Slow):
        async def complete(self, request: ChatRequest, call: CallId) -> Answered:
            nonlocal seconds
            await quick_is_done.wait()
            seconds = 5.0
            return await super().complete(request, call)

    def watch(tally: Tally) -> None:
        if tally.trials_done == 12:
            quick_is_done.set()

    slow = {**models, "two": Late(models["two"])}
    folder, tally = spend(sweep, models=slow, budget=capped, concurrency=2, watch=watch)
    assert [len(done) for done in questions_done(folder).values()] == [12, 2]
    assert (tally.trials_broken_off, tally.trials_left_out) == (0, 10)
    assert tally.caps_reached == ["budget.wall_s: 5 of 5 seconds have passed"]


def test_the_same_caps_spend_nothing_more_and_lose_nothing(make_sweep: Make, spend: Play) -> None:
    sweep = budgeted(make_sweep, {"usd": 30, "cell": {"calls": 30}})
    folder, first = spend(sweep)
    before = transcripts(folder)
    _, again = spend(sweep)
    assert (again.calls_asked, again.usd, again.trials_done) == (0, 0, first.trials_done)
    assert transcripts(folder) == before
    assert again.caps_reached


@pytest.mark.parametrize("steps", [(20, 60, 100), (77, 78, 79)], ids=str)
def test_raised_cap_by_cap_a_run_ends_with_the_bytes_of_one_that_had_none(
    make_sweep: Make, spend: Play, steps: tuple[int, ...]
) -> None:
    undisturbed, whole = spend(budgeted(make_sweep, {}), "undisturbed")
    asked = 0
    for cap in steps:
        _, tally = spend(budgeted(make_sweep, {"calls": cap}), "raised")
        asked += tally.calls_asked
        assert asked <= cap
    folder, last = spend(budgeted(make_sweep, {}), "raised")
    assert asked + last.calls_asked == whole.calls_asked
    assert transcripts(folder) == transcripts(undisturbed)


def test_calls_that_a_kill_has_lost_count_as_spent(make_sweep: Make, spend: Play) -> None:
    sweep = make_sweep(budget={"calls": 3})
    folder = RunFolder.create(sweep.path.parent / "run", sweep.header, sweep.source, sweep.questions.values())
    with folder.recording(write=True) as recording:
        recording.asked("ab" * 32)
        (segment,) = [path for path in (folder.path / "recording").iterdir() if path.suffix == ".asked"]
        lost = segment.read_bytes()
    segment.write_bytes(lost)
    _, tally = spend(sweep, "run")
    assert tally.calls_in_flight == 1
    assert tally.calls_asked == 2


def test_raising_a_cap_or_a_price_is_not_another_experiment(make_sweep: Make) -> None:
    plain = make_sweep(**SWEEP).header.experiment_digest
    models = {**SWEEP["models"], "one": {"simulated": {"model": 0}, "price": {"input": 7, "output": 7}}}
    assert budgeted(make_sweep, {"calls": 1, "agent": {"usd": 2}}).header.experiment_digest == plain
    assert make_sweep(**{**SWEEP, "models": models}).header.experiment_digest == plain


def test_a_cap_below_one_question_asks_nothing_and_says_what_one_takes(make_sweep: Make, spend: Play) -> None:
    _, tally = spend(budgeted(make_sweep, {"calls": 5}))
    assert (tally.calls_asked, tally.trials_done) == (0, 0)
    assert tally.caps_reached == ["budget.calls: 0 of 5 spent, the next question takes up to 17"]


def test_an_endpoint_that_heeds_no_bound_is_stopped_within_the_trials_under_way(make_sweep: Make, spend: Play) -> None:
    sweep = budgeted(make_sweep, {"tokens": 50_000}, protocol="vote", replicates=9)
    models = {name: Chatty(Usage(10, 20_000)) for name in sweep.experiment.models}
    _, tally = spend(sweep, models=models, concurrency=1)
    assert 50_000 < tally.tokens_out <= 50_000 + 2 * 20_000
    assert tally.trials_broken_off > 0


def test_calls_without_a_token_count_are_charged_for_as_many_as_there_can_be(make_sweep: Make, spend: Play) -> None:
    sweep = budgeted(make_sweep, {"tokens": 5_000}, protocol="vote", team={"size": 2, "layer": "L3"})
    models = {name: Chatty(Usage(None, None)) for name in sweep.experiment.models}
    _, tally = spend(sweep, models=models)
    assert 0 < tally.calls_asked * 80 <= 5_000
    assert tally.trials_left_out > 0
    assert (tally.usage_unknown, tally.usd) == (tally.calls_asked, None)


def test_calls_without_a_token_count_count_as_many_when_the_run_goes_on(make_sweep: Make, spend: Play) -> None:
    def capped(tokens: int) -> Sweep:
        return budgeted(make_sweep, {"tokens": tokens}, protocol="vote", team={"size": 2, "layer": "L3"})

    models = {name: Chatty(Usage(None, None)) for name in SWEEP["models"]}
    _, first = spend(capped(5_000), models=models)
    _, again = spend(capped(5_000), models=models)
    assert (first.calls_asked > 0, again.calls_asked) == (True, 0)
    _, raised = spend(capped(10_000), models=models)
    assert raised.calls_asked > 0
    assert (first.calls_asked + raised.calls_asked) * 80 <= 10_000


def test_recorded_calls_of_a_model_that_the_experiment_no_longer_names_count_as_spent(
    make_sweep: Make, play: Play
) -> None:
    play(make_sweep(models={"old": REPLY}))  # four calls
    sweep = make_sweep(models={"new": REPLY}, budget={"calls": 6})
    _, tally = play(sweep, quotes=quotes(sweep, {}))
    assert (tally.calls_asked, tally.trials_left_out) == (2, 2)


def test_a_cap_on_money_refuses_a_recording_whose_cost_nobody_knows(make_sweep: Make, play: Play) -> None:
    play(make_sweep(models={"old": REPLY}))
    sweep = make_sweep(models={"new": REPLY}, budget={"usd": 6})
    with pytest.raises(SpecError) as caught:
        play(sweep, quotes=quotes(sweep, {}))
    assert str(caught.value) == (
        "budget.usd is a cap on money, and nobody knows the price of 'old', which the run folder holds calls of\n"
        "  allowed: a recording whose calls all have a price in this experiment\n"
        "  name the model under models.old with its price, or choose another folder with --out, or leave the cap out"
    )


def test_a_failed_call_counts_as_a_call(make_sweep: Make, spend: Play) -> None:
    models = {"one": {"scripted": {"replies": ["Final answer: A"], "fails": True}}}
    sweep = make_sweep(models=models, budget={"calls": 3})
    _, tally = spend(sweep, models=offline_models(sweep))
    assert (tally.calls_asked, tally.calls_failed, tally.usd) == (3, 3, 0)
    assert tally.caps_reached == ["budget.calls: 3 of 3 spent, the next question takes up to 1"]


def test_calls_that_fail_again_count_again_when_the_run_goes_on(make_sweep: Make, spend: Play) -> None:
    models = {"one": {"scripted": {"replies": ["Final answer: A"], "fails": True}}}
    sweep = make_sweep(models=models, budget={"calls": 10, "agent": {"calls": 9}})
    asked = [spend(sweep, models=offline_models(sweep))[1].calls_asked for _ in range(4)]
    assert asked == [4, 4, 1, 0]


def test_a_live_run_has_the_same_budget(make_sweep: Make, spend: Play) -> None:
    _, tally = spend(budgeted(make_sweep, {"calls": 60}), mode="live")
    assert 0 < tally.calls_asked <= 60
    assert len(tally.caps_reached) == 1


def test_a_replay_has_no_budget(make_sweep: Make, spend: Play) -> None:
    spend(budgeted(make_sweep, {}))
    _, tally = spend(budgeted(make_sweep, {"calls": 0, "wall_s": 0}), mode="replay")
    assert (tally.trials_done, tally.caps_reached) == (tally.trials, [])


# -- what is refused beforehand ---------------------------------------------------------------------------------------


def refused(sweep: Sweep) -> str:
    with pytest.raises(SpecError) as caught:
        check_budget(sweep, quotes(sweep, {}))
    return str(caught.value).replace(str(sweep.path), "FILE")


HERE = {"endpoints": {"here": {"base_url": "http://127.0.0.1:9/v1"}}}


@pytest.mark.parametrize(
    ("budget", "key"),
    [({"usd": 1}, "budget"), ({"cell": {"usd": 1}}, "budget.cell"), ({"agent": {"usd": 1}}, "budget.agent")],
)
def test_a_cap_on_money_with_an_unknown_price_is_refused(
    make_sweep: Make, budget: dict[str, Any], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = {"mine": {"endpoint": "here", "model": "qwen"}}
    sweep = make_sweep(models=models, sampling={"max_tokens": 9}, budget=budget, **HERE)
    line = 1 + sweep.path.read_text("utf-8").splitlines().index("  mine:")
    assert refused(sweep) == (
        f"FILE:{line}: models.mine: {key}.usd is a cap on money, and nobody knows the price of 'qwen'\n"
        "  allowed: a model whose price the file gives, or a public list has for its endpoint's address\n"
        "  give it in US dollars for a million tokens, models.mine.price: {input: …, output: …} "
        "(0 and 0 if it is free), or leave the cap out"
    )
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    assert refused(sweep).endswith("or leave the cap out; pip install 'agentscale[prices]' brings the public lists")
    priced = {"mine": {**models["mine"], "price": {"input": 0, "output": 0}}}
    check_budget((free := make_sweep(models=priced, budget=budget, **HERE)), quotes(free, {}))


def test_a_model_that_no_team_asks_needs_no_price(make_sweep: Make) -> None:
    models = {**SWEEP["models"], "mine": {"endpoint": "here", "model": "qwen"}}
    sweep = make_sweep(**{**SWEEP, "models": models, "team": {"models": ["one"]}}, budget={"usd": 1}, **HERE)
    check_budget(sweep, quotes(sweep, {}))


def test_a_cap_on_tokens_or_money_without_max_tokens_is_refused(make_sweep: Make) -> None:
    for name in ("tokens", "usd"):
        sweep = budgeted(make_sweep, {name: 9}, sampling={})
        line = 1 + sweep.path.read_text("utf-8").splitlines().index("  one:")
        assert refused(sweep) == (
            f"FILE:{line}: models.one: budget.{name} is a cap, and nothing bounds the answers of one/-\n"
            "  give max_tokens, under sampling or under models.one.sampling, or cap calls instead"
        )


def test_what_costs_nothing_needs_no_bound_for_a_cap_on_money(make_sweep: Make, spend: Play) -> None:
    sweep = make_sweep(budget={"usd": 0})
    check_budget(sweep, quotes(sweep, {}))
    assert spend(sweep)[1].caps_reached == []


def test_a_sweep_without_caps_gets_a_budget_that_counts_nothing(make_sweep: Make) -> None:
    sweep = make_sweep()
    assert budget_of(sweep, quotes(sweep, {}), {}, None).caps_reached == ()


# -- what is said at the end ------------------------------------------------------------------------------------------


def test_the_closing_message_says_what_was_reached_how_much_is_done_and_how_to_go_on() -> None:
    tally = Tally(
        trials=60,
        trials_by_cell={"a": 20, "b": 20, "c": 20},
        done_by_cell={"a": 11, "b": 11, "c": 7},
        caps_reached=["budget.calls: 274 of 300 spent, the next question takes up to 28"],
    )
    error = exceeded(tally)
    assert error.exit_code == 5
    assert str(error) == (
        "budget.calls: 274 of 300 spent, the next question takes up to 28\n"
        "  done: 11 of 20 trials of each of 2 cells, such as a\n"
        "  done: 7 of 20 trials of c\n"
        "  what is recorded is kept: raise the cap, and the same command goes on"
    )


def test_a_long_list_of_caps_is_cut() -> None:
    said = str(exceeded(Tally(trials=0, caps_reached=[f"cap {number}" for number in range(50)])))
    assert "cap 5\n  and 44 more\n" in said


def test_who_plays_a_part_has_an_account_prices_and_bounds_of_its_own(make_sweep: Make, spend: Spend) -> None:
    judged = {"judged": {"judge": {"model": "two", "sampling": {"max_tokens": 20}}}}
    keys: dict[str, Any] = {**SWEEP, "team": {"size": 2, "layer": "L1", "models": ["one"]}, "protocol": judged}
    n_trials = 12
    sweep = budgeted(make_sweep, {}, **keys)
    (cell,) = sweep.header.cells
    config = cell.team.parts["judge"].config_id
    assert config.startswith("two/-@")
    assert config.endswith("@judge")
    made = estimate(sweep, quotes(sweep, {}), Recollection(sweep, {}, None))
    assert {name: bounds.high.calls for name, bounds in made.agents.items()} == {"one/-": 24, config: n_trials}
    assert made.agents[config].high.tokens_out == 20 * n_trials
    _, tally = spend(budgeted(make_sweep, {"agent": {"calls": 7}}, **keys), "capped")
    assert tally.trials_done == 3  # of seven calls of the member two are asked in each trial
    folder, tally = spend(budgeted(make_sweep, {"cell": {"calls": 10}}, **keys), "cell")
    assert tally.calls_asked == 9
    for transcript in folder.transcripts(cell.id):
        assert transcript.events[-1].slot == f"{config}/0"


def test_tokens_are_capped_only_where_who_plays_a_part_is_bounded_too(make_sweep: Make) -> None:
    judged = {"judged": {"judge": {"model": "two"}}}
    models = {"one": {"simulated": {}, "sampling": {"max_tokens": 9}}, "two": {"simulated": {"model": 1}}}
    team = {"size": 1, "layer": "L1", "models": ["one"]}
    sweep = make_sweep(models=models, team=team, protocol=judged, budget={"tokens": 1000})
    with pytest.raises(SpecError, match="nothing bounds the answers of two/-@judge\n"):
        check_budget(sweep, quotes(sweep, {}))
