"""The command line as a user meets it: real processes' entry point, real files, exit codes, 80 columns."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from agentscale.cli import COMMANDS, Lazy, app, main
from agentscale.cli.pages import page, topics

Ran = tuple[int, str, str]

EXPERIMENT = """\
name: small
models:
  one: {simulated: {model: 0}}
task: {name: knowledge, limit: 3}
team: {size: [1, 2], layer: L1}
protocol: [vote, {debate: {rounds: 1}}]
topology: [complete, ring]
embedder: lexical
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with one experiment file, and an environment without keys."""
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "small.yaml").write_text(EXPERIMENT, "utf-8")
    return tmp_path


@pytest.fixture
def ran(desk: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs a command line and gives exit code, standard output and standard error."""

    def run(*args: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(list(args))
        code = ended.value.code
        out, err = capsys.readouterr()
        return code if isinstance(code, int) else 0 if code is None else 1, out, err

    return run


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """The folder of one run with its page, as its command leaves it, and what the command gave."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "small.yaml").write_text(EXPERIMENT, "utf-8")
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        patch.chdir(folder)
        with pytest.raises(SystemExit) as ended:
            main(["run", "small.yaml"])
    return folder, (int(ended.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture
def reported(whole: tuple[Path, Ran], desk: Path) -> Path:
    """The working folder, with a copy of that run."""
    shutil.copytree(whole[0] / "results", desk / "results")
    return desk


# -- the main job -----------------------------------------------------------------------------------------------------


def test_a_run_ends_with_its_curves_and_the_path_of_its_page(whole: tuple[Path, Ran]) -> None:
    desk, (code, out, _) = whole
    assert code == 0
    assert out.splitlines()[-1] == "page: results/small/report.html"
    assert "</html>" in (desk / "results/small/report.html").read_text("utf-8")
    assert {"cells.csv", "curves.csv", "vote_curve.csv"} <= {p.name for p in (desk / "results/small/tables").iterdir()}
    assert list((desk / "results/small/figures").glob("*.svg"))


def test_what_a_run_prints_fits_80_columns(whole: tuple[Path, Ran]) -> None:
    _, (_, out, err) = whole
    assert max(map(len, (out + err).splitlines())) <= 80


def test_a_run_after_a_kill_says_how_many_calls_were_in_flight(desk: Path, ran: Callable[..., Ran]) -> None:
    ran("run", "small.yaml", "--no-report")
    (desk / "results/small/recording/00000000000000000001-1-killed.asked").write_bytes(bytes(32) + b"\1" * 32 + b"torn")
    _, out, err = ran("run", "small.yaml", "--no-report")
    assert "  2 calls were in flight when a run was killed here; asked again: 0\n" in out
    assert max(map(len, (out + err).splitlines())) <= 80


def test_a_second_run_asks_nothing_and_changes_no_byte(reported: Path, ran: Callable[..., Ran]) -> None:
    made = reported / "results/small"
    kept = {
        path: path.read_bytes()
        for path in (
            *(each for folder in ("transcripts", "tables", "figures") for each in (made / folder).iterdir()),
            made / "report.html",
        )
    }
    second = json.loads(ran("run", "small.yaml", "--json")[1])
    assert (second["calls_asked"], second["trials_done"]) == (0, second["trials"])
    assert second["trials"] > 0
    assert {path: path.read_bytes() for path in kept} == kept


@pytest.mark.parametrize("concurrency", ["1", "64"])
def test_a_replay_into_a_new_folder_gives_transcripts_and_tables_byte_for_byte(
    reported: Path, ran: Callable[..., Ran], concurrency: str
) -> None:
    code, out, _ = ran("replay", "results/small", "--out", "again", "--concurrency", concurrency)
    assert code == 0
    assert " 0 of at most " in out
    for folder in ("transcripts", "tables"):
        old, new = reported / "results/small" / folder, reported / "again" / folder
        assert {p.name: p.read_bytes() for p in old.iterdir()} == {p.name: p.read_bytes() for p in new.iterdir()}


def test_a_simulation_has_the_transcripts_of_the_run_and_asks_nobody(desk: Path, ran: Callable[..., Ran]) -> None:
    ran("run", "small.yaml", "--no-report")
    code, out, _ = ran("simulate", "small.yaml")
    assert code == 0
    assert " 0 of at most " in out
    assert out.splitlines()[-1] == "page: results/small-simulated/report.html"
    old, new = desk / "results/small/transcripts", desk / "results/small-simulated/transcripts"
    assert {p.name: p.read_bytes() for p in old.iterdir()} == {p.name: p.read_bytes() for p in new.iterdir()}


def test_a_simulation_may_be_like_a_run_of_which_it_says_what_can_be_told(desk: Path, ran: Callable[..., Ran]) -> None:
    ran("run", "small.yaml", "--no-report", "task.limit=20")
    told = json.loads(ran("simulate", "--like", "results/small", "--json")[1])
    assert {"solvability", "fresh", "copying"} <= {each["name"] for each in told["fitted"]}
    assert set(told["absent"]) == {"mean cosines"}
    assert "agentscale analyze makes them" in ran("simulate", "--like", "results/small")[1]
    assert ran("analyze", "results/small")[0] == 0
    told = json.loads(ran("simulate", "--like", "results/small", "--json")[1])
    assert told["absent"] == {}
    assert "cosine, same agent, same answer" in {each["name"] for each in told["moments"]}
    code, out, _ = ran(
        "simulate", "small.yaml", "team.size=3", "--like", "results/small", "--no-report", "--out", "new"
    )
    assert code == 0
    assert "parameter" in out
    assert "moment" in out
    header = json.loads((desk / "new/run.json").read_text("utf-8"))
    world = header["experiment"]["models"]["one"]["simulated"]["world"]
    assert world["copying"] == pytest.approx(told["parameters"]["copying"])
    code, _, err = ran("simulate")
    assert code == 2
    assert "--like RUN" in err


def test_overrides_change_single_keys(ran: Callable[..., Ran]) -> None:
    made = json.loads(
        ran("run", "small.yaml", "team.size=3", "task.limit=2", "protocol=vote", "--json", "--no-report")[1]
    )
    assert made["trials"] == 2


def test_a_table_is_printed_as_json_or_not_at_all(ran: Callable[..., Ran]) -> None:
    ran("run", "small.yaml", "--no-report")
    code, out, err = ran("analyze", "results/small", "--table", "vote_curve")
    assert (code, out) == (2, "")
    assert "--table: got 'vote_curve' without --json" in err
    assert "open tables/vote_curve.csv in the run folder" in err
    assert json.loads(ran("analyze", "results/small", "--table", "vote_curve", "--json")[1])


def test_runs_are_listed_and_analyzed(ran: Callable[..., Ran]) -> None:
    ran("run", "small.yaml", "--no-report")
    assert re.match(r"results/small  5 cells, \d+ calls recorded, complete\n", ran("ls")[1])
    assert json.loads(ran("ls", "--json")[1])[0]["state"] == "complete"
    assert ran("analyze", "results/small")[1].startswith("protocol")
    cells = json.loads(ran("analyze", "results/small", "--json")[1])
    assert {row["size"] for row in cells} == {1, 2}
    assert ran("report", "results/small")[1] == "results/small/report.html\n"


def test_an_analysis_says_who_made_k_star_and_how_far_another_embedder_agrees(ran: Callable[..., Ran]) -> None:
    ran("run", "small.yaml", "--no-report")
    alone = ran("analyze", "results/small")[1]
    assert "K* by lexical@1:512: lexical: hashed words" in alone
    both = ran("analyze", "results/small", "--embedder", "lexical", "--embedder", "use")[1]
    assert both.startswith(alone)
    assert re.search(r"^cells of a size +mean_cosine  .+  3$", both, re.MULTILINE)
    assert max(map(len, both.splitlines())) <= 80


def test_live_records_nothing(desk: Path, ran: Callable[..., Ran]) -> None:
    made = json.loads(ran("run", "small.yaml", "--mode", "live", "--json", "--no-report")[1])
    assert made["calls_asked"] > 0
    assert not [path for path in (desk / "results/small").rglob("*") if "recording" in path.parts and path.is_file()]


def test_a_run_of_which_every_call_failed_says_so_and_exits_with_3(desk: Path, ran: Callable[..., Ran]) -> None:
    model = "one: {scripted: {replies: [x], fails: true}}"
    (desk / "small.yaml").write_text(EXPERIMENT.replace("one: {simulated: {model: 0}}", model), "utf-8")
    code, out, err = ran("run", "small.yaml")
    assert code == 3
    assert "calls failed, one: scripted. The first one said:\n    " in err
    assert "the same command asks again what failed, and nothing else" in err
    assert "page: results/small/report.html" in out


# -- what a user gets wrong -------------------------------------------------------------------------------------------

WRONG = {
    "unknown key": (
        "team: {size: [1, 2]",
        "team: {sizes: [1, 2]",
        "small.yaml:5: team.sizes: unknown key 'sizes'\n"
        "  allowed: layer, members, models, name, pairs, personas, size, tools\n"
        "  did you mean 'size'?",
    ),
    "size 0": (
        "size: [1, 2]",
        "size: [0, 2]",
        "small.yaml:5: team.size[0]: got 0\n  allowed: a whole number ≥ 1",
    ),
    "unknown topology": (
        "topology: [complete, ring]",
        "topology: [complete, rign]",
        "small.yaml:7: topology[1]: unknown topology 'rign'\n",
    ),
    "unknown model": (
        "layer: L1",
        "layer: L1, models: [won]",
        "small.yaml:5: team.models[0]: unknown model 'won'\n  allowed: one\n  did you mean 'one'?",
    ),
    "wrong type": ("limit: 3", "limit: many", "small.yaml:4: task.limit: got 'many'\n  allowed: a whole number ≥ 1"),
    "YAML error": ("team: {size", "team: {size: [1, 2}\nx: {", "small.yaml:"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_bad_file_gives_one_message_exit_code_2_and_leaves_nothing_behind(
    desk: Path, ran: Callable[..., Ran], name: str
) -> None:
    right, wrong, message = WRONG[name]
    assert right in EXPERIMENT
    (desk / "small.yaml").write_text(EXPERIMENT.replace(right, wrong), "utf-8")
    code, out, err = ran("run", "small.yaml")
    assert (code, out) == (2, "")
    assert err.startswith(f"agentscale: {message}")
    assert "Traceback" not in err
    assert sorted(path.name for path in desk.iterdir()) == ["small.yaml"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("embedder: lexical", "embedder: lexicle"), "unknown embedder 'lexicle'"),
        (("one: {simulated: {model: 0}}", "one: {model: gpt-4.1-mini}"), "OPENAI_API_KEY"),
        (("one: {simulated: {model: 0}}", "one: {simulated: {model: 0, world: {channels: 0}}}"), "channels"),
        (("one: {simulated: {model: 0}}", "one: {simulated: {model: 99}}"), "models.one.simulated"),
        (("topology: [complete, ring]", "topology: {small_world: {k: 4}}\nreplicates: 0"), "replicates"),
    ],
)
def test_what_only_a_start_can_tell_is_told_before_anything_is_written(
    desk: Path, ran: Callable[..., Ran], change: tuple[str, str], message: str
) -> None:
    (desk / "small.yaml").write_text(EXPERIMENT.replace(*change), "utf-8")
    code, out, err = ran("run", "small.yaml")
    assert (code, out) == (2, "")
    assert message in err
    assert sorted(path.name for path in desk.iterdir()) == ["small.yaml"]


def test_a_key_that_the_environment_lacks_is_told_with_file_line_and_key(desk: Path, ran: Callable[..., Ran]) -> None:
    text = EXPERIMENT.replace("one: {simulated: {model: 0}}", "one: {model: gpt-4.1-mini}")
    (desk / "small.yaml").write_text(text, "utf-8")
    told = (
        "the environment variable OPENAI_API_KEY is not set\n"
        "  allowed: a variable that holds this endpoint's key\n"
        "  set it (export OPENAI_API_KEY=…), or name another variable under api_key_env\n"
    )
    assert ran("run", "small.yaml") == (2, "", f"agentscale: small.yaml:3: models.one.model: {told}")
    endpoint = "endpoints:\n  here: {base_url: 'http://127.0.0.1:9/v1',\n         api_key_env: NO_SUCH_KEY}\n"
    text = endpoint + EXPERIMENT.replace("{simulated: {model: 0}}", "{endpoint: here, model: m}")
    (desk / "small.yaml").write_text(text, "utf-8")
    told = told.replace("OPENAI_API_KEY", "NO_SUCH_KEY")
    assert ran("run", "small.yaml") == (2, "", f"agentscale: small.yaml:3: endpoints.here.api_key_env: {told}")


def test_a_model_to_launch_that_is_not_there_is_told_with_file_line_and_key(
    desk: Path, ran: Callable[..., Ran]
) -> None:
    endpoint = "endpoints:\n  here: {launch: {model: smolm2-135m}}\n  unused: {launch: {model: neither}}\n"
    text = endpoint + EXPERIMENT.replace("{simulated: {model: 0}}", "{endpoint: here, model: m}")
    (desk / "small.yaml").write_text(text, "utf-8")
    code, out, err = ran("run", "small.yaml")
    assert (code, out) == (2, "")
    assert err.startswith("agentscale: small.yaml:2: endpoints.here.launch.model: ")
    assert "did you mean 'smollm2-135m'?" in err
    assert sorted(path.name for path in desk.iterdir()) == ["small.yaml"]


def test_a_topology_that_no_size_can_have_is_told_with_the_reason(desk: Path, ran: Callable[..., Ran]) -> None:
    text = (
        EXPERIMENT.replace("[complete, ring]", "{small_world: {k: 4}}")
        .replace("[vote, {", "[{")
        .replace("1, 2]", "2, 4]")
    )
    (desk / "small.yaml").write_text(text, "utf-8")
    code, _, err = ran("run", "small.yaml")
    assert code == 2
    assert err.startswith("agentscale: small.yaml:7: topology: no cell is left; ")
    assert "with 2 agents" in err


def test_a_missing_file_is_told_with_the_nearest_ready_experiment(ran: Callable[..., Ran]) -> None:
    code, _, err = ran("run", "mian")
    assert code == 2
    assert "'mian'" in err
    assert "did you mean 'main'?" in err


def test_an_unknown_command_is_told_with_the_nearest(ran: Callable[..., Ran]) -> None:
    code, _, err = ran("rnu", "small.yaml")
    assert code == 2
    assert "unknown command 'rnu'" in err
    assert "did you mean 'run'?" in err


def test_a_folder_with_another_experiment_is_refused_with_the_difference(ran: Callable[..., Ran]) -> None:
    ran("run", "small.yaml", "--no-report")
    code, _, err = ran("run", "small.yaml", "seed=5", "--no-report")
    assert code == 2
    assert "seed" in err
    assert "--out" in err


def test_a_replay_of_no_run_says_what_a_run_is(ran: Callable[..., Ran]) -> None:
    code, _, err = ran("replay", "nowhere")
    assert code == 7
    assert "nowhere" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("concurrency", ["0", "-1"])
def test_a_concurrency_below_one_is_refused(desk: Path, ran: Callable[..., Ran], concurrency: str) -> None:
    code, _, err = ran("run", "small.yaml", "--concurrency", concurrency)
    assert code == 2
    assert "at least 1" in err
    assert not (desk / "results").exists()


def test_an_env_file_is_read_only_where_it_is_named_and_its_key_is_written_nowhere(
    desk: Path, ran: Callable[..., Ran]
) -> None:
    canary = "sk-canary-0123456789abcdef"
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    (desk / "keys.env").write_text(f"MY_KEY={canary}\n")
    endpoint = f"endpoints: {{here: {{base_url: 'http://127.0.0.1:{port}/v1', api_key_env: MY_KEY, max_retries: 0}}}}\n"
    text = endpoint + EXPERIMENT.replace("{simulated: {model: 0}}", "{endpoint: here, model: m}")
    (desk / "small.yaml").write_text(text, "utf-8")
    code, _, err = ran("run", "small.yaml")
    assert code == 2
    assert "MY_KEY" in err
    code, out, err = ran("run", "small.yaml", "--env-file", "keys.env")
    assert code == 3
    written = b"".join(path.read_bytes() for path in (desk / "results").rglob("*") if path.is_file())
    assert canary not in out + err
    assert canary.encode() not in written
    assert ran("run", "small.yaml", "--env-file", "none.env")[0] == 2


def test_one_ctrl_c_exits_with_130_and_no_traceback_and_a_second_says_what_is_kept(desk: Path) -> None:
    slow = (
        "import asyncio\n"
        "from agentscale import models\n"
        "class Far:\n"
        "    def __init__(self, model):\n"
        "        self.model, self.identity, self.aclose = model, model.identity, model.aclose\n"
        "    async def complete(self, request, call):\n"
        "        print('asked', flush=True)\n"
        "        await asyncio.sleep(3)\n"
        "        return await self.model.complete(request, call)\n"
        "build = models.build\n"
        "models.build = lambda *args, **keys: {name: Far(model) for name, model in build(*args, **keys).items()}\n"
        "from agentscale.cli import main\n"
        "main(['run', 'small.yaml', 'team.size=8', '--concurrency', '4'])\n"
    )
    for presses, told in ((1, "stopped: the same command goes on"), (2, "aborted; what was recorded is kept")):
        process = subprocess.Popen(
            [sys.executable, "-c", slow], cwd=desk, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        for _ in range(presses):
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert told in err
        assert "Traceback" not in err


def test_output_that_cannot_be_written_is_one_line(ran: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("agentscale.cli.commands.help.topics", full)
    assert ran("help") == (1, "", "agentscale: cannot write: No space left on device\n")


# -- catalog, init, schema, help --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["topologies", "tasks", "personas", "protocols", "experiments"])
def test_the_catalog_lists_every_kind_for_people_and_machines(ran: Callable[..., Ran], kind: str) -> None:
    code, out, _ = ran("catalog", kind)
    rows = json.loads(ran("catalog", kind, "--json")[1])
    assert code == 0
    assert rows
    assert all(row["name"] in out and row["description"] for row in rows)
    assert max(map(len, out.splitlines())) <= 80


def test_init_copies_a_ready_experiment_and_never_overwrites(desk: Path, ran: Callable[..., Ran]) -> None:
    assert ran("init", "main")[1] == "main.yaml\n"
    before = (desk / "main.yaml").read_text("utf-8")
    assert before.startswith("# ")
    code, _, err = ran("init", "main")
    assert code == 2
    assert "exists already" in err
    assert (desk / "main.yaml").read_text("utf-8") == before
    assert ran("init", "mian")[0] == 2


def test_the_schema_is_printed_for_editors(ran: Callable[..., Ran]) -> None:
    schema = json.loads(ran("schema")[1])
    assert {"models", "task", "team", "protocol", "topology"} <= set(schema["properties"])


def test_every_command_has_one_line_help_and_a_page(ran: Callable[..., Ran]) -> None:
    group = app
    assert isinstance(group, Lazy)
    for name in COMMANDS:
        code, out, _ = ran(name, "--help")
        assert code == 0
        assert "Usage: agentscale" in out
        assert name in topics()
        assert page(name).startswith(f"# {name}: ")
    listed = ran("--help")[1]
    assert all(name in listed for name in COMMANDS)
    assert set(topics()) >= {"experiment", "metrics", "recording", "pytest", "models"}


def test_a_forecast_fits_80_columns_and_tells_the_best_team_its_cost_and_its_reach(ran: Callable[..., Ran]) -> None:
    ran("run", "small.yaml", "--no-report")
    code, out, _ = ran("forecast", "results/small")
    assert code == 0
    assert out.splitlines()[0].split() == ["team", "N", "accuracy", "reach"]
    assert max(map(len, out.splitlines())) <= 80
    code, out, _ = ran("forecast", "results/small", "--team", "one=40", "--json")
    (row,) = json.loads(out)
    assert (code, row["team"], row["size"], row["reach"], row["cost"]) == (0, "40 one", 40, 20.0, None)
    assert "more than 4 times the pilot" in row["warnings"]
    code, out, _ = ran("forecast", "results/small", "--calls", "5")
    assert "best for 5 calls a question" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--team", "one"), "NAME=COUNT"),
        (("--team", "onne=3"), "did you mean 'one'?"),
        (("--calls", "0.5"), "at least the cheapest agent"),
        (("--usd", "1"), "an answer of 'one/-' costs nothing"),
    ],
)
def test_a_forecast_that_cannot_be_made_says_why(ran: Callable[..., Ran], args: tuple[str, ...], said: str) -> None:
    ran("run", "small.yaml", "--no-report")
    code, _, err = ran("forecast", "results/small", *args)
    assert code == 2
    assert said in err


def test_help_lists_topics_shows_pages_and_names_the_nearest(ran: Callable[..., Ran]) -> None:
    assert "experiment" in ran("help")[1]
    assert "max_in_flight" in ran("help", "experiment")[1]
    code, _, err = ran("help", "metric")
    assert code == 2
    assert "did you mean 'metrics'?" in err


def test_the_page_on_experiments_lists_every_key_of_the_records() -> None:
    from agentscale.cli.pages.keys import SECTIONS

    text = page("experiment")
    for record in SECTIONS.values():
        for name in record.model_fields:
            assert re.search(rf"^    {name} +(default: |must be given)", text, re.MULTILINE), name


def test_the_page_on_models_lists_every_profile_and_what_it_changes() -> None:
    from agentscale.models.openai_chat.presets import PRESETS

    text = page("models").partition("## All profiles")[2]
    sections = re.split(r"^    (?=\S)", text, flags=re.MULTILINE)[1:]
    assert [section.split("\n")[0] for section in sections] == list(PRESETS)
    for section, preset in zip(sections, PRESETS.values(), strict=True):
        said = " ".join(section.split())
        assert preset.about in said
        assert preset.pattern is None or f"names that match {preset.pattern}" in said
        assert all(f"{ours} is sent as {theirs}" in said for ours, theirs in preset.profile.renamed.items())
        assert ("not sent: " + ", ".join(preset.profile.unsent) in said) == bool(preset.profile.unsent)
        assert (f"system: {preset.profile.system}" in said) == (preset.profile.system != "system")


def test_the_page_on_protocols_lists_every_parameter_of_each_and_the_catalog_names_them(
    ran: Callable[..., Ran],
) -> None:
    from agentscale.protocols import PROTOCOLS

    sections = dict(zip(*[iter(re.split(r"^### (\w+)\n", page("protocols"), flags=re.MULTILINE)[1:])] * 2, strict=True))
    rows = {row["name"]: row for row in json.loads(ran("catalog", "protocols", "--json")[1])}
    listed = " ".join(ran("catalog", "protocols")[1].split())
    assert list(sections) == list(rows) == sorted(PROTOCOLS)
    for name, member in PROTOCOLS.items():
        assert set(rows[name]["parameters"]) | set(rows[name]["must"]) == set(member.model_fields)
        for field in member.model_fields:
            assert re.search(rf"^    {field} +(default: |must be given)", sections[name], re.MULTILINE), field
    assert "Takes weights: must be given." in listed
    assert "Takes rounds: 3, see: answer, schedule, order: synchronous," in listed


def test_the_version_is_that_of_the_package(ran: Callable[..., Ran]) -> None:
    from importlib.metadata import version

    assert ran("--version")[1] == f"agentscale {version('agentscale')}\n"
