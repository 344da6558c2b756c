"""Answers that take a check: made once, recorded, found again without any, and told to nobody who plays."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentscale import experiment
from agentscale.engine import checking
from agentscale.engine.rechecking import Rechecker
from agentscale.errors import SpecError
from agentscale.experiment import Sweep
from agentscale.recording import Recording
from agentscale.scoring.checks import Checked

HEAD = {"description": "A task for tests.", "version": "1", "licence": "MIT", "source": "here"}
MATHS: dict[str, Any] = {"kind": "math", "extract": ["boxed", "mark"], "instruction": "End with \\boxed{}."}
CODES: dict[str, Any] = {"kind": "code", "extract": ["code_block"], "instruction": "Write Python."}
TRIED = {"hidden": [{"check": "assert f(2) == 3"}], "visible": [{"call": "f(1)"}]}


@pytest.fixture
def sweep_of(tmp_path: Path) -> Callable[..., Sweep]:
    def make(head: dict[str, Any], sample: dict[str, Any], replies: list[str], **keys: Any) -> Sweep:
        home = tmp_path / "asked"
        home.mkdir(exist_ok=True)
        (home / "task.yaml").write_text(yaml.safe_dump({"name": "asked", **HEAD, **head}))
        (home / "samples.jsonl").write_text(json.dumps({"id": "q", "input": "?", **sample}) + "\n")
        spec = {"models": {"m": {"scripted": {"replies": replies}}}, "task": "./asked", "team": {"size": len(replies)}}
        path = tmp_path / "experiment.yaml"
        path.write_text(yaml.safe_dump({**spec, "embedder": "lexical", **keys}))
        return experiment.load(path)

    return make


class Told:
    """Stands for the processes that check, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def maths(self, answer: str, target: str) -> Checked:
        self.asked.append(answer)
        if "9^9" in answer:
            return Checked(answer, None, "limit: time")
        return Checked("sqrt(2)/2" if "sqrt" in answer else answer, "sqrt" in answer)

    def programs(self, program: str, tests: str) -> Checked:
        self.asked.append(program)
        return Checked("2", "+ 1" in program, "" if "+ 1" in program else "case 1 of 1: raised AssertionError")


@pytest.fixture
def told(monkeypatch) -> Told:
    made = Told()
    works = {"math": made.maths, "code": made.programs}
    monkeypatch.setattr(checking, "checker", lambda kind: checking.Checker(kind, works[kind], 2))
    return made


SPELT = ["Final answer: $1/\\sqrt{2}$", "\\boxed{\\frac{1}{\\sqrt 2}}", "\\boxed{9^9}", "\\boxed{3}", "\\boxed{}"]


def test_answers_that_mean_the_same_have_one_vote_and_are_checked_once(sweep_of, play, told: Told) -> None:
    sweep = sweep_of(MATHS, {"target": "\\frac{\\sqrt{2}}{2}"}, SPELT, replicates=3)
    folder, tally = play(sweep)
    (cell,) = sweep.header.cells
    trial, *others = folder.transcripts(cell.id)
    assert [event.answer for event in trial.events] == ["sqrt(2)/2", "sqrt(2)/2", None, "3", None]
    assert [event.missing for event in trial.events] == [None, None, "unchecked", None, "no_answer"]
    assert [event.correct for event in trial.events] == [True, True, None, False, None]
    assert trial.events[2].check == "limit: time"
    assert (trial.answer, trial.correct, trial.score) == ("sqrt(2)/2", True, 1.0)
    assert len(others) == 2
    assert sorted(told.asked) == sorted(set(told.asked)) == sorted(["1/\\sqrt{2}", "\\frac{1}{\\sqrt 2}", "9^9", "3"])
    assert tally.calls_asked == 15


def test_a_replay_makes_no_check_and_gives_the_same_bytes(sweep_of, play, told: Told, tmp_path: Path) -> None:
    sweep = sweep_of(MATHS, {"target": "\\frac{\\sqrt{2}}{2}"}, SPELT)
    recorded, _ = play(sweep)
    told.asked.clear()
    replayed, _ = play(sweep, "again", recorded=recorded, mode="replay")
    cell = sweep.header.cells[0].id
    assert told.asked == []
    assert list(replayed.transcripts(cell)) == list(recorded.transcripts(cell))
    resumed, tally = play(sweep)
    assert (told.asked, tally.calls_asked) == ([], 0)
    assert list(resumed.transcripts(cell)) == list(recorded.transcripts(cell))


def test_a_check_costs_nothing_and_is_no_call_of_the_budget(sweep_of, play, told: Told) -> None:
    sweep = sweep_of(MATHS, {"target": "\\frac{\\sqrt{2}}{2}"}, SPELT, budget={"calls": 5})
    folder, tally = play(sweep)
    assert (tally.calls_asked, tally.trials_done, tally.caps_reached) == (5, 1, [])
    with folder.recording(write=False) as recording:
        assert isinstance(recording, Recording)
        assert sum(record.id.role == "check" for record in recording.records()) == 4


def test_programs_vote_by_what_they_do_and_peers_are_shown_the_program(sweep_of, play, told: Told) -> None:
    right, wrong = "```python\nf = lambda x: x + 1\n```", "```python\nf = lambda x: 2\n```"
    sample = {"target": "f = lambda x: x + 1", "tests": TRIED}
    sweep = sweep_of(CODES, sample, [right, wrong], protocol={"debate": {"rounds": 1, "see": "answer"}})
    folder, _ = play(sweep)
    trial = next(folder.transcripts(sweep.header.cells[0].id))
    assert [event.answer for event in trial.events] == ["2"] * 4
    assert [event.correct for event in trial.events[:2]] == [True, False]
    assert trial.events[1].check == "case 1 of 1: raised AssertionError"
    assert trial.tied is False
    with folder.recording(write=False) as recording:
        asked = [record.request.messages[-1].content for record in recording.records() if record.id.round == 1]
    assert any("Final answer: f = lambda x: x + 1" in text for text in asked)
    assert not any("assert f(2)" in text for text in asked)


def test_another_reader_takes_recorded_checks_and_makes_only_those_it_lacks(sweep_of, play, told: Told) -> None:
    sweep = sweep_of(MATHS, {"target": "\\frac{\\sqrt{2}}{2}"}, [*SPELT[:4], "so $\\sqrt{2}/2$"])
    folder, _ = play(sweep)
    told.asked.clear()
    cell, question = sweep.header.cells[0].id, next(iter(sweep.questions.values()))
    with folder.recording(write=False) as recording:
        tell = Rechecker(sweep.header, recording).of(cell, question)
        assert tell is not None
        assert tell("\\frac{1}{\\sqrt 2}") == Checked("sqrt(2)/2", True)
        assert told.asked == []
        assert tell("\\sqrt{2}/2") == Checked("sqrt(2)/2", True)
    assert told.asked == ["\\sqrt{2}/2"]


TEXTS: dict[str, Any] = {"kind": "text", "extract": ["mark", "whole_text"], "instruction": "End with Final answer:"}
SAID = [
    "Final answer: **Paris**",
    "Final answer: The city of light",
    "Final answer: Paris (France)",
    "Final answer: Lyon",
]
CAPITAL = {"target": "Paris", "aliases": ["City of Light"]}


def judging(verdict: str) -> dict[str, Any]:
    return {
        "models": {"m": {"scripted": {"replies": SAID}}, "j": {"scripted": {"replies": [verdict]}}},
        "team": {"size": 4, "models": ["m"]},
        "task": {"name": "./asked", "judge": "j"},
    }


def test_a_text_is_right_that_reads_like_the_target_or_an_alias(sweep_of, play) -> None:
    sweep = sweep_of(TEXTS, CAPITAL, SAID)
    folder, _ = play(sweep)
    trial = next(folder.transcripts(sweep.header.cells[0].id))
    assert [event.answer for event in trial.events] == ["paris", "city of light", "paris (france", "lyon"]
    assert [event.correct for event in trial.events] == [True, True, False, False]


def test_a_judge_is_asked_of_what_does_not_read_like_the_target_and_paid_for_it(sweep_of, play) -> None:
    sweep = sweep_of(TEXTS, CAPITAL, SAID, replicates=2, **judging("It does.\nVerdict: correct"))
    folder, tally = play(sweep)
    trials = list(folder.transcripts(sweep.header.cells[0].id))
    graded = [event for event in trials[0].events if event.role == "grader"]
    assert [event.slot for event in graded] == ["j/-@scorer/0"] * 2
    assert [event.correct for event in trials[0].events if event.role == "agent"] == [True] * 4
    assert tally.calls_asked == 2 * 4 + 2  # both replicates say the same, which is judged once
    assert tally.calls_at_most == 16
    with folder.recording(write=False) as recording:
        asked = [each.request.messages[0].content for each in recording.records() if each.id.role == "grader"]
    assert all("Right answer:\nParis\n" in text for text in asked)
    assert sum("> Lyon\n" in text for text in asked) == 1
    replayed, _ = play(sweep, "again", recorded=folder, mode="replay")
    assert list(replayed.transcripts(sweep.header.cells[0].id)) == trials


@pytest.mark.parametrize(("verdict", "right"), [("Verdict: incorrect", False), ("I cannot tell.", None)])
def test_a_judge_that_gives_no_verdict_leaves_an_answer_unchecked(sweep_of, play, verdict: str, right) -> None:
    sweep = sweep_of(TEXTS, CAPITAL, SAID, **judging(verdict))
    folder, _ = play(sweep)
    lyon = next(folder.transcripts(sweep.header.cells[0].id)).events[-1]
    assert (lyon.correct, lyon.missing) == (right, "unchecked" if right is None else None)


def test_a_judge_within_a_budget_is_expected_beforehand(sweep_of, play) -> None:
    sweep = sweep_of(TEXTS, CAPITAL, SAID, budget={"calls": 7}, **judging("Verdict: correct"))
    _, tally = play(sweep)
    assert (tally.calls_asked, tally.trials_left_out) == (0, 1)


def test_a_judge_of_letters_is_refused(sweep_of) -> None:
    choice = {"kind": "choice", "extract": ["mark"], "instruction": "End."}
    with pytest.raises(SpecError, match=r"task.judge: the task 'asked' wants a choice, which needs no judge"):
        sweep_of(choice, {"choices": ["a", "b"], "target": "A"}, SAID, **judging("Verdict: correct"))
    with pytest.raises(SpecError, match=r"task.judge.model: unknown model 'k'"):
        sweep_of(TEXTS, CAPITAL, SAID, **{**judging(""), "task": {"name": "./asked", "judge": "k"}})


def test_where_nothing_can_be_checked_a_run_is_refused_before_anything_is_asked(sweep_of, play, monkeypatch) -> None:
    monkeypatch.setattr(checking.mathematics, "refusal", lambda: "pip install 'agentscale[math]'")
    with pytest.raises(SpecError, match=r"extra math\n  pip install 'agentscale\[math\]'"):
        play(sweep_of(MATHS, {"target": "1/2"}, SPELT))
    monkeypatch.setattr(checking.sandbox, "refusal", lambda: "allow namespaces")
    sample = {"target": "f = lambda x: x + 1", "tests": TRIED}
    with pytest.raises(SpecError, match=r"cannot be isolated on this machine, so none would be scored\n  allow names"):
        play(sweep_of(CODES, sample, ["```python\nf = 1\n```"]))
