"""What a sweep says of itself: digest, header, truth, and the way back from a run folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentscale.errors import StoreError
from agentscale.experiment import Sweep, from_folder
from agentscale.protocols import InteractionProtocol
from agentscale.schema.agents import Team
from agentscale.schema.calls import Batch, Call, Completion, Message, Reply
from agentscale.schema.experiment import Experiment
from agentscale.schema.tasks import Question
from agentscale.store import RunFolder

BASE = """\
name: first
models:
  m0: {endpoint: here, model: big, sampling: {temperature: 0.5}}
  m1: {scripted: {replies: ["Final answer: B"]}}
endpoints:
  here: {base_url: "http://127.0.0.1:1/v1", max_in_flight: 4}
personas: {doubter: Doubt it., believer: Believe it.}
task: {name: ./quiz, limit: 4}
team: {size: [1, 3], layer: [L1, L4]}
protocol: [vote, {debate: {rounds: 1}}]
topology: [complete, ring]
"""

Loaded = Callable[..., Sweep]


@pytest.mark.parametrize(
    "override",
    [
        "name=other",
        "embedder=lexical",
        "endpoints.here.base_url=http://127.0.0.1:2/v1",
        "endpoints.here.max_in_flight=9",
        "endpoints.here.api_key_env=KEY",
        "endpoints.here.timeout_s=3",
    ],
)
def test_what_changes_no_call_leaves_the_digest(override: str, loaded: Loaded) -> None:
    assert loaded(BASE, override).header.experiment_digest == loaded(BASE).header.experiment_digest


@pytest.mark.parametrize(
    "override",
    [
        "seed=1",
        "replicates=2",
        "independent=true",
        "models.m0.model=bigger",
        "models.m0.sampling.temperature=0.6",
        "sampling.max_tokens=9",
        "personas.doubter='Doubt all.'",
        "task.limit=5",
        "team.size=1,4",
        "protocol.debate.rounds=2",
        "topology=ring,complete",
        "endpoints.here={launch: {model: smollm2-135m}}",
        "models.m0.endpoint=there",
    ],
)
def test_what_changes_a_call_changes_the_digest(override: str, loaded: Loaded) -> None:
    text = BASE.replace("[vote, {debate: {rounds: 1}}]", "{debate: {rounds: 1}}")
    text = text.replace("endpoints:\n", 'endpoints:\n  there: {base_url: "http://127.0.0.1:1/v1"}\n')
    assert loaded(text, override).header.experiment_digest != loaded(text).header.experiment_digest


def test_a_chat_template_counts_by_its_text(loaded: Loaded, desk: Path) -> None:
    def made(template: str) -> str:
        launch = f"endpoints.here={{launch: {{model: smollm2-135m, chat_template: {template}}}}}"
        return loaded(BASE, launch).header.experiment_digest

    absent = made("one.jinja")
    (desk / "one.jinja").write_text("{{ messages }}")
    (desk / "two.jinja").write_text("{{ messages }}")
    first = made("one.jinja")
    assert first == made("two.jinja") != absent
    (desk / "one.jinja").write_text("{{ messages[0] }}")
    assert made("one.jinja") != first
    assert made("'a\\0b'") != absent


def test_a_default_that_is_written_out_leaves_the_digest(loaded: Loaded) -> None:
    written = BASE.replace("{rounds: 1}", "{rounds: 1, see: answer}").replace("team:", "replicates: 1\nteam:")
    one, other = loaded(written), loaded(BASE)
    assert [cell.protocol for cell in one.header.cells] == [cell.protocol for cell in other.header.cells]


def test_the_header_holds_the_experiment_with_its_overrides(loaded: Loaded) -> None:
    sweep = loaded(BASE, "team.size=2")
    assert Experiment.model_validate(sweep.header.experiment) == sweep.experiment
    assert sweep.experiment.team[0].size == (2,)
    assert set(sweep.header.versions) == {"agentscale", "python", "numpy", "scipy", "networkx"}


def test_no_path_of_this_machine_stands_in_the_header(loaded: Loaded, desk: Path) -> None:
    sweep = loaded(BASE.replace("[complete, ring]", "[complete, two_teams]"), "team.size=3,8")
    assert str(desk) not in sweep.header.model_dump_json()
    assert str(Path(__file__).parents[2]) not in sweep.header.model_dump_json()


def test_truth_is_found_by_the_tasks_digest(loaded: Loaded) -> None:
    sweep = loaded(BASE)
    digest = sweep.header.tasks["quiz"].digest
    assert sweep.truth() == {(digest, sample): record for (_, sample), record in sweep.questions.items()}
    assert len(sweep.truth()) == 4


def test_independence_is_the_experiments(loaded: Loaded) -> None:
    assert [loaded(BASE, f"independent={said}").independent for said in ("true", "false")] == [True, False]


def test_a_sweep_comes_back_from_its_run_folder_alone(loaded: Loaded, desk: Path) -> None:
    sweep = loaded(BASE, "team.size=2,3")
    RunFolder.create(desk / "run", sweep.header, sweep.source, sweep.questions.values())
    for left in (*(desk / "quiz").iterdir(), desk / "exp.yaml"):
        left.unlink()
    again = from_folder(RunFolder.open(desk / "run"))
    assert again.header == sweep.header
    assert again.experiment == sweep.experiment
    assert again.source == sweep.source
    assert list(again.questions.items()) == list(sweep.questions.items())
    assert again.protocols == sweep.protocols
    assert {name: list(graph.edges) for name, graph in again.graphs.items()} == {
        name: list(graph.edges) for name, graph in sweep.graphs.items()
    }
    assert {name: list(graph) for name, graph in again.graphs.items()} == {
        name: list(graph) for name, graph in sweep.graphs.items()
    }


def test_the_groups_of_a_topology_come_back_with_the_run(loaded: Loaded, desk: Path) -> None:
    sweep = loaded(
        BASE, "team.size=4", "protocol=debate", "topology={hypergraph: {members: [[0, 1, 2], [2, 3], [0, 1]]}}"
    )
    again = from_folder(kept(sweep, desk / "run"))
    for one in (sweep, again):
        assert {graph.graph["groups"] for graph in one.graphs.values()} == {((0, 1, 2), (2, 3), (0, 1))}


def test_a_run_of_a_protocol_that_is_gone_cannot_be_read_back(loaded: Loaded, desk: Path) -> None:
    header = loaded(BASE).header
    cell = header.cells[0]
    gone = cell.model_copy(update={"protocol": cell.protocol.model_copy(update={"name": "seance"})})
    folder = RunFolder.create(desk / "run", header.model_copy(update={"cells": (gone,)}), "", [])
    with pytest.raises(StoreError, match=r"(?s)cannot be read back: .*seance.*it was written by agentscale 0"):
        from_folder(folder)


def kept(sweep: Sweep, path: Path) -> RunFolder:
    return RunFolder.create(path, sweep.header, sweep.source, sweep.questions.values())


def test_a_sweep_comes_back_without_the_experiment_files_text(loaded: Loaded, desk: Path) -> None:
    sweep = loaded(BASE)
    folder = kept(sweep, desk / "run")
    folder.experiment_path.write_bytes(b"name: caf\xe9\n")
    assert from_folder(folder).source == "name: caf\\xe9\n"
    folder.experiment_path.unlink()
    again = from_folder(folder)
    assert (again.source, again.experiment) == ("", sweep.experiment)


def test_a_text_that_cannot_be_read_is_not_blamed_on_the_version(loaded: Loaded, desk: Path) -> None:
    folder = kept(loaded(BASE), desk / "run")
    folder.experiment_path.unlink()
    folder.experiment_path.mkdir()
    with pytest.raises(StoreError, match=r"cannot read .*experiment\.yaml: Is a directory\n  check") as caught:
        from_folder(folder)
    assert "version" not in str(caught.value)


def test_a_sweep_does_not_come_back_with_fewer_questions(loaded: Loaded, desk: Path) -> None:
    folder = kept(loaded(BASE), desk / "run")
    path = folder.path / "questions.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    with pytest.raises(StoreError, match=r"questions\.jsonl has changed since the run: it holds 2 questions"):
        from_folder(RunFolder.open(folder.path))


def test_the_experiment_gives_the_questions_back_that_a_folder_lost(loaded: Loaded, desk: Path) -> None:
    folder = kept(loaded(BASE), desk / "run")
    whole = (folder.path / "questions.jsonl").read_bytes()
    (folder.path / "questions.jsonl").unlink()
    folder.mend_questions(loaded(BASE).questions.values())
    assert (folder.path / "questions.jsonl").read_bytes() == whole
    assert len(from_folder(folder).questions) == 4


def played(protocol: InteractionProtocol, team: Team, sweep: Sweep, cell: str) -> dict[str, list[tuple[Message, ...]]]:
    """What every slot is told, round by round, by a team whose every reply is the same."""
    record = next(iter(sweep.questions.values()))
    asked_question = Question(sample_id=record.sample_id, prompt=record.prompt, choices=record.choices)
    play = protocol.play(team, sweep.graphs[cell], asked_question, None)  # type: ignore[arg-type]
    told: dict[str, list[tuple[Message, ...]]] = {}
    batch = next(play)
    while True:
        calls: tuple[Call, ...] = batch.calls if isinstance(batch, Batch) else tuple(batch)
        for call in calls:
            told.setdefault(call.slot, []).append(call.messages)
        try:
            batch = play.send([Reply(call, "", Completion("Final answer: A"), "A", None) for call in calls])
        except StopIteration:
            return told


def told(sweep: Sweep, cell: str) -> dict[str, list[tuple[Message, ...]]]:
    teams = {made.id: made.team for made in sweep.header.cells}
    return played(sweep.protocols[cell], teams[cell], sweep, cell)


def test_cells_that_differ_in_one_factor_differ_in_prompts_exactly_where_it_speaks(loaded: Loaded) -> None:
    sweep = loaded(BASE, "team.size=3,5", "team.layer=L1,L2,L3", "protocol=vote,{debate: {rounds: 2}}")
    vote, ring = told(sweep, "quiz.vote.L1.m0.n3"), told(sweep, "quiz.debate-2.ring.L1.m0.n3")
    # Protocol: the first round of a debate is the vote.
    assert {slot: turns[:1] for slot, turns in ring.items()} == vote
    # Topology: three agents on a ring read one another, as in the complete graph; five do not.
    assert ring == told(sweep, "quiz.debate-2.complete.L1.m0.n3")
    wide, full = told(sweep, "quiz.debate-2.ring.L1.m0.n5"), told(sweep, "quiz.debate-2.complete.L1.m0.n5")
    assert all(wide[slot][0] == full[slot][0] and wide[slot][1] != full[slot][1] for slot in full)
    # Size: the smaller vote is a part of the larger.
    large = told(sweep, "quiz.vote.L1.m0.n5")
    assert {slot: large[slot] for slot in vote} == vote
    # Model: the same words to another.
    assert [*vote.values()] == [*told(sweep, "quiz.vote.L1.m1.n3").values()]
    # Persona: its text opens what is otherwise the same.
    plain, personed = next(iter(vote.values()))[0], told(sweep, "quiz.vote.L2.m0.n3")
    for slot, name in (("m0/doubter/0", "Doubt it."), ("m0/believer/0", "Believe it.")):
        (messages,) = personed[slot]
        assert messages[-1] == plain[-1]
        assert name in messages[0].content
        assert name not in "".join(message.content for message in plain)


def test_an_instruction_of_the_files_own_closes_every_question_and_makes_it_another_task(loaded: Loaded) -> None:
    text = "models: {m: {scripted: {replies: [x]}}}\ntask: {name: ./quiz, instruction: 'Just the letter.'}\n"
    own, usual = loaded(text), loaded(text.replace(", instruction: 'Just the letter.'", ""))
    assert all(question.prompt.endswith("\n\nJust the letter.") for question in own.questions.values())
    assert own.header.tasks["quiz"].digest != usual.header.tasks["quiz"].digest
    assert [key for key, _ in own.questions.items()] == [key for key, _ in usual.questions.items()]
