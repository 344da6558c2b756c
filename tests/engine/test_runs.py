"""Runs: exact on replay, at any concurrency and arrival order; shared calls; resumed and stopped runs."""

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from agentscale.engine import run
from agentscale.engine.run import Stopper
from agentscale.engine.session import offline_models
from agentscale.engine.tally import Tally
from agentscale.errors import RecordingMiss
from agentscale.experiment import Sweep, from_folder
from agentscale.models.base import Answered, Model
from agentscale.randomness import keyed
from agentscale.schema.calls import CallId, ChatRequest
from agentscale.store import RunFolder

Make = Callable[..., Sweep]
Play = Callable[..., tuple[RunFolder, Tally]]
SWEEP: dict[str, Any] = {
    "team": {"size": [1, 2, 4], "layer": ["L1", "L3", "L4"]},
    "protocol": ["vote", {"debate": {"rounds": 2}}],
    "topology": ["complete", "ring"],
}


def transcript_bytes(folder: RunFolder) -> dict[str, bytes]:
    """The transcript files of a run, by name."""
    return {path.name: path.read_bytes() for path in sorted((folder.path / "transcripts").iterdir())}


class Shuffled:
    """A model whose answers arrive in an order of their own."""

    def __init__(self, model: Model, seed: int) -> None:
        self._model = model
        self._seed = seed
        self.identity = model.identity

    async def complete(self, request: ChatRequest, call: CallId) -> Answered:
        for _ in range(int(keyed(self._seed, call.key).integers(0, 12))):
            await asyncio.sleep(0)
        return await self._model.complete(request, call)

    async def aclose(self) -> None:
        await self._model.aclose()


def shuffled(sweep: Sweep, seed: int) -> dict[str, Model]:
    return {name: Shuffled(model, seed) for name, model in offline_models(sweep).items()}


@pytest.mark.parametrize("seed", range(6))
def test_no_order_of_arrival_and_no_concurrency_changes_a_byte(make_sweep: Make, play: Play, seed: int) -> None:
    sweep = make_sweep(**SWEEP)
    plain, _ = play(sweep, "plain", concurrency=1)
    other, _ = play(sweep, "shuffled", shuffled(sweep, seed), concurrency=(1, 2, 3, 7, 64, 500)[seed])
    assert transcript_bytes(other) == transcript_bytes(plain)


@pytest.mark.parametrize("concurrency", [1, 64])
def test_a_replay_gives_the_same_bytes_from_the_folder_alone(make_sweep: Make, play: Play, concurrency: int) -> None:
    recorded, tally = play(make_sweep(**SWEEP), "recorded")
    again = from_folder(RunFolder.open(recorded.path))
    replayed, silent = play(again, "replayed", mode="replay", recorded=recorded, concurrency=concurrency)
    assert transcript_bytes(replayed) == transcript_bytes(recorded)
    assert tally.calls_asked > 0
    assert silent.calls_asked == 0


def test_live_record_replay_and_resume_give_sixteen_equal_agents_the_same_sixteen_draws(
    make_sweep: Make, play: Play
) -> None:
    keys = {"models": {"one": {"simulated": {"model": 0, "world": {"fresh": 1.0, "fidelity_right": 0.5}}}}}
    sweep = make_sweep(**keys, team={"size": 16, "layer": "L1"})
    recorded, tally = play(sweep, "recorded")
    live, _ = play(sweep, "live", mode="live")
    replayed, _ = play(sweep, "replayed", mode="replay", recorded=recorded)
    resumed, none = play(sweep, "recorded")
    assert tally.calls_asked == 16 * 4
    assert none.calls_asked == 0
    for folder in (live, replayed, resumed):
        assert transcript_bytes(folder) == transcript_bytes(recorded)
    for transcript in recorded.transcripts(sweep.header.cells[0].id):
        assert len({event.key for event in transcript.events}) == 16
        assert len({event.text for event in transcript.events}) > 1


def test_a_team_of_sixteen_recorded_once_gives_every_smaller_teams_vote_without_a_call(
    make_sweep: Make, play: Play
) -> None:
    for layer in ("L1", "L2", "L3", "L4"):
        play(make_sweep(team={"size": 16, "layer": layer}), f"recorded-{layer}")
    recorded = RunFolder.open(play(make_sweep(team={"size": 16, "layer": "L4"}), "recorded-L4")[0].path)
    smaller = make_sweep(team={"size": list(range(1, 17)), "layer": "L4"})
    _, tally = play(smaller, "smaller", mode="replay", recorded=recorded)
    assert tally.calls_asked == 0
    assert tally.trials_done == 16 * 4


def test_a_sweep_asks_only_for_the_union_of_its_votes(make_sweep: Make, play: Play) -> None:
    _, tally = play(make_sweep(team={"size": [1, 2, 4, 8, 16], "layer": "L1", "models": ["one"]}))
    assert tally.calls_asked == 16 * 4


def test_independent_cells_share_no_call(make_sweep: Make, play: Play) -> None:
    keys = {"team": {"size": [1, 2, 4], "layer": "L1", "models": ["one"]}}
    _, shared = play(make_sweep(**keys), "shared")
    _, own = play(make_sweep(**keys, independent=True), "own")
    assert (shared.calls_asked, own.calls_asked) == (4 * 4, (1 + 2 + 4) * 4)


def test_a_vote_and_a_debate_share_the_first_round(make_sweep: Make, play: Play) -> None:
    keys = {"team": {"size": 4, "layer": "L1", "models": ["one"]}}
    _, both = play(make_sweep(**keys, protocol=["vote", {"debate": {"rounds": 1}}]), "both")
    _, debate = play(make_sweep(**keys, protocol={"debate": {"rounds": 1}}), "debate")
    assert both.calls_asked == debate.calls_asked == 2 * 4 * 4


def test_one_trial_alone_is_the_same_trial_as_among_all(make_sweep: Make, play: Play) -> None:
    every, _ = play(make_sweep(**SWEEP), "every")
    alone, _ = play(make_sweep(team={"size": 2, "layer": "L3"}, protocol={"debate": {"rounds": 2}}), "alone")
    (name,) = transcript_bytes(alone)
    assert any(line for line in transcript_bytes(alone)[name].splitlines())
    same = {k: v for k, v in transcript_bytes(every).items() if "debate" in k and "complete" in k and "L3" in k}
    texts = [
        [e.text for t in folder.transcripts(cell) for e in t.events]
        for folder, cell in (
            (alone, name.removesuffix(".jsonl")),
            (every, next(key for key in same if key.endswith("n2.jsonl")).removesuffix(".jsonl")),
        )
    ]
    assert texts[0] == texts[1]


def test_a_replay_of_what_was_never_recorded_raises_and_asks_nothing(make_sweep: Make, play: Play) -> None:
    recorded, _ = play(make_sweep(team={"size": 2, "layer": "L1"}), "recorded")
    with pytest.raises(RecordingMiss, match="the recording holds no call of 'one/-/2'"):
        play(make_sweep(team={"size": 4, "layer": "L1", "models": ["one"]}), "x", mode="replay", recorded=recorded)


def test_a_stopped_run_keeps_what_is_done_and_resumes_to_the_same_bytes(make_sweep: Make, play: Play) -> None:
    sweep = make_sweep(**SWEEP)
    whole, all_calls = play(sweep, "whole")
    stopper = Stopper()

    def watch(tally: Tally) -> None:
        if tally.calls_asked == 25:
            stopper.request()

    stopped, first = play(sweep, "stopped", shuffled(sweep, 1), watch=watch, stopper=stopper, concurrency=4)
    assert first.stopped
    assert 25 <= first.calls_asked < all_calls.calls_asked
    kept = len(stopped.recording())
    assert kept == first.calls_asked
    resumed, second = play(sweep, "stopped")
    assert second.calls_asked == all_calls.calls_asked - first.calls_asked
    assert transcript_bytes(resumed) == transcript_bytes(whole)


def test_a_run_that_is_stopped_before_it_begins_asks_nothing(make_sweep: Make, play: Play) -> None:
    stopper = Stopper()
    stopper.request()  # as while servers are launched
    _, tally = play(make_sweep(**SWEEP), stopper=stopper)
    assert (tally.calls_asked, tally.trials_done, tally.stopped) == (0, 0, True)


def test_errored_is_not_done_a_resumed_run_asks_failed_calls_again(make_sweep: Make, play: Play) -> None:
    broken = make_sweep(models={"one": {"scripted": {"replies": ["Final answer: A"], "fails": True}}})
    _, failed = play(broken)
    assert failed.calls_failed == failed.calls_asked == 4
    assert failed.failures == {"one: scripted": 4}
    assert failed.first_words.keys() == failed.failures.keys()
    assert failed.missing == 4
    (model,) = offline_models(broken).values()
    mended = make_sweep(models={"one": {"scripted": {"replies": ["Final answer: A"]}}})
    (works,) = offline_models(mended).values()
    works.identity = model.identity  # the same model, in better health
    _, again = play(broken, models={"one": works})
    assert (again.calls_asked, again.calls_failed, again.missing) == (4, 0, 0)


def test_a_defect_of_a_model_ends_the_run_with_that_defect(make_sweep: Make, play: Play) -> None:
    class Defect:
        identity: dict[str, Any] = {}

        async def complete(self, request: ChatRequest, call: CallId) -> Answered:
            raise ZeroDivisionError("a defect of the model's code")

        async def aclose(self) -> None:
            """Holds nothing."""

    with pytest.raises(ZeroDivisionError):
        play(make_sweep(), models={"one": Defect(), "two": Defect()})


def test_whoever_watches_is_told_also_while_no_call_ends(
    make_sweep: Make, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "BEAT_S", 0.01)
    seen: list[int] = []
    told = asyncio.Event()

    class Pausing(Shuffled):
        async def complete(self, request: ChatRequest, call: CallId) -> Answered:
            await told.wait()
            return await super().complete(request, call)

    def watch(tally: Tally) -> None:
        seen.append(tally.calls_asked)
        told.set()

    sweep = make_sweep()
    models = {name: Pausing(model, 1) for name, model in offline_models(sweep).items()}
    _, tally = play(sweep, models=models, watch=watch)
    assert seen[0] == 0
    assert tally.trials_done == tally.trials


def test_the_tally_counts_calls_trials_and_tokens(make_sweep: Make, play: Play) -> None:
    seen: list[Tally] = []
    _, tally = play(
        make_sweep(team={"size": 2, "layer": "L3"}), watch=lambda each: seen.append(dataclasses.replace(each))
    )
    assert (tally.trials, tally.trials_done, tally.calls_asked) == (4, 4, 8)
    assert tally.tokens_in > 0
    assert tally.tokens_out > 0
    assert not tally.stopped
    assert [each.calls_asked for each in seen] == sorted(each.calls_asked for each in seen)
