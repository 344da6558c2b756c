from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

from hypothesis import given
from hypothesis import strategies as st

from agentscale.report.contents import Contents
from agentscale.report.typeset import TABLES, escaped, latex, markdown, typeset


def test_a_paper_has_its_tables_in_both_forms_with_every_row(world: ModuleType, tmp_path: Path) -> None:
    _, analysis = world.full(tmp_path, sizes=(1, 4), n_questions=3)
    tables = Contents(analysis).tables
    for form, per_row in (("latex", r"\\"), ("markdown", "\n")):
        made = typeset(tables, form)
        assert list(made) == ["curves", "comparisons", "fits"]
        assert all(made[name].count(per_row) >= len(tables[name]) for name in made)
    assert r"vote & L4 & 4 & 72.0 \% (67.0 to 77.0 \%) & 25.0 \% & $1.88" not in made["curves"]
    assert "| vote | L4 | 4 | 72.0 % (67.0 to 77.0 %) | 25.0 % |" in made["curves"]


def test_every_printed_column_is_one_of_its_table(world: ModuleType) -> None:
    known = {name: set(columns.split()) | {"setting"} for name, columns in world.COLUMNS.items()}
    known["forecast"] = {"task", "kind", "team", "size", "accuracy", "low", "high", "n_items"}
    for name, columns in TABLES.items():
        wanted = {column.value for column in columns} - {"team"}
        wanted |= {end for column in columns for end in (column.low, column.high) if end}
        assert wanted <= known[name]


def test_a_table_in_latex_has_the_rules_of_booktabs_and_numbers_flush_right() -> None:
    assert latex(["Team", "K*"], [["a_b", "1.50 (1.00 to 2.00)"], ["50 %", "–"]]) == (
        "\\begin{tabular}{lr}\n\\toprule\nTeam & $K^*$ \\\\\n\\midrule\n"
        "a\\_b & 1.50 (1.00 to 2.00) \\\\\n50 \\% & -- \\\\\n\\bottomrule\n\\end{tabular}\n"
    )


@given(st.text())
def test_no_text_is_a_command_of_latex(text: str) -> None:
    bare = re.sub(r"\\(?:[&%$#_{}]|text[a-z]+\{\})|\$(?:-|\\[a-z]+|K\^\*)\$|--", "", escaped(text))
    assert not re.search(r"[\\&%$#_{}~^<>\n]", bare)


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_no_text_breaks_a_row_of_markdown(texts: list[str]) -> None:
    lines = markdown(["a"] * len(texts), [texts]).split("\n")
    assert len(lines) == 4
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", lines[2])) == len(texts) + 1
