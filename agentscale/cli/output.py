"""What the commands print: progress, summary, listings, JSON. Progress goes to stderr, results to stdout."""

from __future__ import annotations

import json
import math
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from agentscale.cli.amounts import tokens, usd

if TYPE_CHECKING:
    from agentscale.api import Run
    from agentscale.engine.tally import Tally
    from agentscale.transport import Traffic

PLAIN_EVERY_S = 5.0
"""Seconds between two plain lines of progress where there is no terminal, and between lines on what holds calls up."""


def to_json(value: Any) -> str:
    """``value`` as JSON for machines; what is undefined is ``null``, what has no bound the text ``Infinity``."""
    return json.dumps(_plain(value), indent=2, ensure_ascii=True, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


@contextmanager
def watching(*, quiet: bool) -> Iterator[Callable[[Tally], None]]:
    """A watch that shows progress: a bar on a terminal, a line now and then elsewhere, nothing when ``quiet``."""
    if quiet:
        yield lambda tally: None
    elif sys.stderr.isatty():
        with _bar() as watch:
            yield watch
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Callable[[Tally], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("trials", total=None)
        news = _News()

        def watch(tally: Tally) -> None:
            progress.update(task, total=tally.trials, completed=tally.trials_done, description=_progress(tally))
            for line in news.due(_strains(tally)):
                progress.console.print(line, markup=False, highlight=False)

        yield watch


def _lines() -> Callable[[Tally], None]:
    news = _News()

    def watch(tally: Tally) -> None:
        for line in news.due([f"{tally.trials_done}/{tally.trials} trials, {_progress(tally)}", *_strains(tally)]):
            click.echo(line, err=True)

    return watch


class _News:
    """Lines that are told now and then, those alone that differ from what was told last."""

    def __init__(self) -> None:
        self._told_s = time.monotonic()
        self._told: list[str] = []

    def due(self, lines: list[str]) -> list[str]:
        """What is to be told of ``lines`` now."""
        if time.monotonic() - self._told_s < PLAIN_EVERY_S:
            return []
        self._told_s, before, self._told = time.monotonic(), self._told, lines
        return [line for line in lines if line not in before]


def _state(tally: Tally) -> str:
    failed = f", {tally.calls_failed} failed" if tally.calls_failed else ""
    return f"{tally.calls_asked} of at most {tally.calls_at_most} calls asked{failed}"


def _tools(tally: Tally) -> str:
    """How often tools were used; nothing where they were not."""
    wrong = f", of which {tally.tool_errors:,} went wrong" if tally.tool_errors else ""
    return f"tools used {_times(tally.tool_uses)}{wrong}" if tally.tool_uses else ""


def _progress(tally: Tally) -> str:
    return f"{_state(tally)}, {_spent(tally)}"


def _strains(tally: Tally) -> list[str]:
    """What held up calls, a line for each endpoint; none where nothing did."""
    return [
        textwrap.shorten(f"{name}: {', '.join(_strain(traffic))}", 78, placeholder=" …")
        for name, traffic in sorted(tally.traffic.items())
    ]


def _strain(traffic: Traffic) -> Iterator[str]:
    if traffic.rate_limited:
        yield f"rate limit met {_times(traffic.rate_limited)}"
    if traffic.paused_s:
        yield f"paused for {max(1, round(traffic.paused_s)):,} s"
    if traffic.key_refused:
        yield "its key is refused"
    elif traffic.opened:
        yield f"left alone {_times(traffic.opened)} after faults in a row"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"


def _spent(tally: Tally) -> str:
    """Tokens and money; what is unknown is said to be so."""
    counted = f"{tokens(tally.tokens_in)} tokens in, {tokens(tally.tokens_out)} out"
    unknown = f" (unknown of {tally.usage_unknown} calls)" if tally.usage_unknown else ""
    return f"{counted}{unknown}, usd {usd(tally.usd)}"


def finish(run: Run, *, page: bool, as_json: bool) -> None:
    """Prints how the run ended and where its page is.

    Exits with 130 if it was stopped, and with 3 if every call failed or no endpoint takes its key.

    Raises:
        BudgetExceeded: If a cap of the budget ended it, or a part of it; all else is told by then.
    """
    tally = run.tally
    assert tally is not None  # finish() is for runs that were just made
    where = run.report() if page and tally.trials_done else None
    if as_json:
        made = {"run": str(run.path), "report": where and str(where), "not_given": run.not_given}
        click.echo(to_json({**made, **vars(tally)}))
    else:
        _told(run, tally)
        if where is None:
            _warn(run.not_given)
        else:
            summary(run)
            click.echo(f"page: {where}")
    if tally.stopped:
        sys.exit(130)
    if tally.refused or (tally.calls_asked and tally.calls_failed == tally.calls_asked):
        sys.exit(3)
    if tally.caps_reached:
        from agentscale.engine.budget import exceeded

        raise exceeded(tally)


def _told(run: Run, tally: Tally) -> None:
    click.echo(f"{tally.trials_done} of {tally.trials} trials, {_state(tally)}, in {run.path}")
    if tally.calls_asked:
        click.echo(f"  {_spent(tally)}")
    if tally.tool_uses:
        click.echo(f"  {_tools(tally)}")
    if tally.calls_in_flight:
        click.echo(
            f"  {tally.calls_in_flight} calls were in flight when a run was killed here; "
            f"asked again: {tally.calls_asked_again}"
        )
    for line in _strains(tally):
        click.echo(f"  {line}")
    for kind, count in sorted(tally.failures.items()):
        click.echo(f"  {count} calls failed, {kind}. The first one said:", err=True)
        click.echo(textwrap.indent(tally.first_words[kind], "    "), err=True)
    if tally.refused:
        click.echo(f"  ended early: {textwrap.indent(tally.refused, '  ').lstrip()}", err=True)
    elif tally.failures:
        click.echo("  the same command asks again what failed, and nothing else", err=True)
    if tally.stopped:
        click.echo("  stopped: the same command goes on where this one stopped", err=True)


def warned(run: Run) -> None:
    """Prints the warnings of a run's analysis."""
    _warn(run.analysis.warnings)


def _warn(warnings: Sequence[str]) -> None:
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)


def summary(run: Run) -> None:
    """Prints the curves: accuracy and K* against the team's size, with intervals, and who made K*, in 80 columns."""
    from agentscale.report.card import embedder
    from agentscale.report.settings import shortened

    warned(run)
    rows = [
        [
            row["setting"],
            row["teams"] if row["layer"] == "explicit" else row["layer"],
            str(row["size"]),
            _interval(row["accuracy"], row["low"], row["high"]),
            _interval(row["k_star"], row["k_star_low"], row["k_star_high"]),
        ]
        for row in shortened({"curves": run.rows("curves")})["curves"]
    ]
    click.echo(columns(["protocol", "team", "N", "accuracy", "K*"], rows))
    click.echo(textwrap.fill(f"K* by {embedder(run.analysis.embedder)}", 80))


def forecasts(made: Sequence[Mapping[str, Any]]) -> str:
    """The rows of a forecast within 80 columns, and below them what they are warned of."""
    several = len({row["task"] for row in made}) > 1
    head = [*(["task"] if several else []), "team", "N", "accuracy", "reach"]
    rows = [
        [
            *([textwrap.shorten(row["task"], 12, placeholder="…")] if several else []),
            textwrap.shorten(row["team"], 30 if several else 40, placeholder=" …"),
            f"{row['size']:,.0f}" if math.isfinite(row["size"]) else "∞",
            _interval(row["accuracy"], row["low"], row["high"]),
            f"{row['reach']:.2g}×" if math.isfinite(row["reach"]) else "∞",
        ]
        for row in made
    ]
    said = dict.fromkeys(text for row in made for text in [*_chosen(row), *row["warnings"].split("; ")] if text)
    notes = [textwrap.fill(text, 78, initial_indent="  ", subsequent_indent="  ") for text in said]
    return "\n".join([columns(head, rows), *notes])


def _chosen(row: Mapping[str, Any]) -> list[str]:
    """Under which budget a best team was chosen, what it costs, and how many were looked at."""
    if not row["kind"].startswith("best"):
        return []
    return [f"{row['team']}: {row['kind']} a question, costs {row['cost']:,.4g}, {row['method'].split(';')[0]}"]


def embedder_summary(run: Run) -> None:
    """Prints how far embedders agree, where the run is analysed with several. Within 80 columns."""
    rows = run.rows("embedders") if "embedders" in run.analysis.tables else ()
    for b, task in dict.fromkeys((row["b"], row["task"]) for row in rows):
        click.echo("\n" + textwrap.fill(f"rank agreement (Spearman) of {rows[0]['a']} and {b}, {task}", 80))
        lines = [
            [row["over"], row["measure"], _interval(row["spearman"], row["low"], row["high"]), str(row["n_cells"])]
            for row in rows
            if (row["b"], row["task"]) == (b, task)
        ]
        click.echo(columns(["over", "of", "agreement", "cells"], lines))


def _interval(value: float, low: float, high: float) -> str:
    if math.isnan(value):
        return "–"
    ends = "" if math.isnan(low) else f" [{low:.2f}, {high:.2f}]"
    return f"{value:.2f}{ends}"


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Left-aligned columns, two spaces apart."""
    widths = [max(len(cells[index]) for cells in [head, *rows]) for index in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) for cells in [head, *rows]]
    return "\n".join(line.rstrip() for line in lines)


def listing(rows: Sequence[Mapping[str, Any]]) -> str:
    """Names with their descriptions beside them, and what they take, wrapped to the terminal."""
    formatter = click.HelpFormatter(max_width=100)
    formatter.write_dl([(str(row["name"]), f"{row['description']}{_taken(row)}") for row in rows])
    return formatter.getvalue().rstrip("\n")


def _taken(row: Mapping[str, Any]) -> str:
    """The parameters of a protocol: first those that must be given, then the others with their defaults."""
    given = [f"{name}: must be given" for name in row.get("must", ())]
    usual = row["parameters"] if "must" in row else {}
    taken = given + [f"{name}: {_short(value)}" if _short(value) else name for name, value in usual.items()]
    return f" Takes {', '.join(taken)}." if taken else ""


def _short(value: Any) -> str:
    """A default in a word or a few; empty where it takes more, or is nothing."""
    if isinstance(value, list):
        return "" if any(isinstance(each, dict | list) for each in value) else " ".join(map(str, value))
    return "" if value is None or isinstance(value, dict) else str(value)
