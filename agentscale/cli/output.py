"""What the commands print: how a run ended, its summary, listings, JSON. Results go to stdout, all else to stderr."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from agentscale.cli.amounts import columns, short_names
from agentscale.cli.curves import curves, interval, team
from agentscale.cli.tallies import asked, spent, strains, tools
from agentscale.cli.worlds import worlds
from agentscale.report.legible import visible

if TYPE_CHECKING:
    from agentscale.api import Run
    from agentscale.engine.tally import Tally


def say(text: str, *, err: bool = False) -> None:
    """Prints a text that may hold words of strangers: what could steer the terminal is shown, and does nothing."""
    click.echo(visible(text), err=err)


@contextlib.contextmanager
def notices_aside() -> Iterator[None]:
    """While the block runs, stdout is stderr: there go the notices of libraries, those too that are not Python."""
    sys.stdout.flush()
    results = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(results, 1)
        os.close(results)


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


def changed(run: Run) -> None:
    """Says how many answers another reader has otherwise, and where each of them stands."""
    rows = run.rows("rereading")
    members = sum(row.get("round") is not None for row in rows)
    say(f"read otherwise: {members} answers of agents, {len(rows) - members} of teams; {run.keep('rereading')}")


def finish(run: Run, *, page: bool, as_json: bool) -> None:
    """Prints how the run ended and where its page is.

    Exits with 130 if it was stopped, and with 3 if every call failed or no endpoint takes its key.

    Raises:
        BudgetExceeded: If a cap of the budget ended it, or a part of it; all else is told by then.
    """
    tally = run.tally
    if run.shares_left and not as_json:
        say(f"{run.shares_left} shares of {run.path} are left; the last one to be played makes the transcripts")
    if tally is None:  # a share that others have played, or are playing
        return
    where = run.report() if page and tally.trials_done and not run.shares_left else None
    if as_json:
        made = {"run": str(run.path), "report": where and str(where), "not_given": run.not_given}
        click.echo(to_json({**made, **vars(tally)}))
    else:
        _told(run, tally)
        if where is None:
            _warn(run.not_given)
        else:
            summary(run)
            say(f"page: {where}")
    if tally.stopped:
        sys.exit(130)
    if tally.refused or (tally.calls_asked and tally.calls_failed == tally.calls_asked):
        sys.exit(3)
    if tally.caps_reached:
        from agentscale.engine.budget import exceeded

        raise exceeded(tally)


def _told(run: Run, tally: Tally) -> None:
    say(f"{tally.trials_done} of {tally.trials} trials, {asked(tally)}, in {run.path}")
    if tally.calls_asked:
        say(f"  {spent(tally)}")
    if tally.tool_uses:
        say(f"  {tools(tally)}")
    if tally.calls_in_flight:
        say(
            f"  {tally.calls_in_flight} calls were in flight when a run was killed here; "
            f"asked again: {tally.calls_asked_again}"
        )
    for line in strains(tally):
        say(f"  {line}")
    for kind, count in sorted(tally.failures.items()):
        say(f"  {count} calls failed, {kind}. The first one said:", err=True)
        say(textwrap.indent(tally.first_words[kind], "    "), err=True)
    if tally.refused:
        say(f"  ended early: {textwrap.indent(tally.refused, '  ').lstrip()}", err=True)
    elif tally.failures:
        say("  the same command asks again what failed, and nothing else", err=True)
    if tally.stopped:
        say("  stopped: the same command goes on where this one stopped", err=True)


def warned(run: Run) -> None:
    """Prints the warnings of a run's analysis."""
    _warn(run.analysis.warnings)


def _warn(warnings: Sequence[str]) -> None:
    for warning in warnings:
        say(f"warning: {warning}", err=True)


def summary(run: Run) -> None:
    """Prints the curves, a line each, what worlds measured, and who made K*, in 80 columns."""
    from agentscale.report.card import embedder
    from agentscale.report.settings import shortened

    warned(run)
    say(curves(shortened({"curves": run.rows("curves")})["curves"]))
    if means := run.rows("worlds"):
        say(worlds(means))
    say(textwrap.fill(f"K* by {embedder(run.analysis.embedder)}", 80))


def points(run: Run) -> None:
    """Prints every point of the curves below a free line: accuracy and K* at each size, with intervals."""
    from agentscale.report.settings import shortened

    rows = [
        [
            row["setting"],
            team(row),
            str(row["size"]),
            interval(row["accuracy"], row["low"], row["high"]),
            interval(row["k_star"], row["k_star_low"], row["k_star_high"]),
        ]
        for row in shortened({"curves": run.rows("curves")})["curves"]
    ]
    say("\n" + columns(["protocol", "team", "N", "accuracy", "K*"], rows))


def forecasts(made: Sequence[Mapping[str, Any]]) -> str:
    """The rows of a forecast within 80 columns, and below them what they are warned of."""
    several = len({row["task"] for row in made}) > 1
    head = [*(["task"] if several else []), "team", "N", "accuracy", "reach"]
    rows = [
        [
            *([textwrap.shorten(row["task"], 12, placeholder="…")] if several else []),
            textwrap.shorten(row["team"], 30 if several else 40, placeholder=" …"),
            f"{row['size']:,.0f}" if math.isfinite(row["size"]) else "∞",
            interval(row["accuracy"], row["low"], row["high"]),
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


def differences(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows of a comparison of two runs within 80 columns, and below them what they are warned of."""
    names = short_names([row["cell"] for row in rows])
    lines = [
        [name, *(_two(row[side]) for side in ("accuracy", "accuracy_other")), _difference(row), str(row["n_items"])]
        for row, name in zip(rows, names, strict=True)
    ]
    said = {row["note"]: name for row, name in zip(rows, names, strict=True)}
    notes = [
        textwrap.fill(f"{name}: {note}", 78, initial_indent="  ", subsequent_indent="  ") for note, name in said.items()
    ]
    return "\n".join([columns(["cell", "run", "other", "difference", "questions"], lines), *notes])


def _two(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _difference(row: Mapping[str, Any]) -> str:
    if math.isnan(row["delta"]):
        return "–"
    ends = "" if math.isnan(row["low"]) else f" [{row['low']:+.2f}, {row['high']:+.2f}]"
    return f"{row['delta']:+.2f}{ends}"


def embedder_summary(run: Run) -> None:
    """Prints how far embedders agree, where the run is analysed with several. Within 80 columns."""
    rows = run.rows("embedders") if "embedders" in run.analysis.tables else ()
    for b, task in dict.fromkeys((row["b"], row["task"]) for row in rows):
        say("\n" + textwrap.fill(f"rank agreement (Spearman) of {rows[0]['a']} and {b}, {task}", 80))
        lines = [
            [row["over"], row["measure"], interval(row["spearman"], row["low"], row["high"]), str(row["n_cells"])]
            for row in rows
            if (row["b"], row["task"]) == (b, task)
        ]
        say(columns(["over", "of", "agreement", "cells"], lines))


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
