"""``agentscale estimate``: what it prints, within 80 columns, and what it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agentscale.cli import main
from agentscale.cli.amounts import short_names, tokens, usd

Ran = tuple[int, str, str]

EXPERIMENT = """\
name: small
models:
  one: {simulated: {model: 0}, price: {input: 1000, output: 2000}}
  two: {endpoint: far, model: nobody-knows-it}
endpoints:
  far: {base_url: "http://models.example.org/v1", api_key_env: NO_SUCH_KEY}
sampling: {max_tokens: 50}
task: {name: knowledge, limit: 3}
team: {size: [1, 2], layer: L1, models: [one]}
protocol: [vote, {debate: {rounds: 1}}]
"""


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs a command line beside one experiment file, without keys, and gives exit code and both outputs."""
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "small.yaml").write_text(EXPERIMENT, "utf-8")

    def run(*args: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(list(args))
        out, err = capsys.readouterr()
        return ended.value.code if isinstance(ended.value.code, int) else 0, out, err

    return run


def test_an_estimate_fits_80_columns_needs_no_key_and_writes_nothing(ran: Callable[..., Ran]) -> None:
    code, out, err = ran("estimate", "small.yaml", "team.models=one,two", "team.layer=L1,L3")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert sorted(path.name for path in Path().iterdir()) == ["small.yaml"]


def test_an_estimate_says_calls_alone_and_beyond_those_shared(ran: Callable[..., Ran]) -> None:
    _, out, _ = ran("estimate", "small.yaml")
    rows = [line.split() for line in out.splitlines()]
    assert out.startswith("4 cells, 12 trials; nothing of it is recorded yet\n")
    assert [row[:3] for row in rows if row and row[0].startswith(("vote", "debate"))] == [
        ["vote.n1", "3", "3"],
        ["vote.n2", "6", "3"],
        ["debate-1.n1", "6", "3"],
        ["debate-1.complete.n2", "12", "6"],
    ]
    assert next(row for row in rows if row[:2] == ["in", "all"])[2] == "15"
    assert "one" in out
    assert "1000, 1000, 2000" in out


def test_an_unknown_price_is_unknown_and_says_how_to_make_it_known(ran: Callable[..., Ran]) -> None:
    _, out, _ = ran("estimate", "small.yaml", "team.models=two")
    assert "two    unknown                                 give models.NAME.price" in out
    assert next(line for line in out.splitlines() if line.startswith("in all")).endswith("unknown")
    assert json.loads(ran("estimate", "small.yaml", "team.models=two", "--json")[1])["total"]["high"]["usd"] is None


def test_answers_without_a_cap_are_shown_as_unbounded(ran: Callable[..., Ran]) -> None:
    _, out, _ = ran("estimate", "small.yaml", "sampling.max_tokens=null")
    assert "≤ ?" in out
    assert "?: nothing bounds the answers; give max_tokens under sampling." in out


def test_what_is_recorded_is_left_out_and_counted(ran: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_SUCH_KEY", "a-key-for-nobody")
    assert ran("run", "small.yaml", "--no-report")[0] == 0
    _, out, _ = ran("estimate", "small.yaml", "replicates=2")
    assert out.startswith("4 cells, 24 trials; 15 calls are recorded already and left out\n")
    made = json.loads(ran("estimate", "small.yaml", "--json")[1])
    assert made["known_calls"] == 15
    assert made["total"]["high"]["calls"] == 0


def test_the_prices_of_models_that_nobody_asks_are_refused_by_name(ran: Callable[..., Ran]) -> None:
    code, _, err = ran("estimate", "small.yaml", "prices.nobody-knows={input: 1, output: 1}")
    assert code == 2
    assert "prices.nobody-knows: unknown model at an endpoint 'nobody-knows'" in err
    assert "did you mean 'nobody-knows-it'?" in err


@pytest.mark.parametrize(
    ("count", "written"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1k"),
        (12_345, "12.3k"),
        (999_999, "1,000k"),
        (2.5e6, "2.5M"),
        (float("inf"), "?"),
    ],
)
def test_counts_are_written_in_three_digits(count: float, written: str) -> None:
    assert tokens(count) == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [(None, "unknown"), (0.0, "0"), (0.004, "<0.01"), (0.01, "0.01"), (1234.5, "1,234.50"), (float("inf"), "?")],
)
def test_money_is_written_to_the_cent(amount: float | None, written: str) -> None:
    assert usd(amount) == written


def test_names_lose_what_all_of_them_share_and_stay_apart() -> None:
    assert short_names(["t.vote.a.n1", "t.vote.a.n2"]) == ["n1", "n2"]
    assert short_names(["only.one"]) == ["only.one"]
    assert all(len(name) <= 26 for name in short_names(["x" * 99 + ".n1", "x" * 99 + "y.n2"]))
