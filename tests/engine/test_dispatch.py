"""Who plays what when: a model that hangs holds up nobody else, and trials are admitted in the order of the design."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from agentscale.engine.admission import Admission, Unlimited
from agentscale.engine.design import Trial
from agentscale.engine.dispatch import Dispatcher
from agentscale.engine.run import Stopper
from agentscale.engine.session import offline_models
from agentscale.engine.tally import Tally
from agentscale.experiment import Sweep
from agentscale.models.base import Answered, Model
from agentscale.recording import Answer
from agentscale.schema.agents import Agent
from agentscale.schema.calls import CallId, ChatRequest
from agentscale.store import RunFolder

Make = Callable[..., Sweep]
Play = Callable[..., tuple[RunFolder, Tally]]
REPLY = {"scripted": {"replies": ["Final answer: A"]}}
TWO_TEAMS = {"models": {"slow": REPLY, "fast": REPLY}, "team": {"size": 2, "layer": "L1"}, "replicates": 10}


class Hanging:
    """A model that answers only once it is let go."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.identity = model.identity
        self.under_way = 0
        self.let_go = asyncio.Event()

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        self.under_way += 1
        await self.let_go.wait()
        return await self._model.complete(request, call)

    async def aclose(self) -> None:
        await self._model.aclose()


@pytest.mark.parametrize("concurrency", [1, 3, 64])
def test_a_model_that_hangs_holds_up_no_trial_of_another(make_sweep: Make, play: Play, concurrency: int) -> None:
    sweep = make_sweep(**TWO_TEAMS)
    models = offline_models(sweep)
    slow = models["slow"] = Hanging(models["slow"])
    done_while_hanging = 0

    def watch(tally: Tally) -> None:
        nonlocal done_while_hanging
        if not slow.let_go.is_set():
            done_while_hanging = tally.trials_done
        if tally.trials_done == 40:  # 4 questions × 10 replicates of the fast team, or the test would hang
            slow.let_go.set()

    _, tally = play(sweep, models=models, concurrency=concurrency, watch=watch)
    assert done_while_hanging == 40
    assert tally.trials_done == 80


def test_a_team_of_both_asks_the_fast_model_while_the_slow_one_hangs(make_sweep: Make, play: Play) -> None:
    sweep = make_sweep(**{**TWO_TEAMS, "team": {"size": 2, "layer": ["L1", "L3"]}})
    models = offline_models(sweep)
    slow = models["slow"] = Hanging(models["slow"])

    def watch(tally: Tally) -> None:
        # All 80 calls of the fast team, of which its L3 colleagues share 40 with it and need none of their own.
        if tally.calls_asked == 80:
            slow.let_go.set()

    _, tally = play(sweep, models=models, concurrency=1, watch=watch)
    assert tally.trials_done == 120


class Noting(Unlimited):
    """Admits as it is told, and notes what it was asked and told."""

    def __init__(self, decide: Callable[[Trial], Admission]) -> None:
        self._decide = decide
        self.admitted: list[str] = []
        self.open = 0
        self.most_open = 0
        self.calls: Counter[str] = Counter()

    def admit(self, trial: Trial) -> Admission:
        said = self._decide(trial)
        if said == "go":
            self.open += 1
            self.most_open = max(self.most_open, self.open)
            self.admitted.append(f"{trial.sample_id} {trial.replicate} {trial.cell.team_name}")
        return said

    def spent(self, trial: Trial, agent: Agent, answer: Answer) -> None:
        self.calls[trial.cell.team_name] += 1

    def ended(self, trial: Trial) -> None:
        self.open -= 1


def test_trials_that_are_not_admitted_are_counted_and_leave_the_others_whole(make_sweep: Make, play: Play) -> None:
    budget = Noting(lambda trial: "no" if trial.cell.team_name == "slow" and trial.sample_id > "q1" else "go")
    folder, tally = play(make_sweep(**TWO_TEAMS), budget=budget)
    assert (tally.trials, tally.trials_done, tally.trials_left_out, tally.stopped) == (80, 60, 20, False)
    assert budget.calls == {"slow": 40, "fast": 80}
    assert budget.open == 0
    lines = [len(list(folder.transcripts(cell.id))) for cell in folder.header.cells]
    assert sorted(lines) == [20, 40]
    _, again = play(make_sweep(**TWO_TEAMS))
    assert (again.trials_done, again.calls_asked) == (80, 40)


def test_trials_are_admitted_in_the_order_of_the_design_whichever_model_is_free(make_sweep: Make, play: Play) -> None:
    sweep = make_sweep(**TWO_TEAMS)
    models = offline_models(sweep)
    slow = models["slow"] = Hanging(models["slow"])
    budget = Noting(lambda trial: "go")

    def watch(tally: Tally) -> None:
        if tally.trials_done == 40:
            slow.let_go.set()

    play(sweep, models=models, concurrency=2, watch=watch, budget=budget)
    assert budget.admitted == sorted(budget.admitted, key=lambda trial: trial.split()[:2])
    assert len(budget.admitted) == 80


def test_a_trial_that_must_wait_begins_when_an_admitted_one_has_ended(make_sweep: Make, play: Play) -> None:
    budget = Noting(lambda trial: "go" if budget.open < 3 else "wait")
    _, tally = play(make_sweep(**TWO_TEAMS), budget=budget)
    assert tally.trials_done == 80
    assert budget.most_open == 3


def test_a_trial_that_waits_for_nothing_is_left_out_and_nothing_hangs(make_sweep: Make, play: Play) -> None:
    _, tally = play(make_sweep(**TWO_TEAMS), budget=Noting(lambda trial: "wait"))
    assert (tally.trials_done, tally.trials_left_out) == (0, 80)


def test_a_budget_that_refuses_a_call_breaks_off_its_trial_and_no_other(make_sweep: Make, play: Play) -> None:
    class Mean(Noting):
        def may_ask(self, trial: Trial, agent: Agent) -> bool:
            return agent.slot != "slow/-/1"

    budget = Mean(lambda trial: "go")
    _, tally = play(make_sweep(**TWO_TEAMS), budget=budget)
    assert (tally.trials_done, tally.trials_broken_off, tally.trials_left_out) == (40, 40, 0)
    assert (budget.open, tally.stopped) == (0, False)
    assert budget.calls["slow"] == 40


def test_a_stop_gives_back_all_that_was_admitted(make_sweep: Make, play: Play) -> None:
    sweep, stopper, budget = make_sweep(**TWO_TEAMS), Stopper(), Noting(lambda trial: "go")
    models = offline_models(sweep)
    slow = models["slow"] = Hanging(models["slow"])

    def watch(tally: Tally) -> None:
        if tally.trials_done == 20:
            stopper.request()
            slow.let_go.set()

    _, tally = play(sweep, models=models, concurrency=2, watch=watch, stopper=stopper, budget=budget)
    assert tally.stopped
    assert budget.open == 0
    assert tally.trials_done < 80


def test_a_stop_wakes_those_who_wait_for_the_budget(make_sweep: Make) -> None:
    async def stop_while_waiting() -> list[Any]:
        budget = Noting(lambda trial: "wait" if budget.open else "go")
        dispatcher = Dispatcher(make_sweep(**TWO_TEAMS), budget)
        group = next(iter(dispatcher.sizes))
        first = await dispatcher.next(group)
        waiting = [asyncio.create_task(dispatcher.next(group)) for _ in range(3)]
        await asyncio.sleep(0)
        dispatcher.stop()
        return [first is not None, *[await task for task in waiting]]

    assert asyncio.run(stop_while_waiting()) == [True, None, None, None]
