"""A run that its budget ends, at the command line: what is printed, what is kept, exit code 5."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agentscale.cli import main

Ran = tuple[int, str, str]

EXPERIMENT = """\
name: small
models:
  one: {simulated: {model: 0}, price: {input: 100, output: 200}}
sampling: {max_tokens: 60}
task: {name: knowledge, limit: 6}
team: {size: [1, 2], layer: L1}
embedder: lexical
budget: {calls: 9}
"""


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs a command line beside one experiment file and gives exit code and both outputs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(EXPERIMENT, "utf-8")

    def run(*args: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(list(args))
        out, err = capsys.readouterr()
        return ended.value.code if isinstance(ended.value.code, int) else 0, out, err

    return run


def test_a_run_that_meets_its_cap_reports_says_so_last_and_exits_with_5(ran: Callable[..., Ran]) -> None:
    code, out, err = ran("run", "small.yaml")
    assert code == 5
    assert out.startswith("8 of 12 trials, 8 of at most 18 calls asked, in results/small\n  ")
    assert out.splitlines()[-1] == "page: results/small/report.html"
    assert err.endswith(
        "agentscale: budget.calls: 8 of 9 spent, the next question takes up to 2\n"
        "  done: 4 of 6 trials of each of 2 cells, such as knowledge.vote.L1.one.n1\n"
        "  what is recorded is kept: raise the cap, and the same command goes on\n"
    )
    assert max(map(len, (out + err).splitlines())) <= 80


def test_the_same_command_with_a_raised_cap_goes_on_and_ends_with_0(ran: Callable[..., Ran]) -> None:
    ran("run", "small.yaml", "--no-report")
    code, out, _ = ran("run", "small.yaml", "budget.calls=50", "--no-report")
    assert code == 0
    assert out.startswith("12 of 12 trials, 4 of at most 18 calls asked, in results/small\n")


def test_the_closing_line_shows_tokens_and_money_and_what_is_unknown_of_it(ran: Callable[..., Ran]) -> None:
    told = json.loads(ran("run", "small.yaml", "--no-report", "--json")[1])
    assert told["usd"] == pytest.approx((100 * told["tokens_in"] + 200 * told["tokens_out"]) / 1e6)
    assert told["caps_reached"] == ["budget.calls: 8 of 9 spent, the next question takes up to 2"]
    _, out, _ = ran("run", "small.yaml", "--no-report", "--out", "other")
    assert out.splitlines()[1] == f"  {told['tokens_in']} tokens in, {told['tokens_out']} out, usd {told['usd']:.2f}"


def test_a_cap_on_money_with_an_unknown_price_is_refused_before_anything_is_written(ran: Callable[..., Ran]) -> None:
    code, _, err = ran("run", "small.yaml", "models.one={model: x, endpoint: far}", "budget.usd=1",
                       "endpoints.far={base_url: 'http://models.example.org/v1'}")  # fmt: skip
    assert code == 2
    assert "models.one: budget.usd is a cap on money, and nobody knows the price of 'x'" in err
    assert not Path("results").exists()


def test_a_budget_that_is_no_budget_is_refused_by_its_key(ran: Callable[..., Ran]) -> None:
    code, _, err = ran("run", "small.yaml", "budget.dollars=1")
    assert code == 2
    assert "budget.dollars: unknown key" in err
    assert "agent, calls, cell, tokens, usd, wall_s" in err
