"""Tables for print: the few columns that a paper shows, each number with its interval, in LaTeX or Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from agentscale.report.figures.base import series_name
from agentscale.report.numbers import ABSENT, Row, between, cell_text, channels, count, known, percent, points

Form = Literal["latex", "markdown"]
FORMS: tuple[Form, ...] = ("latex", "markdown")


class Column(NamedTuple):
    """A column of a printed table."""

    title: str
    value: str
    low: str = ""
    high: str = ""
    """Columns of the interval's ends; empty where it has none."""
    words: Callable[[object], str] = cell_text


def _whole(value: object) -> str:
    return count(float(value)) if isinstance(value, int | float) and known(value) else ABSENT


PLACE = (Column("Setting", "setting"), Column("Team", "team"), Column("N", "size"))
TABLES: dict[str, tuple[Column, ...]] = {
    "curves": (
        *PLACE,
        Column("Accuracy", "accuracy", "low", "high", percent),
        Column("Chance", "chance", words=percent),
        Column("K*", "k_star", "k_star_low", "k_star_high", channels),
        Column("Unread", "parse_failure", words=percent),
        Column("Calls", "calls", words=_whole),
        Column("Tokens", "tokens", words=_whole),
        Column("Questions", "n_items"),
    ),
    "comparisons": (
        Column("This", "a"),
        Column("Against", "b"),
        Column("Points", "delta", "low", "high", points),
        Column("McNemar p", "p_mcnemar"),
        Column("Questions", "n_items"),
    ),
    "fits": (
        *PLACE[:2],
        Column("Of", "quantity"),
        Column("Law", "family"),
        Column("Parameters", "parameters"),
        Column("Weight", "weight"),
        Column("At N", "reach", words=_whole),
        Column("Forecast", "forecast", "low", "high", channels),
    ),
    "forecast": (
        Column("Task", "task"),
        Column("Kind", "kind"),
        Column("Team", "team"),
        Column("N", "size", words=lambda value: str(value) if isinstance(value, str) else _whole(value)),
        Column("Accuracy", "accuracy", "low", "high", percent),
        Column("Questions", "n_items"),
    ),
}
"""The tables that are printed."""

_LATEX = {
    "K*": "$K^*$", "\\": r"\textbackslash{}",
    "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "−": r"$-$", "×": r"$\times$", "·": r"$\cdot$", "∞": r"$\infty$", "–": "--", "→": r"$\to$", "ρ": r"$\rho$",
}  # fmt: skip
_SPECIAL = re.compile("|".join(map(re.escape, _LATEX)))


def typeset(tables: Mapping[str, Sequence[Row]], form: Form) -> dict[str, str]:
    """Every table of ``TABLES`` that has a row, by name.

    Args:
        tables: The rows of every table, legible, with ``setting`` and ``played``.
        form: ``latex`` wants the package ``booktabs``; ``markdown`` is that of GitHub.
    """
    write = latex if form == "latex" else markdown
    return {
        name: write([column.title for column in columns], [_entries(row, columns) for row in tables[name]])
        for name, columns in TABLES.items()
        if tables.get(name)
    }


def _entries(row: Row, columns: Sequence[Column]) -> list[str]:
    named = {**row, "team": series_name(row) if "layer" in row else row.get("team")}
    return [_entry(named, column) for column in columns]


def _entry(row: Row, column: Column) -> str:
    value = row.get(column.value)
    if isinstance(value, str):
        return value or ABSENT
    span = between(row.get(column.low), row.get(column.high), column.words) if column.low else ""
    return column.words(value) + (f" ({span})" if span else "")


def latex(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A ``tabular`` with the rules of booktabs; columns of numbers are set flush right."""
    sides = "".join("r" if _is_number(column) else "l" for column in zip(*rows, strict=True))
    lines = [" & ".join(map(escaped, row)) + r" \\" for row in rows]
    head = " & ".join(map(escaped, titles)) + r" \\"
    begin = [rf"\begin{{tabular}}{{{sides}}}", r"\toprule", head, r"\midrule"]
    return "\n".join([*begin, *lines, r"\bottomrule", r"\end{tabular}", ""])


def markdown(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as GitHub reads it."""
    sides = ["--:" if _is_number(column) else "---" for column in zip(*rows, strict=True)]
    return "".join(f"| {' | '.join(map(_barred, line))} |\n" for line in [titles, sides, *rows])


def _is_number(column: Sequence[str]) -> bool:
    return all(text == ABSENT or re.match(r"[-+−]?[\d.,]+( %)?( \(|$)", text) for text in column)


def _barred(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def escaped(text: str) -> str:
    """A text in which LaTeX sees no command."""
    return _SPECIAL.sub(lambda found: _LATEX[found.group()], text.replace("\n", " "))
