"""A run read anew: which cells may be, that nothing changes on disk, and that the same reader gives the same tables."""

from pathlib import Path

import pytest

import agentscale
from agentscale.errors import SpecError

EXPERIMENT = """\
name: anew
models:
  one: {scripted: {replies: ["Final answer: {target}", "it is {target}", "Final answer: {target}"]}}
task: {name: sums, limit: 4}
team: {size: 3, layer: L1}
protocol: [vote, {debate: {rounds: 1, see: answer}}, {debate: {rounds: 1, see: rationale}}, {refine: {rounds: 1}}]
embedder: lexical
"""


@pytest.fixture
def made(tmp_path: Path) -> agentscale.Run:
    (tmp_path / "anew.yaml").write_text(EXPERIMENT, "utf-8")
    return agentscale.run(tmp_path / "anew.yaml", out=tmp_path / "run")


def bytes_of(path: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted((path / "transcripts").iterdir())}


def test_the_same_chain_gives_the_same_numbers_and_leaves_out_what_answers_steered(made: agentscale.Run) -> None:
    chain = next(iter(made.header.tasks.values())).extract
    anew = agentscale.open_run(made.path, extract=chain)
    kept = [row["cell"] for row in anew.rows("cells")]
    assert not any("see=answer" in cell for cell in (row["protocol"] for row in anew.rows("cells")))
    assert len(kept) == 3
    old = {row["cell"]: row for row in made.rows("cells")}
    for row in anew.rows("cells"):
        assert repr(row) == repr(old[row["cell"]])
    assert "1 cells are not read anew" in anew.analysis.warnings[0]


def test_another_chain_changes_what_can_be_read_and_nothing_on_disk(made: agentscale.Run) -> None:
    before = bytes_of(made.path)
    loose = agentscale.open_run(made.path, extract=["mark", "last_number"])
    strict = agentscale.open_run(made.path, extract=["mark"])
    assert [row["parse_failure"] for row in loose.rows("cells")] == [0.0, 0.0, 0.0]
    assert strict.rows("cells")[0]["parse_failure"] == pytest.approx(1 / 3)
    assert bytes_of(made.path) == before


def test_a_table_has_every_answer_that_another_chain_reads_otherwise_and_no_other(made: agentscale.Run) -> None:
    strict = agentscale.open_run(made.path, extract=["mark"])
    rows = strict.rows("rereading")
    agents = [row for row in rows if row["slot"] != "team"]
    assert agents
    assert {row["after"] for row in agents} == {"(no_answer)"}
    kept = {cell.id for cell in strict.header.cells}
    events = [event for trial in made.transcripts() if trial.cell in kept for event in trial.events]
    assert len(agents) == sum("Final answer" not in event.text for event in events)
    assert all((row["right_before"], row["right_after"]) == (1, None) for row in agents)
    header, *lines = strict.keep("rereading").read_text("utf-8").splitlines()
    assert header == "cell,question,replicate,round,turn,slot,before,after,right_before,right_after"
    assert len(lines) == len(rows)


def test_the_same_chain_changes_no_answer(made: agentscale.Run) -> None:
    chain = next(iter(made.header.tasks.values())).extract
    assert agentscale.open_run(made.path, extract=chain).rows("rereading") == ()


def test_a_run_of_which_every_cell_was_steered_cannot_be_read_anew(tmp_path: Path) -> None:
    (tmp_path / "anew.yaml").write_text(EXPERIMENT, "utf-8")
    made = agentscale.run(tmp_path / "anew.yaml", "protocol={debate: {rounds: 1, see: answer}}", out=tmp_path / "run")
    with pytest.raises(SpecError) as caught:
        agentscale.open_run(made.path, extract=["last_number"])
    assert "no cell can be read anew" in str(caught.value)
    assert "see rationales" in str(caught.value)


def test_an_unknown_extractor_is_named_before_anything_is_read(made: agentscale.Run) -> None:
    with pytest.raises(SpecError, match="did you mean 'last_number'"):
        agentscale.open_run(made.path, extract=["last_numbr"])


def test_other_aggregators_of_a_vote_are_a_table(made: agentscale.Run) -> None:
    rows = [row for row in made.rows("counterfactuals") if row["cell"] == made.rows("cells")[0]["cell"]]
    by_name = {row["aggregator"]: row for row in rows}
    assert list(by_name) == ["plurality", "weighted", "best_member", "random_member", "oracle"]
    assert by_name["plurality"]["accuracy"] == made.rows("cells")[0]["accuracy"]
    assert by_name["plurality"]["delta"] == 0.0
    assert by_name["oracle"]["accuracy"] >= by_name["plurality"]["accuracy"]
