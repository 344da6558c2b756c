"""``import`` and ``export`` as a user sees them."""

from pathlib import Path

from click.testing import CliRunner

from agentscale.cli import app
from agentscale.cli.pages import page
from agentscale.interop import ANSWERS, READERS, TRIALS, WRITERS

LOG = "question,agent,answer,truth,mood\nq1,anna,A,A,good\nq1,ben,C,A,bad\nq2,anna,B,B,good\nq2,ben,B,B,good\n"


def test_the_table_of_the_page_goes_in_and_out_again(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG, "utf-8")
    run = str(tmp_path / "run")
    done = CliRunner().invoke(app, ["import", str(tmp_path / "log.csv"), "--out", run, "--embedder", "lexical"])
    assert done.exit_code == 0, done.output
    assert "note: columns that agentscale has no use for are left out: mood" in done.stderr
    assert "vote" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80 + len(run)
    done = CliRunner().invoke(app, ["export", run])
    assert done.stdout.splitlines() == [f"{run}/export/csv/answers.csv", f"{run}/export/csv/trials.csv"]


def test_the_pages_name_every_format_and_every_column() -> None:
    assert all(f"| `{name}` |" in page("import") for name in READERS)
    assert all(f"| `{name}` |" in page("export") for name in WRITERS)
    assert all(f"    {name} " in page("export") for name in (*ANSWERS, *TRIALS))
