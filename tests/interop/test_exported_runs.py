"""A run goes out in the formats of other tools, and what comes back has the same numbers."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet
import pytest

from agentscale import api
from agentscale.errors import SpecError
from agentscale.interop import ANSWERS, TRIALS
from agentscale.store.tables import cell

EXPERIMENT = """
name: trip
seed: 3
models:
  a: {simulated: {model: 0}}
  b: {simulated: {model: 1}}
task: [{name: knowledge, limit: 6}, {name: sums, limit: 4}]
team: {size: [1, 3], layer: [L1, L4]}
protocol: [vote, {debate: {rounds: 1}}]
topology: [ring, complete]
replicates: 2
embedder: lexical
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> api.Run:
    folder = tmp_path_factory.mktemp("trip")
    (folder / "trip.yaml").write_text(EXPERIMENT, "utf-8")
    return api.run(folder / "trip.yaml", out=folder / "run")


def test_what_is_exported_and_imported_has_the_same_numbers(run: api.Run, tmp_path: Path) -> None:
    table, _ = api.export_run(run.path, "parquet", tmp_path)
    back = api.import_run(table, out=tmp_path / "back", embedder="lexical").run
    ours = {(row["layer"], row["team"], row["cell"]): row for row in run.rows("cells")}
    for row in back.rows("cells"):
        other = ours[row["layer"], row["team"], row["cell"]]
        for column in ("accuracy", "k_star", "parse_failure", "chance", "calls", "tokens_out", "size"):
            assert row[column] == pytest.approx(other[column]), (row["cell"], column)
    assert len(back.rows("cells")) == len(ours)
    assert {cell.id: cell.edges for cell in back.header.cells if cell.topology} == {
        cell.id: cell.edges for cell in run.header.cells if cell.topology
    }


def test_csv_and_parquet_hold_the_same(run: api.Run, tmp_path: Path) -> None:
    pairs = zip(api.export_run(run.path, "csv", tmp_path), api.export_run(run.path, "parquet", tmp_path), strict=True)
    for one, two in pairs:
        assert list(read_rows(one)) == [cell_texts(row) for row in read_rows(two)]


def read_rows(path: Path) -> Iterator[dict[str, object]]:
    """The rows of a table, as its reader gives them."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
    else:
        yield from pyarrow.parquet.read_table(path).to_pylist()


def cell_texts(row: dict[str, object]) -> dict[str, str]:
    """A row as CSV writes it."""
    return {name: cell(value) for name, value in row.items()}


def test_the_tables_have_a_row_for_every_answer_and_trial_and_their_stated_columns(
    run: api.Run, tmp_path: Path
) -> None:
    answers, trials = api.export_run(run.path, "csv", tmp_path)
    transcripts = list(run.transcripts())
    for path, columns, n in (
        (answers, ANSWERS, sum(len(each.events) for each in transcripts)),
        (trials, TRIALS, len(transcripts)),
    ):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert list(rows[0]) == list(columns)
        assert len(rows) == n


def test_a_folder_of_a_dataset_says_what_its_columns_hold(run: api.Run, tmp_path: Path) -> None:
    *_, card = api.export_run(run.path, "dataset", tmp_path)
    text = card.read_text("utf-8")
    assert text.startswith("---\nconfigs:\n- config_name: answers\n  data_files: data/answers.parquet\n")
    assert all(f"| `{name}` |" in text for name in (*ANSWERS, *TRIALS))


def test_spans_of_a_trial_are_one_trace_of_agents_over_chats(run: api.Run, tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.sdk")
    (path,) = api.export_run(run.path, "spans", tmp_path)
    spans = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    by_id = {span["context"]["span_id"]: span for span in spans}
    transcripts = list(run.transcripts())
    assert len({span["context"]["trace_id"] for span in spans}) == len(transcripts)
    chats = [span for span in spans if span["attributes"]["gen_ai.operation.name"] == "chat"]
    assert len(chats) == sum(len(each.events) for each in transcripts)
    for chat in chats:
        agent = by_id[chat["parent_id"]]
        assert agent["attributes"]["gen_ai.operation.name"] == "invoke_agent"
        assert by_id[agent["parent_id"]]["attributes"]["gen_ai.operation.name"] == "invoke_workflow"
        assert chat["attributes"]["gen_ai.usage.output_tokens"] > 0


def test_an_unknown_format_is_told_with_the_nearest(run: api.Run) -> None:
    with pytest.raises(SpecError, match="did you mean 'parquet'"):
        api.export_run(run.path, "parqet")


@pytest.mark.slow
def test_datasets_load_the_folder(run: api.Run, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    api.export_run(run.path, "dataset", tmp_path / "out")
    loaded = datasets.load_dataset(str(tmp_path / "out"), "answers", cache_dir=str(tmp_path / "cache"))["train"]
    assert loaded.num_rows == sum(len(each.events) for each in run.transcripts())
    assert loaded.column_names == list(ANSWERS)


@pytest.mark.slow
def test_inspect_reads_its_logs_and_they_come_back_as_votes(run: api.Run, tmp_path: Path) -> None:
    log = pytest.importorskip("inspect_ai.log")
    paths = api.export_run(run.path, "inspect", tmp_path / "out")
    cells = {cell.id: cell for cell in run.header.cells}
    accuracy = {row["cell"]: row["accuracy"] for row in run.rows("cells")}
    assert {path.stem for path in paths} == set(cells)
    for path in paths:
        read = log.read_eval_log(str(path))
        scored = read.results.scores[0].metrics["accuracy"].value
        assert scored == pytest.approx(accuracy[path.stem])
        assert len(read.samples) == 2 * (6 if path.stem.startswith("knowledge") else 4)
    lone = [path for path in paths if path.stem.endswith("vote.L1.a.n1") and path.stem.startswith("knowledge")]
    back = api.import_run(lone, out=tmp_path / "back", embedder="lexical").run
    assert back.header.cells[0].size == 2  # the replicates of a lone agent are two that vote
