"""Logs of other tools become runs whose numbers do not depend on how the log was written down."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentscale import api
from agentscale.errors import SpecError, StoreError
from agentscale.randomness import keyed

AGENTS = [f"arc_9__{model}__{persona}__Agent" for model, persona in (("qwen", "None"), ("llama", "None"))]


def _round(letters: list[str], truth: str, size: int) -> dict[str, Any]:
    names = [f"{AGENTS[at % 2]}{at + 1}" for at in range(size)]
    said = {
        name: f"I think so. {{final answer: ({letter})}}" if letter else "?"
        for name, letter in zip(names, letters, strict=True)
    }
    final = [f"({letter})" if letter else "" for letter in letters]
    return {
        "responses": said,
        "final_answers": final,
        "final_answer_iscorr": [each == f"({truth})" for each in final],
        "debate_answer": final[0],
        "debate_answer_iscorr": final[0] == f"({truth})",
        "answer": f"({truth})",
        "persona_configs": ["None"] * size,
    }


def _history(path: Path, size: int = 12, rounds: int = 1, n: int = 12) -> Path:
    """A history of ``n`` questions in which agent k is right on the questions that k divides, E being the truth."""
    rows = []
    for question in range(1, n + 1):
        right = [question % (at + 1) == 0 for at in range(size)]
        letters = ["E" if yes else "ABC"[at % 3] for at, yes in enumerate(right)]
        letters[-1] = "" if question == 1 else letters[-1]
        rows.append({str(at): _round(letters, "E", size) for at in range(rounds + 1)})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def _shuffled(source: Path, target: Path) -> Path:
    """The same history with its lines, and the agents within them, in another order."""
    rng = keyed(5, "shuffle")
    rows = [json.loads(line) for line in source.read_text("utf-8").splitlines()]
    for row in rows:
        for part in row.values():
            said = list(part["responses"].items())
            part["responses"] = dict(said[at] for at in rng.permutation(len(said)))
    rows = [rows[at] for at in rng.permutation(len(rows))]
    target.parent.mkdir()
    target.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return target


def _rows(run: api.Run, *tables: str) -> list[dict[str, Any]]:
    return [row for table in tables for row in run.rows(table)]


def test_a_shuffled_history_gives_the_same_numbers(tmp_path: Path) -> None:
    log = _history(tmp_path / "arc_debate_9__MIXED2_N=12_R=1.jsonl")
    one = api.import_run(log, out=tmp_path / "one", name="x", embedder="lexical").run
    again = _shuffled(log, tmp_path / "again" / log.name)
    two = api.import_run(again, out=tmp_path / "two", name="x", embedder="lexical").run
    tables = ("cells", "agents", "rounds", "agreement", "questions", "contributions")
    assert repr(_rows(one, *tables)) == repr(_rows(two, *tables))  # nan is not equal to itself


def test_answers_are_joined_by_the_agents_number_so_that_agent_10_is_not_agent_2(tmp_path: Path) -> None:
    log = _history(tmp_path / "arc_vote_9__MIXED2_N=12_R=0.jsonl", rounds=0)
    run = api.import_run(log, out=tmp_path / "run", embedder="lexical").run
    by_place = {agent.slot: at for at, agent in enumerate(run.header.cells[0].team.agents)}
    for transcript in run.transcripts():
        for event in transcript.events:
            wanted = event.text.partition("(")[2][:1] or None
            assert event.answer == wanted
            assert (event.correct is True) == (wanted == "E")
            assert 0 <= by_place[event.slot] < 12
    assert {transcript.events[-1].missing for transcript in run.transcripts()} == {None, "no_answer"}


def test_options_go_as_far_as_the_letters_and_the_log_is_said_not_to_tell_them(tmp_path: Path) -> None:
    log = _history(tmp_path / "arc_vote_9__MIXED2_N=4_R=0.jsonl", size=4, rounds=0)
    made = api.import_run(log, out=tmp_path / "run", embedder="lexical")
    (question, *_) = made.run.folder.questions().values()
    assert question.choices == ("A", "B", "C", "D", "E")
    assert any("the 5 letters" in warning for warning in made.warnings)


def test_numeric_truths_are_read_by_value(tmp_path: Path) -> None:
    row = {"0": _round(["A", "B"], "A", 2)}
    row["0"] |= {"answer": 1234.0, "final_answers": [1234.0, ""]}
    log = tmp_path / "gsm8k_vote_9__MIXED2_N=2_R=0.jsonl"
    log.write_text(json.dumps(row) + "\n", "utf-8")
    run = api.import_run(log, out=tmp_path / "run", embedder="lexical").run
    (transcript,) = run.transcripts()
    assert [event.correct for event in transcript.events] == [True, None]
    assert transcript.answer == "1234"


def test_a_centralised_history_has_the_answer_of_its_hub(tmp_path: Path) -> None:
    rows = [{"0": _round(["A", "E", "E"], "E", 3), "1": _round(["E", "A", "A"], "E", 3)}]
    for part in rows[0].values():
        part["final_answers"] = part["final_answers"][:1]
    log = tmp_path / "arc_debate_9__MIXED2_N=3_R=1_CENTRAL.jsonl"
    log.write_text(json.dumps(rows[0]) + "\n", "utf-8")
    run = api.import_run(log, out=tmp_path / "run", embedder="lexical").run
    (transcript,) = run.transcripts()
    assert transcript.answer == "E"
    assert [event.answer for event in transcript.events] == ["A", "E", "E", "E", "A", "A"]
    assert set(run.header.cells[0].edges) == {(0, 1), (0, 2), (1, 0), (2, 0)}


def test_several_teams_of_a_data_set_are_paired_and_make_one_curve(tmp_path: Path) -> None:
    logs = [_history(tmp_path / f"arc_vote_9__MIXED2_N={n}_R=0.jsonl", size=n, rounds=0) for n in (2, 4)]
    made = api.import_run(logs, out=tmp_path / "run", name="both", embedder="lexical")
    assert [row["size"] for row in made.run.rows("curves")] == [2, 4]
    assert len(made.run.folder.questions()) == 12
    assert any("paired line by line" in warning for warning in made.warnings)


def test_teams_that_were_asked_other_questions_are_refused_with_the_line(tmp_path: Path) -> None:
    one = _history(tmp_path / "arc_vote_9__MIXED2_N=2_R=0.jsonl", size=2, rounds=0)
    two = _history(tmp_path / "arc_vote_9__MIXED2_N=4_R=0.jsonl", size=4, rounds=0, n=11)
    with pytest.raises(SpecError, match=r"N=4_R=0\.jsonl:12: .*differ in the questions"):
        api.import_run([one, two], out=tmp_path / "run", name="both")
    assert not (tmp_path / "run").exists()


def test_the_shared_history_has_the_accuracy_that_its_own_rows_have(tmp_path: Path, shared_data: Path) -> None:
    (log,) = (shared_data / "saferl").glob("*.jsonl")
    rows = [json.loads(line)["0"] for line in log.read_text("utf-8").splitlines()]
    run = api.import_run(log, out=tmp_path / "run", embedder="lexical").run
    theirs = [list(row["final_answer_iscorr"]) for row in rows]
    by_agent = [sum(column) / len(rows) for column in zip(*theirs, strict=True)]
    assert [row["accuracy"] for row in run.rows("agents")] == pytest.approx(by_agent)


# -- tables -----------------------------------------------------------------------------------------------------------

TABLE = [
    {"question": "q1", "agent": "b", "answer": "B", "truth": "A"},
    {"question": "q1", "agent": "a", "answer": "(a)", "truth": "A"},
    {"question": "q2", "agent": "a", "answer": "", "truth": "B"},
    {"question": "q2", "agent": "b", "answer": "b", "truth": "B"},
]


def _table(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_table_of_answers_is_a_run(tmp_path: Path) -> None:
    run = api.import_run(_table(tmp_path / "log.csv", TABLE), out=tmp_path / "run", embedder="lexical").run
    first, second = run.transcripts()
    assert [event.answer for event in first.events] == ["A", "B"]
    assert [event.missing for event in second.events] == ["no_answer", None]
    assert (first.tied, second.correct) == (True, True)


def test_an_agent_without_a_row_is_missing_and_counted(tmp_path: Path) -> None:
    made = api.import_run(_table(tmp_path / "log.csv", TABLE[:3]), out=tmp_path / "run", embedder="lexical")
    (*_, last) = made.run.transcripts()
    assert [event.missing for event in last.events] == ["no_answer", "error"]
    assert any("1 answers have no row" in warning for warning in made.warnings)


def test_texts_are_read_where_the_table_has_no_answers(tmp_path: Path) -> None:
    rows = [{**row, "text": f"Final answer: {row['answer']}"} for row in TABLE]
    log = _table(
        tmp_path / "log.csv", [{key: row[key] for key in ("question", "agent", "truth", "text")} for row in rows]
    )
    run = api.import_run(log, out=tmp_path / "run", embedder="lexical").run
    assert [event.answer for each in run.transcripts() for event in each.events] == ["A", "B", None, "B"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: [{**row, "truth": "Z9x"} for row in rows], r"2: truth: .*'Z9x' is neither a letter nor a number"),
        (lambda rows: [{**rows[0], "truth": "C"}, *rows[1:]], r"question 'q1' has two truths"),
        (lambda rows: [*rows, rows[0]], r"6: agent 'b' answers question 'q1' twice"),
        (lambda rows: [{**row, "round": "-1"} for row in rows], r"2: round: got '-1'"),
        (lambda rows: [{**row, "choices": "yes|no"} for row in rows], r"2: choices: got 'yes\|no'"),
        (lambda rows: [{**row, "choices": '["yes"]'} for row in rows], r"the truth 'B' is none of its 1 options"),
        (
            lambda rows: [{**row, "role": "agnet"} for row in rows],
            r"2: .*unknown role 'agnet'(.|\n)*did you mean 'agent'",
        ),
        (lambda rows: [{**rows[0], "question": ""}, *rows[1:]], r"2: question: the cell is empty"),
        (lambda rows: [{**row, "temperature": "hot"} for row in rows], r"2: temperature, .*could not convert"),
        (lambda rows: [{"Question": "q", **row} for row in map(_without_question, rows)], r"1: .*no column 'question'"),
    ],
)
def test_a_wrong_table_is_told_with_file_and_line(
    tmp_path: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]], message: str
) -> None:
    log = _table(tmp_path / "log.csv", change(TABLE))
    with pytest.raises(SpecError, match=message):
        api.import_run(log, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def _without_question(row: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in row.items() if key != "question"}


def test_a_format_that_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("")
    with pytest.raises(SpecError, match="say which it is with --format"):
        api.import_run(tmp_path / "log.txt")
    with pytest.raises(SpecError, match="did you mean 'saferl'"):
        api.import_run(tmp_path / "log.txt", format="safrl")


@pytest.mark.parametrize("format", [None, "table", "govsim", "inspect"])
def test_a_folder_is_refused_with_what_to_name_instead(tmp_path: Path, format: str | None) -> None:
    if format == "inspect":
        pytest.importorskip("inspect_ai")
    logs = tmp_path / "logs"
    logs.mkdir()
    with pytest.raises(
        SpecError, match=r"this is a folder, and logs are files\n  name the logs in it, such as .*logs/\*"
    ):
        api.import_run(logs, format=format, out=tmp_path / "run")


def test_an_imported_run_says_that_it_cannot_be_replayed(tmp_path: Path) -> None:
    run = api.import_run(_table(tmp_path / "log.csv", TABLE), out=tmp_path / "run", embedder="lexical").run
    with pytest.raises(StoreError, match="imported from a log of the format 'table'"):
        api.replay(run.path)
