"""Turns with tools: they play, replay and cost what was said, in any order of arrival; agents are told of errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from agentscale.engine import tooling
from agentscale.engine.estimate import estimate
from agentscale.engine.pricing import quotes
from agentscale.engine.recollection import Recollection
from agentscale.engine.session import offline_models
from agentscale.engine.tally import Tally
from agentscale.engine.turns import LAST
from agentscale.errors import RecordingMiss, SpecError
from agentscale.experiment import Sweep, from_folder
from agentscale.schema.run import Event, Transcript
from agentscale.schema.tools import MOST_CALLS, ToolCall, with_calls
from agentscale.store import RunFolder
from agentscale.tools import sandbox
from tests.engine.test_every_protocol import assert_one_transcript
from tests.engine.test_runs import transcript_bytes

Make = Callable[..., Sweep]
Play = Callable[..., tuple[RunFolder, Tally]]

SUM = with_calls("", [ToolCall("calculator", {"expression": "2 + 3"})])
DIVERSE: dict[str, Any] = {
    "models": {
        "one": {"simulated": {"model": 0, "tool_rate": 0.7}},
        "two": {"simulated": {"model": 1, "tool_rate": 0.4}},
    },
    "tools": {"calculator": "calculator", "broken": {"function": "own.py:broken"}},
    "team": {"size": [1, 4], "layer": "L3", "tools": ["none", "calculator", ["calculator", "broken"]]},
    "protocol": ["vote", {"debate": {"rounds": 2}}],
    "topology": "ring",
    "sampling": {"max_tokens": 60},
}


@pytest.fixture
def make(make_sweep: Make, tmp_path: Any) -> Make:
    (tmp_path / "own.py").write_text(
        'def broken(text: str) -> str:\n    """Breaks."""\n    raise ValueError(f"no {text}")\n', "utf-8"
    )
    return make_sweep


def scripted(make: Make, *replies: str, **keys: Any) -> Sweep:
    """One agent with a calculator that says ``replies``, one a step."""
    return make(
        models={"one": {"scripted": {"replies": list(replies)}}},
        tools=["calculator"],
        team={"size": 1, "tools": "calculator"},
        **keys,
    )


def first(folder: RunFolder) -> Transcript:
    (cell,) = folder.header.cells
    return next(iter(folder.transcripts(cell.id)))


def told(folder: RunFolder) -> list[Event]:
    return [event for event in first(folder).events if event.role == "tool"]


def test_an_agent_is_asked_what_it_wants_used_is_used_and_it_is_asked_again(make: Make, play: Play) -> None:
    folder, tally = play(scripted(make, f"I add. {SUM}", "Final answer: {target}"))
    transcript = first(folder)
    assert [(event.role, event.text) for event in transcript.events] == [
        ("step", f"I add. {SUM}"),
        ("tool", "5"),
        ("agent", "Final answer: A"),
    ]
    assert (transcript.answer, transcript.correct) == ("A", True)
    assert (tally.tool_uses, tally.tool_errors, tally.calls_asked) == (4, 0, 8)


def test_every_step_and_every_use_is_recorded_by_its_step(make: Make, play: Play) -> None:
    folder, _ = play(scripted(make, SUM, SUM, "Final answer: {target}"))
    records = [record for record in folder.recording().records() if record.id.sample_id == "q0"]
    assert sorted((record.id.step, record.id.role) for record in records) == [
        (0, "agent"),
        (0, "tool"),
        (1, "agent"),
        (1, "tool"),
        (2, "agent"),
    ]
    last = max(records, key=lambda record: record.id.step)
    assert [(message.role, message.content) for message in last.request.messages[1:]] == [
        ("assistant", SUM),
        ("tool", "5"),
        ("assistant", SUM),
        ("tool", "5"),
    ]
    assert {record.key for record in records} == {event.key for event in first(folder).events}


def test_after_the_last_step_the_agent_is_told_so_and_may_still_answer(make: Make, play: Play) -> None:
    folder, tally = play(scripted(make, SUM, SUM, "Final answer: {target}", tool_steps=2))
    records = [record for record in folder.recording().records() if record.id.sample_id == "q0"]
    results = [message.content for message in max(records, key=lambda r: r.id.step).request.messages[2::2]]
    assert results == ["5", f"5\n\n{LAST}"]
    assert tally.missing == 0


def test_an_agent_that_never_answers_ends_without_an_answer(make: Make, play: Play) -> None:
    folder, tally = play(scripted(make, SUM, tool_steps=2))
    transcript = first(folder)
    assert (transcript.answer, transcript.events[-1].missing) == (None, "no_answer")
    assert transcript.events[-1].finish == "tool_calls"
    assert tally.calls_asked == 4 * 3 == tally.calls_at_most


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (ToolCall("calculater", {}), "error: there is no tool 'calculater'; allowed: calculator"),
        (ToolCall("calculator", {"expr": "1"}), "error: expression: Field required; expr: Extra inputs"),
        (ToolCall("calculator", "1 +"), "error: the arguments: Input should be"),
        (ToolCall("calculator", {"expression": "1 / 0"}), "error: ZeroDivisionError: division by zero"),
    ],
)
def test_what_goes_wrong_is_told_the_agent_and_counted(make: Make, play: Play, wanted: ToolCall, said: str) -> None:
    folder, tally = play(scripted(make, with_calls("", [wanted]), "Final answer: {target}"))
    (use,) = told(folder)
    assert use.text.startswith(said)
    assert use.error == use.text
    assert (tally.tool_uses, tally.tool_errors, tally.missing) == (4, 4, 0)


def test_a_block_that_is_no_json_is_told_the_agent(make: Make, play: Play) -> None:
    folder, _ = play(scripted(make, "<tool_call>calculator(1)</tool_call>", "Final answer: {target}"))
    assert told(folder)[0].text == "error: 'calculator(1)' is no use of a tool; allowed: calculator"


def test_uses_beyond_the_most_at_once_are_left_out_and_results_share_their_room(make: Make, play: Play) -> None:
    many = with_calls("", [ToolCall("calculator", {"expression": f"{n} + 7 ** 900"}) for n in range(MOST_CALLS + 2)])
    folder, _ = play(scripted(make, many, "Final answer: {target}"))
    assert len(told(folder)) == MOST_CALLS
    records = [record for record in folder.recording().records() if record.id.step == 1]
    results = [message.content for message in records[0].request.messages if message.role == "tool"]
    assert len(results) == MOST_CALLS
    assert sum(map(len, results)) < 4500
    assert results[-1].endswith("2 further uses were left out; allowed: 8 at once.")


def test_blocks_of_an_agent_without_tools_are_its_text(make: Make, play: Play) -> None:
    sweep = make(models={"one": {"scripted": {"replies": [f"{SUM} Final answer: {{target}}"]}}})
    folder, tally = play(sweep)
    assert (tally.tool_uses, tally.calls_asked) == (0, 4)
    assert first(folder).answer == "A"


def test_a_failure_ends_a_turn_as_data(make: Make, play: Play) -> None:
    sweep = make(
        models={"one": {"scripted": {"replies": ["x"], "fails": True}}},
        tools=["calculator"],
        team={"size": 1, "tools": "calculator"},
    )
    folder, _ = play(sweep)
    assert first(folder).events[0].missing == "error"


def test_calls_and_tokens_lie_within_the_bounds(make: Make, play: Play) -> None:
    sweep = make(independent=True, **DIVERSE)
    made = estimate(sweep, quotes(sweep, {}), Recollection(sweep, {}, None))
    _, tally = play(sweep)
    low, high = made.total.low, made.total.high
    assert low.calls < tally.calls_asked <= high.calls == tally.calls_at_most
    assert low.tokens_in <= tally.tokens_in <= high.tokens_in
    assert low.tokens_out <= tally.tokens_out <= high.tokens_out
    assert tally.tool_uses > tally.tool_errors > 0


def test_the_greatest_number_of_steps_meets_the_upper_bound_of_calls(make: Make, play: Play) -> None:
    sweep = scripted(make, SUM, sampling={"max_tokens": 60}, protocol={"debate": {"rounds": 1}})
    made = estimate(sweep, quotes(sweep, {}), Recollection(sweep, {}, None))
    _, tally = play(sweep)
    assert tally.calls_asked == made.total.high.calls
    assert tally.tokens_in <= made.total.high.tokens_in


def test_twenty_orders_of_arrival_and_replays_give_one_transcript(make: Make, play: Play) -> None:
    assert_one_transcript(make(**{**DIVERSE, "task": {"name": "./capitals", "limit": 2}}), play)


def test_a_replay_uses_no_tool_and_needs_none(make: Make, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded, _ = play(make(**DIVERSE), "recorded")
    monkeypatch.setattr(tooling, "_answered", lambda usable, request: pytest.fail("a tool was used"))
    replayed, _ = play(from_folder(recorded), "replayed", mode="replay", recorded=recorded)
    assert transcript_bytes(replayed) == transcript_bytes(recorded)


def test_a_use_that_was_never_recorded_is_a_miss(make: Make, play: Play) -> None:
    recorded, _ = play(make(**DIVERSE), "recorded")
    changed = json.loads(json.dumps(DIVERSE))
    changed["tools"]["calculator"] = {"calculator": {}, "description": "Adds."}
    with pytest.raises(RecordingMiss):
        play(make(**changed), "replayed", mode="replay", recorded=recorded)


def test_a_resumed_run_asks_and_uses_nothing_again(make: Make, play: Play) -> None:
    sweep = make(**DIVERSE)
    _, tally = play(sweep)
    _, again = play(sweep)
    assert tally.calls_asked > 0
    assert (again.calls_asked, again.tool_uses) == (0, tally.tool_uses)


def test_what_is_recorded_is_not_estimated_again(make: Make, play: Play) -> None:
    sweep = make(**DIVERSE)
    folder, _ = play(sweep)
    made = estimate(sweep, quotes(sweep, {}), Recollection(sweep, offline_models(sweep), folder.recording()))
    assert made.total.high.calls == 0


@pytest.mark.parametrize("cap", [{"calls": 25}, {"calls": 25, "cell": {"calls": 20}}, {"agent": {"calls": 12}}])
def test_budgets_hold(make: Make, play: Play, cap: dict[str, Any]) -> None:
    folder, tally = play(make(**DIVERSE, budget=cap))
    assert tally.calls_asked <= cap.get("calls", 1000)
    for cell in filter(lambda cell: folder.has_transcripts(cell.id), folder.header.cells):
        keys = {e.key for t in folder.transcripts(cell.id) for e in t.events if e.role != "tool"}
        assert len(keys) <= cap.get("cell", {}).get("calls", 1000)
    asked = [record.id.slot for record in folder.recording().records() if record.id.role != "tool"]
    config_ids = {slot.rpartition("/")[0] for slot in asked}
    most = cap.get("agent", {}).get("calls", 1000)
    assert all(sum(slot.startswith(f"{config}/") for slot in asked) <= most for config in config_ids)
    assert tally.caps_reached


def test_what_tools_were_used_for_is_not_charged_to_a_resumed_run(make: Make, play: Play) -> None:
    sweep = make(**DIVERSE)
    _, tally = play(sweep)
    resumed = make(**DIVERSE, budget={"calls": tally.calls_asked, "usd": 1})
    _, again = play(resumed, quotes=quotes(resumed, {}))
    assert again.caps_reached == []
    assert again.trials_done == again.trials


def test_a_simulated_agent_says_in_the_end_what_it_would_have_said_at_once(make: Make, play: Play) -> None:
    said = []
    for rate in (0.0, 1.0):
        models = {"one": {"simulated": {"model": 0, "tool_rate": rate}}}
        team = {"size": 2, "tools": "calculator"}
        sweep = make(models=models, tools=["calculator"], team=team, protocol={"debate": {"rounds": 1}})
        folder, tally = play(sweep, f"rate-{rate}")
        assert tally.tool_uses == rate * 4 * 2 * 2
        events = [event for transcript in folder.transcripts(folder.header.cells[0].id) for event in transcript.events]
        said.append([event.text for event in events if event.role == "agent"])
    assert said[0] == said[1]


def test_python_is_refused_where_it_cannot_be_isolated_before_anything_is_asked(
    make: Make, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "refusal", lambda: "no namespaces here")
    sweep = make(tools=["python", "calculator"], team={"size": 1, "tools": "python"})
    with pytest.raises(SpecError, match=r"experiment\.yaml:\d+: tools\.python: .*none would run\n  no namespaces here"):
        play(sweep)
    unused = make(tools=["python", "calculator"], team={"size": 1, "tools": "calculator"})
    _, tally = play(unused, "unused")
    assert tally.trials_done == 8


def test_a_program_runs_and_its_result_replays(make: Make, play: Play) -> None:
    if (reason := sandbox.refusal()) is not None:
        pytest.skip(reason)
    wanted = with_calls("", [ToolCall("python", {"code": "print(6 * 7)"})])
    sweep = make(
        models={"one": {"scripted": {"replies": [wanted, "Final answer: {target}"]}}},
        tools={"python": {"python": {"seconds": 20}}},
        team={"size": 1, "tools": "python"},
        task={"name": "./capitals", "limit": 1},
    )
    recorded, _ = play(sweep, "recorded")
    assert told(recorded)[0].text == "42\n"
    replayed, _ = play(from_folder(recorded), "replayed", mode="replay", recorded=recorded)
    assert transcript_bytes(replayed) == transcript_bytes(recorded)
