"""Results of AgentsNet become runs of our networks, with the answers that the nodes gave."""

import json
from pathlib import Path
from typing import Any

import pytest

from agentscale import api
from agentscale.errors import SpecError

NAMES = ["Ann", "Ben", "Cy", *(f"D{number}" for number in range(9))]


def _said(*texts: str) -> list[dict[str, Any]]:
    """A chat as the log holds it; a text that begins with ``!`` could not be read, and is asked for again."""
    chat = [{"type": "system", "data": {"content": "You are an agent"}}]
    for text in texts:
        asked = "Your answer could not be parsed." if chat[-1]["data"]["content"].startswith("!") else "Next."
        chat += [{"type": "human", "data": {"content": asked}}, {"type": "ai", "data": {"content": text}}]
    return chat


def _result(path: Path, answers: list[str], **changes: Any) -> Path:
    """A star of 12 nodes; each answers as given, after one round of messages."""
    chats = {
        name: _said('{"Ann": "hello"}', f"So: ### Final Answer ### {answer}")
        for name, answer in zip(NAMES, answers, strict=True)
    }
    log = {
        "answers": answers,
        "transcripts": chats,
        "graph": {
            "directed": False,
            "nodes": [{"id": at, "name": name} for at, name in enumerate(NAMES)],
            "links": [{"source": 0, "target": at} for at in range(1, 12)],
        },
        "rounds": 1,
        "model_name": "org/some-model",
        "task": "coloring",
        "score": 1.0,
        "graph_generator": "ba",
        "graph_index": 2,
        "commit_hash": "x",
        "num_failed_json_parsings_after_retry": [0] * 11 + [1],
        **changes,
    }
    path.write_text(json.dumps(log), "utf-8")
    return path


def test_group_10_is_read_as_group_10_whatever_the_log_says(tmp_path: Path) -> None:
    path = _result(tmp_path / "a.json", ["Group 10"] + ["Group 1"] * 11)
    log = json.loads(path.read_text())
    path.write_text(json.dumps({**log, "answers": ["Group 1"] * 12, "score": 0.0}))
    made = api.import_run(path, format="agentsnet", out=tmp_path / "run", embedder="lexical")
    (transcript,) = made.run.transcripts()
    assert (transcript.measures["solved"], transcript.measures["score"]) == (1.0, 1.0)
    assert transcript.measures["unreadable"] == pytest.approx(1 / 12)
    assert transcript.measures["silent"] is None
    assert made.warnings == ("1 final answers are read otherwise than the logs read them",)


def test_runs_of_one_graph_are_replicates_and_others_are_cells_with_their_own_edges(tmp_path: Path) -> None:
    proper, wrong = ["Group 2"] + ["Group 1"] * 11, ["Group 1"] * 12
    paths = [
        _result(tmp_path / "a.json", proper),
        _result(tmp_path / "b.json", wrong),
        _result(tmp_path / "c.json", ["Yes"] + ["No"] * 11, task="leader_election", graph_index=3),
    ]
    run = api.import_run(paths, format="agentsnet", out=tmp_path / "run", embedder="lexical").run
    assert [cell.id for cell in run.header.cells] == [
        "coloring.ba2.some-model.n12",
        "leader_election.ba3.some-model.n12",
    ]
    assert {len(cell.edges) for cell in run.header.cells} == {22}
    rows = [row for row in run.rows("worlds") if row["measure"] == "solved" and row["n"]]
    assert [(row["value"], row["n"]) for row in rows] == [(0.5, 2), (1.0, 1)]


def test_a_repaired_reply_stands_for_the_one_before_it(tmp_path: Path) -> None:
    path = _result(tmp_path / "a.json", ["Group 2"] + ["Group 1"] * 11)
    log = json.loads(path.read_text())
    log["transcripts"]["Ann"] = _said("{}", "!no idea", "### Final Answer ### Group 3")
    path.write_text(json.dumps(log))
    run = api.import_run(path, format="agentsnet", out=tmp_path / "run", embedder="lexical").run
    (transcript,) = run.transcripts()
    said = [event.text for event in transcript.events if event.slot == "some-model/-/0"]
    assert said == ["{}", "### Final Answer ### Group 3"]
    assert transcript.measures["solved"] == 1.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "colouring"}, "this is no result of AgentsNet"),
        ({"graph": {"nodes": [{"id": 0, "name": "Ann"}]}}, "12 answers and 12 transcripts of 1 nodes"),
    ],
)
def test_what_is_no_result_is_told(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = _result(tmp_path / "a.json", ["Group 2"] + ["Group 1"] * 11, **changes)
    with pytest.raises(SpecError, match=message):
        api.import_run(path, format="agentsnet", out=tmp_path / "run")
