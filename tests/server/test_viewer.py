"""The viewer: who is let in, what is told piece by piece, and that it follows a run as it goes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import agentscale
from agentscale import api
from agentscale.errors import SpecError, StoreError
from agentscale.report.transcripts import marks
from agentscale.server.viewer import looking
from agentscale.server.viewer.looking import Looked

EXPERIMENT = """\
name: viewed
models:
  one: {simulated: {model: 0}}
  two: {simulated: {model: 1}}
task: {name: knowledge, limit: 12}
team: {size: [1, 4], layer: L3}
protocol: [vote, {debate: {rounds: 1}}]
topology: ring
embedder: lexical
"""


class Answer(NamedTuple):
    status: int
    body: str
    headers: Any

    @property
    def said(self) -> Any:
        return json.loads(self.body)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> agentscale.Run:
    desk = tmp_path_factory.mktemp("desk")
    (desk / "viewed.yaml").write_text(EXPERIMENT, "utf-8")
    made = agentscale.run(desk / "viewed.yaml", out=desk / "viewed")
    cells = made.analysis.tables["cells"]
    made.folder.write_table("cells", cells.columns, cells.rows)
    made.folder.report_path.write_text("<!DOCTYPE html><title>page</title>", "utf-8")
    return made


@pytest.fixture(scope="module")
def url(run: agentscale.Run) -> Iterator[str]:
    with api.view(run.path, run.path) as viewed:
        yield viewed.url


def ask(url: str, method: str = "GET", **headers: str) -> Answer:
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return Answer(answer.status, answer.read().decode(), answer.headers)
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read().decode(), error.headers)


# -- who is let in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "state", "0/rows", "viewer.css", "nowhere", "%00"])
def test_without_the_token_everything_is_refused(url: str, path: str) -> None:
    base = url.rsplit("/", 2)[0]
    for wrong in (f"{base}/{path}", f"{base}/{'x' * 22}/{path}", f"{url[:-2]}/{path}", f"{base}/?token={url[-23:-1]}"):
        assert ask(wrong).status == 403
    assert ask(url).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil:{port}"]
)
def test_a_name_of_a_stranger_that_points_here_is_refused(url: str, host: str) -> None:
    port = urllib.parse.urlparse(url).port
    assert ask(url + "state", Host=host.format(port=port)).status == 403
    assert ask(url + "state", Host=f"localhost:{port}").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_it_is_for_reading(url: str, method: str) -> None:
    assert ask(url + "state", method).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "0/files/tables/../run.json",
        "0/files/tables/%2e%2e%2frun.json",
        "0/files/../../../../etc/passwd",
        "0/files/recording/x",
        "0/files/run.json",
        "0/files/..%2f..%2fetc/passwd",
        "0/files/tables/nothing.csv",
        "2/rows",
        "-1/rows",
        "page.py",
        "../server.py",
    ],
)
def test_nothing_but_page_tables_and_figures_of_the_runs_is_given(url: str, path: str) -> None:
    assert ask(url + path).status == 404


def test_a_link_that_leads_out_of_the_run_folder_is_not_followed(run: agentscale.Run, url: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("mine", "utf-8")
    link = run.path / "tables" / "linked.csv"
    link.symlink_to(secret)
    assert ask(f"{url}0/files/tables/linked.csv").status == 404
    link.unlink()


def test_the_address_stays_here_and_a_page_of_a_run_can_ask_nothing(url: str) -> None:
    own, foreign = ask(url), ask(f"{url}0/files/report.html")
    for answer in (own, foreign, ask(url + "state"), ask(url + "viewer.css"), ask(url.replace("127", "localhost", 0))):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert "frame-ancestors 'none'" in own.headers["Content-Security-Policy"]
    said = foreign.headers["Content-Security-Policy"]
    assert said.startswith("sandbox allow-scripts")
    assert "allow-same-origin" not in said
    assert "default-src 'none'" in said
    assert "connect-src" not in said
    assert ask(f"{url}0/files/tables/cells.csv").headers["Content-Type"].startswith("text/plain")


# -- what is told -----------------------------------------------------------------------------------------------------


def test_the_state_tells_every_cell_with_its_trials_and_the_numbers_of_the_analysis(
    run: agentscale.Run, url: str
) -> None:
    state = ask(url + "state").said
    assert len(state) == 2
    assert [cell["id"] for cell in state[0]["cells"]] == [cell.id for cell in run.header.cells]
    for cell, row in zip(state[0]["cells"], run.rows(), strict=True):
        assert (cell["n_done"], cell["n_planned"]) == (12, 12)
        assert cell["accuracy"] == pytest.approx(row["accuracy"])
        assert cell["accuracy_low"] == pytest.approx(row["accuracy_low"])


@pytest.mark.parametrize("wanted", range(16))
def test_pages_of_rows_give_every_trial_that_has_the_marks_once_and_in_order(
    run: agentscale.Run, monkeypatch: pytest.MonkeyPatch, wanted: int
) -> None:
    monkeypatch.setattr(looking, "PAGE", 7)
    looked = Looked(run.path)
    for number, cell in enumerate(run.header.cells):
        expected = [t.sample_id for t in run.transcripts(cell.id) if marks(t) & wanted == wanted]
        for _ in range(2):  # the second time from what is known of the marks
            found, start = [], 0
            while start is not None:
                page = looked.rows(number, wanted, start)
                assert len(page["rows"]) <= 7
                found += [row["sample_id"] for row in page["rows"]]
                start = page["next"]
            assert found == expected


def test_a_search_for_rare_marks_comes_back_in_time_and_goes_on(
    run: agentscale.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "SPELL_S", 0.0)
    page = Looked(run.path).rows(0, 8, 0)
    assert page == {"rows": [], "next": 0, "end": 0, "total": None} or page["end"] > 0


def test_a_trial_is_found_by_its_name_and_shown_whole(run: agentscale.Run, url: str) -> None:
    cell = run.header.cells[-1]
    wanted = list(run.transcripts(cell.id))[7]
    at = f"cell={len(run.header.cells) - 1}"
    place = ask(f"{url}1/find?{at}&sample={wanted.sample_id}&replicate=0").said
    trial = ask(f"{url}1/trial?{at}&place={place}").said
    assert (trial["cell"], trial["sample_id"]) == (cell.id, wanted.sample_id)
    assert [event["text"] for event in trial["events"]] == [event.text for event in wanted.events]
    assert ask(f"{url}1/find?{at}&sample=nobody").said is None


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("0/trial?cell=0&place=12", "the 12 trials of the cell"),
        ("0/trial?cell=99&place=0", "cell: got 99"),
        ("0/rows?cell=x", "cell: got 'x'"),
        ("0/rows?cell=-1", "a whole number"),
        ("0/rows?cell=%D9%A1", "a whole number"),
        ("0/rows?from=9999999999999999999999", "a whole number"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_words(url: str, path: str, told: str) -> None:
    answer = ask(url + path)
    assert answer.status == 400
    assert told in answer.said["error"]


def test_a_run_beside_itself_differs_in_nothing(run: agentscale.Run, url: str) -> None:
    (told,) = ask(url + "comparison").said
    assert [row["cell"] for row in told["rows"]] == [cell.id for cell in run.header.cells]
    assert {row["delta"] for row in told["rows"]} == {0.0}


def test_a_run_of_other_questions_is_told_to_be_incomparable(run: agentscale.Run, tmp_path: Path) -> None:
    other = agentscale.run(run.path / "experiment.yaml", "task.name=sums", "task.limit=2", out=tmp_path / "sums")
    with api.view(run.path, other.path) as viewed:
        (told,) = ask(viewed.url + "comparison").said
        assert "share no question" in told["reason"]


def test_it_follows_a_run_as_it_goes(run: agentscale.Run, tmp_path: Path) -> None:
    source = run.folder
    folder = type(source).create(tmp_path / "going", run.header, "", source.questions().values())
    cell = run.header.cells[0].id
    given = list(source.transcripts(cell))
    writer = folder.transcript_writer(cell, [(t.sample_id, t.replicate) for t in given])
    with api.view(folder.path) as viewed:

        def n_done() -> int:
            return int(ask(viewed.url + "state").said[0]["cells"][0]["n_done"])

        assert n_done() == 0
        for number, transcript in enumerate(reversed(given), start=1):
            writer.add(transcript)
            writer.show()
            assert n_done() == number
        rows = ask(viewed.url + "0/rows?cell=0").said["rows"]
        assert [row["sample_id"] for row in rows] == [t.sample_id for t in reversed(given)]
        writer.close(complete=True)
        rows = ask(viewed.url + "0/rows?cell=0").said["rows"]
        assert [row["sample_id"] for row in rows] == [t.sample_id for t in given]
        assert ask(viewed.url + "state").said[0]["cells"][0]["version"] > 1


def test_looking_changes_nothing_in_the_run_folder(run: agentscale.Run, url: str) -> None:
    def held() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in run.path.rglob("*")}

    before = held()
    for path in (
        "",
        "state",
        "comparison",
        "0/cells",
        "0/rows?cell=0",
        "0/trial?cell=0&place=0",
        "0/files/report.html",
    ):
        assert ask(url + path).status == 200
    assert held() == before


# -- bad input, and the end -------------------------------------------------------------------------------------------


def test_what_is_no_run_is_refused_before_anything_is_served(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not a run folder"), api.view(tmp_path):
        pass
    with pytest.raises(SpecError, match="no run is named"), api.view():
        pass


def test_the_command_prints_the_address_and_ends_on_ctrl_c_without_a_trace(run: agentscale.Run) -> None:
    before = sorted(path.name for path in run.path.iterdir())
    command = [sys.executable, "-c", "from agentscale.cli import main; main()", "view", str(run.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert ask(line.removeprefix("open ")).status == 200
        os.kill(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "stopped\n")
    assert sorted(path.name for path in run.path.iterdir()) == before
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(line.removeprefix("open "), timeout=5)
