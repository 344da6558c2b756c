"""Pages whose every number stands in a table: templates, and what they may say of a row.

A template says ``{{ table("votes").one(layer="L4", n=2).accuracy | percent }}``. It may hold no numeral of its own, so that a
number on a page which no table gives cannot come about (``loose_numbers`` finds those that are tried).
"""

from __future__ import annotations

import csv
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes

RESULTS = Path(__file__).parent
MINUS = "−"
SMALL = 0.02
"""Differences below it are told with a digit behind the point."""


class Table:
    """The rows of a CSV file, numbers as numbers and empty cells as None."""

    def __init__(self, path: Path) -> None:
        with path.open(newline="", encoding="utf-8") as file:
            self.rows = [{key: _value(text) for key, text in row.items()} for row in csv.DictReader(file)]
        self.path = path

    def where(self, **wanted: Any) -> list[dict[str, Any]]:
        """The rows that have these values."""
        if unknown := [key for key in wanted if self.rows and key not in self.rows[0]]:
            raise LookupError(f"{self.path.name} has no column {unknown}, but {list(self.rows[0])}")
        return [row for row in self.rows if all(row[key] == value for key, value in wanted.items())]

    def one(self, **wanted: Any) -> dict[str, Any]:
        """The one row that has these values."""
        found = self.where(**wanted)
        if len(found) != 1:
            raise LookupError(f"{self.path.name} has {len(found)} rows with {wanted}; one is wanted")
        return found[0]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def _value(text: str | None) -> Any:
    if text is None or text == "":
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def number(value: float, digits: int = 2) -> str:
    """A number with so many digits behind the point, a true minus sign, and commas between thousands."""
    text = f"{value:,.{digits}f}"
    if text.startswith("-"):
        text = text[1:] if float(text.replace(",", "")) == 0 else MINUS + text[1:]
    return text


def percent(value: float, digits: int = 0) -> str:
    """A share in [0, 1] in percent, without the sign."""
    return number(100 * value, digits)


def points(value: float, digits: int = 0) -> str:
    """A difference of two shares in percentage points, with its sign."""
    text = percent(value, digits)
    return text if text.startswith(MINUS) or float(text.replace(",", "")) == 0 else f"+{text}"


def interval(row: Mapping[str, Any], form: str = "percent", value: str = "value", digits: int | None = None) -> str:
    """``65 [47, 81]``: a value with its interval, from the columns of that name, ``low`` and ``high``.

    Args:
        row: With the columns ``value``, ``low`` and ``high``, or ``NAME``, ``NAME_low`` and ``NAME_high``.
        form: ``percent``, ``points`` or ``number``.
        value: The name of the column.
        digits: Behind the point; by default those of the form.
    """
    low, high = (f"{value}_low", f"{value}_high") if f"{value}_low" in row else ("low", "high")
    forms = {"percent": percent, "points": points, "number": number}
    shown = [forms[form](row[key], *(() if digits is None else (digits,))) for key in (value, low, high)]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"


def noise(row: Mapping[str, Any]) -> str:
    """What an interval of a difference allows to say: ``inside its noise``, or ``outside its noise``."""
    return "inside its noise" if row["low"] <= 0 <= row["high"] else "outside its noise"


def standing(low: float, high: float) -> str:
    """Where an interval of a difference puts the first of the two: ``ahead``, ``behind``, or ``level within noise``."""
    if low <= 0 <= high:
        return "level within noise"
    return "ahead" if low > 0 else "behind"


def told(row: Mapping[str, Any]) -> str:
    """The headline of a study, a row of its table ``answer``: ``65 [47, 81] %``; without its interval where it has none."""
    form, ends = row["form"], [row[key] for key in ("value", "low", "high")]
    if row["value"] is None:
        return ""
    unit = {"percent": " %", "points": " points", "number": ""}[form]
    small = form == "points" and abs(row["value"]) < SMALL
    digits = _digits([end for end in ends if end is not None]) if form == "number" else int(small)
    if row["low"] is not None and row["high"] is not None:
        return interval(row, form, digits=digits) + unit
    return {"percent": percent, "points": points, "number": number}[form](row["value"], digits) + unit


def _digits(values: Sequence[float]) -> int:
    """As many digits behind the point as such numbers want: none for counts, more for small ones."""
    if all(isinstance(value, int) for value in values):
        return 0
    largest = max(map(abs, values))
    return 0 if largest >= 1000 else 1 if largest >= 100 else 2 if largest >= 0.1 else 3


def render(template: Path, tables: Path, study: str | None = None) -> str:
    """A page.

    Args:
        template: The Jinja template.
        tables: A folder of studies; what it does not hold is read from the published ones.
        study: The study whose tables are meant where a template names none.

    Raises:
        LookupError: A row or a column that the template names is not there.
    """
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # the pages are Markdown
    )
    environment.filters |= {f.__name__: f for f in (number, percent, points, interval, noise, told)}

    def table(name: str, of: str | None = study) -> Table:
        places = [folder / str(of) / "tables" / f"{name}.csv" for folder in (tables, RESULTS)]
        return Table(next((place for place in places if place.is_file()), places[-1]))

    answered = sorted({path.parts[-3] for folder in (tables, RESULTS) for path in folder.glob("*/tables/answer.csv")})
    return reflowed(environment.get_template(template.name).render(table=table, answered=answered))


def reflowed(page: str, width: int = 120) -> str:
    """The page with its paragraphs filled anew, since numbers are shorter than the expressions that they come from."""
    parts = re.split(r"(^```.*?^```$)", page, flags=re.DOTALL | re.MULTILINE)
    parts[::2] = [_PARAGRAPH.sub(lambda found: _filled(found.group(), width), part) for part in parts[::2]]
    return "".join(parts)


_PARAGRAPH = re.compile(r"(?:^(?!\s|[|#<>!]|[-+*] |\d+\. ).+$\n?)+", re.MULTILINE)


def _filled(lines: str, width: int) -> str:
    end = "\n" if lines.endswith("\n") else ""
    words = _CODE_SPAN.sub(lambda code: code.group().replace(" ", "\0"), " ".join(lines.split()))  # is not broken
    return textwrap.fill(words, width, break_long_words=False, break_on_hyphens=False).replace("\0", " ") + end


_CODE_SPAN = re.compile(r"`[^`]+`")


_CODE = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)]*\)|https?://\S+|<!--.*?-->", re.DOTALL)
_NAME = re.compile(r"[^\W\d_][\w*]*(?:[-.]\w+)*|\b\d+(?:\.\d+)?[Bb]\b(?:-\w+)*")
_WORD = "hundred|thousand|million|billion"
_NUMBER = re.compile(rf"(?<!\w)[-+−±]?\.?\d+(?:[.,]\d+)*|[½¼¾⅓⅔]|\b(?:{_WORD})s?\b")


def loose_numbers(template: str) -> list[str]:
    """The numbers of a template that no table gives.

    Names that hold a digit (L4, GSM8K, SmolLM2-135M, the 0.5B model) are names; code and links are not sentences. A number
    that an expression repeats as it stands (``{{ 5 }}``, ``{% set n = 5 %}``, ``{% for n in [2, 4] %}``) is as loose as any.
    """
    said = _CODE.sub(" ", "".join(_said(Environment().parse(template))))
    return [found.group() for found in _NUMBER.finditer(_NAME.sub(lambda name: name.group() if _NUMBER.fullmatch(name.group()) else " ", said))]


def _said(part: nodes.Node) -> Iterator[str]:
    """What a template says whatever its tables hold; a blank stands for the rest."""
    match part:
        case nodes.TemplateData():
            yield part.data
        case nodes.Const():
            yield f" {part.value} "
        case nodes.Filter(node=nodes.Node() as filtered):
            yield from _said(filtered)
        case nodes.CondExpr():
            yield from _said(part.expr1)
            yield from _said(part.expr2) if part.expr2 else ()
        case nodes.Name() | nodes.Getattr() | nodes.Getitem() | nodes.Call() | nodes.BinExpr() | nodes.Compare():
            yield " "
        case nodes.Macro():
            yield from (each for inner in part.body for each in _said(inner))
        case nodes.List() | nodes.Tuple() | nodes.Dict():  # texts in them are names of rows
            consts = (each for each in part.find_all(nodes.Const) if not isinstance(each.value, str))
            yield from (each for inner in consts for each in _said(inner))
        case nodes.If():
            for each in (*part.body, *part.elif_, *part.else_):
                yield from (*_said(each), " ")
        case _:
            for each in part.iter_child_nodes():
                yield from _said(each)
