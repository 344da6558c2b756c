"""Progress and summary as they look: on a terminal of 80 columns, without one, without colour, and in hostile words."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from agentscale.cli import curves, main, progress
from agentscale.cli.output import say
from agentscale.engine.tally import Tally
from agentscale.transport import Address, EndpointClient

NARROW = 80


def tally(**changes: Any) -> Tally:
    made = Tally(trials=400, calls_at_most=12_000, trials_by_cell={"a": 200, "b": 200})
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def drawn(made: Tally | None, **terminal: Any) -> str:
    """What a terminal of 80 columns shows."""
    console = Console(file=io.StringIO(), width=NARROW, force_terminal=True, **terminal)
    picture = progress.Picture()
    if made is not None:
        picture.watch(made)
    console.print(picture)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_picture_tells_cells_calls_failures_by_kind_money_and_what_held_up_each_endpoint() -> None:
    traffic = EndpointClient(Address.nowhere()).traffic._replace(rate_limited=4, paused_s=12.0)
    said = drawn(
        tally(
            trials_done=250,
            done_by_cell={"a": 200, "b": 50},
            calls_asked=3000,
            calls_failed=3,
            failures={"one: timeout": 1, "one: rate_limited": 2},
            tokens_in=1_200_000,
            tokens_out=90_000,
            usd=1.234,
            traffic={"here": traffic},
        ),
        color_system=None,
    )
    assert "250/400" in said
    assert "cells     1 of 2 ended" in said
    assert "calls     3000 of at most 12000 calls asked, 3 failed" in said
    assert "failed    one: rate_limited 2 times, one: timeout once" in said
    assert "spent     1.2M tokens in, 90k out, usd 1.23" in said
    assert "endpoint  here: rate limit met 4 times, paused for 12 s" in said
    assert max(map(len, said.splitlines())) <= NARROW


def test_what_has_nothing_to_say_takes_no_line_and_a_price_that_is_unknown_is_not_0() -> None:
    said = drawn(tally(usd=None), color_system=None)
    assert [line.split()[0] for line in said.splitlines()] == ["trials", "cells", "calls", "spent"]
    assert "usd unknown" in said
    assert len(drawn(None, color_system=None).splitlines()) == 1


def test_a_line_that_is_too_long_is_cut_and_never_wrapped() -> None:
    said = drawn(tally(failures={f"model-{n}: timeout": n for n in range(1, 40)}), color_system=None)
    assert max(map(len, said.splitlines())) <= NARROW
    assert len(said.splitlines()) == 5


def test_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" in drawn(tally(), color_system="truecolor")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in drawn(tally(), color_system="truecolor")  # no colour; other looks may stay


HOSTILE = "\x1b[2J\x1b]0;mine\x07 \u202eabc \ud800 \x9b31m\rover"


def test_words_of_strangers_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    said = drawn(tally(failures={f"{HOSTILE}: error": 1}), color_system=None)
    say(HOSTILE)
    for text in (said, capsys.readouterr().out):
        assert not set(text) & set("\x1b\x07\u202e\ud800\x9b\r")
        assert r"\x1b[2J" in text
        assert r"\u202e" in text


def test_an_error_in_hostile_words_is_shown_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", f"no-such-{HOSTILE}"])
    err = capsys.readouterr().err
    assert not set(err) & set("\x1b\x07\u202e\ud800\x9b\r")
    assert r"no-such-" in err


def test_a_folder_with_a_hostile_name_is_listed_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "\x1b[2Jrun\u202e").mkdir()
    (tmp_path / "\x1b[2Jrun\u202e" / "run.json").write_text("{}", "utf-8")
    with pytest.raises(SystemExit):
        main(["ls", str(tmp_path)])
    out = capsys.readouterr().out
    assert not set(out) & set("\x1b\u202e")
    assert r"\x1b[2Jrun\u202e" in out


# -- small curves -----------------------------------------------------------------------------------------------------


def point(size: int, accuracy: float, setting: str = "vote", **changes: Any) -> dict[str, Any]:
    low, high = accuracy - 0.1, accuracy + 0.1
    row = {
        "setting": setting,
        "layer": "L1",
        "teams": "t",
        "size": size,
        "accuracy": accuracy,
        "low": low,
        "high": high,
    }
    return {**row, "k_star": float(size), "k_star_low": float(size), "k_star_high": float(size), **changes}


def test_a_curve_is_a_line_with_a_bar_a_size_and_the_numbers_of_the_largest() -> None:
    text = curves.curves([point(8, 0.9), point(1, 0.2), point(2, 0.55)])
    lines = text.splitlines()
    assert lines[1].split()[:4] == ["vote", "L1", "1–8", "▁▅█"]
    assert "0.90 [0.80, 1.00]" in lines[1]
    assert lines[-1] == "numbers: at the largest N; bars: accuracy 0.20 to 0.90, K* 1.00 to 8.00"


def test_a_single_size_has_no_bars_and_nothing_to_explain() -> None:
    text = curves.curves([point(4, 0.5)])
    assert not set(text) & set(curves.BARS)
    assert "bars" not in text


def test_what_is_undefined_is_a_gap_in_the_bars_and_a_dash_as_a_number() -> None:
    rows = [point(1, 0.2), point(2, math.nan), point(4, 0.4), point(8, 0.5, k_star=math.nan)]
    line = curves.curves(rows).splitlines()[1]
    assert "▁ ▆█" in line
    assert line.endswith("–")


def test_many_sizes_and_long_names_stay_within_80_columns() -> None:
    name = "debate(rounds=3, see=answer, schedule=simultaneous) on small_world(k=4, p=0.1)"
    rows = [point(size, size / 100, name) for size in range(1, 65)]
    text = curves.curves(rows)
    assert max(map(len, text.splitlines())) <= NARROW
    assert sum(letter in curves.BARS for letter in text) == 2 * curves.MOST


@given(st.lists(st.floats(0, 1) | st.just(math.nan), min_size=1, max_size=20))
def test_bars_rise_with_their_values(values: list[float]) -> None:
    bars = curves.Scale(0.0, 1.0).bars(values)
    told = [(value, curves.BARS.index(bar)) for value, bar in zip(values, bars, strict=True) if not math.isnan(value)]
    assert [bar for _, bar in sorted(told)] == sorted(bar for _, bar in told)
    assert bars.count(" ") == sum(map(math.isnan, values))
