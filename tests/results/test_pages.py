"""Pages hold no number but those of tables, and say of a row what it holds."""

from pathlib import Path

import pages
import pytest


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("right in 5 % of them", ["5"]),
        ("right in 95% of them", ["95"]),
        ("after 1,200 calls.", ["1,200"]),
        ("an r of .53, not more", [".53"]),
        ("it falls by −3 points", ["−3"]),
        ("from -3 to +4.5", ["-3", "+4.5"]),
        ("[47, 81]", ["47", "81"]),
        ("3x faster, 30s, the 2nd", ["3", "30", "2"]),
        ("N=8, L1@16", ["8", "16"]),
        ("between 3–5 and 10^6", ["3", "5", "10", "6"]),
        ("(4-choice)", ["4"]),
        ("half: ½", ["½"]),
        ("two million agents", ["million"]),
        ("on **12** worlds", ["12"]),
        ("| 12 | 0.5 |", ["12", "0.5"]),
        ("{{ 5 }} of them", ["5"]),
        ('{{ "5 %" if row.low > 0 else "none" }}', ["5"]),
        ("{{ 0.5 | percent }}", ["0.5"]),
        ("{% set n = 30 %}{{ n }}", ["30"]),
        ("{% macro off(row) %}4{% endmacro %}", ["4"]),
        ("{% for n in [2, 4] %}{{ n }}{% endfor %}", ["2", "4"]),
        ("{% if row.n > 3 %}7{% elif row.m %}8{% else %}9{% endif %}", ["7", "8", "9"]),
    ],
)
def test_a_planted_number_is_found(text: str, found: list[str]) -> None:
    assert pages.loose_numbers(f"Before. {text} After.") == found


@pytest.mark.parametrize(
    "text",
    [
        "L4, K*, K\\*_c, D_2, D\\_2, GSM8K, N1, and x1",
        "SmolLM2-135M-Instruct (Q4_1) and Qwen2.5-Coder-0.5B-Instruct, Llama-3.1-8B, gemma-3-270m, GPT-5.5",
        "the 0.5B-instruct model, the 1.5B one, a 7b",
        "`--worlds 2` and [this](https://example.org/2026/1) at https://example.org/5, <!-- 5 -->",
        "```\nagentscale run 16\n```",
        '{{ table("votes").one(layer="L4", n=2).accuracy | percent(1) }} and {{ row[2] }}',
        "{% if row.n > 3 %}more{% endif %}{# 12 #}",
        "{{ 100 * row.share }}",
        '{% set shown = ["1/d2_unbiased", "K* rarefied to 2"] %}',
        "{% macro off(row, digits=3) %}{{ row.bias | number(digits) }}{% endmacro %}",
    ],
)
def test_names_code_links_and_expressions_hold_no_loose_number(text: str) -> None:
    assert pages.loose_numbers(f"Before. {text} After.") == []


def _table(tmp_path: Path, text: str) -> pages.Table:
    path = tmp_path / "votes.csv"
    path.write_text(text, "utf-8")
    return pages.Table(path)


def test_a_table_gives_the_one_row_that_is_meant(tmp_path: Path) -> None:
    table = _table(tmp_path, "layer,n,accuracy\nL1,2,0.5\nL4,2,0.75\nL4,4,\n")
    assert table.one(layer="L4", n=2)["accuracy"] == 0.75
    assert table.one(n=4)["accuracy"] is None
    with pytest.raises(LookupError, match=r"votes\.csv has 2 rows with .*n.*: 2"):
        table.one(n=2)
    with pytest.raises(LookupError, match=r"no column \['size'\]"):
        table.where(size=2)


def test_numbers_are_written_as_a_reader_wants_them() -> None:
    assert [pages.number(-0.001), pages.number(1234.5, 1), pages.number(-2)] == ["0.00", "1,234.5", "−2.00"]
    assert [pages.points(0.3), pages.points(-0.394), pages.points(0.001)] == ["+30", "−39", "0"]
    row = {"value": 0.65, "low": 0.47, "high": 0.81}
    assert pages.interval(row) == "65 [47, 81]"
    assert pages.interval({"k": 4.5, "k_low": 4, "k_high": 5}, "number", "k", 1) == "4.5 [4.0, 5.0]"


def test_a_difference_is_called_noise_where_its_interval_holds_nought() -> None:
    assert pages.noise({"low": -0.1, "high": 0.2}) == "inside its noise"
    assert pages.noise({"low": 0.01, "high": 0.2}) == "outside its noise"


@pytest.mark.parametrize(
    ("value", "low", "high", "form", "said"),
    [
        (0.65, 0.47, 0.81, "percent", "65 [47, 81] %"),
        (-0.39, -0.56, -0.23, "points", "−39 [−56, −23] points"),
        (-1.77, -2.52, -1.01, "number", "−1.77 [−2.52, −1.01]"),
        (0.0123, 0.01, 0.02, "number", "0.012 [0.010, 0.020]"),
        (10_000_000, None, None, "number", "10,000,000"),
        (0.5, None, None, "percent", "50 %"),
        (None, None, None, "", ""),
    ],
)
def test_a_headline_has_its_interval_and_its_unit(
    value: float, low: float, high: float, form: str, said: str
) -> None:
    assert pages.told({"value": value, "low": low, "high": high, "form": form}) == said


def test_paragraphs_are_filled_and_all_else_stands_as_it_is() -> None:
    page = "# A title\n\none\ntwo\n\n| a |\n|---|\n| b |\n\n- c\n- d\n\n```\na\nb\n\nc\n```\n\n*Q.* x\ny\n"
    assert pages.reflowed(page) == page.replace("one\ntwo", "one two").replace("*Q.* x\ny", "*Q.* x y")
    filled = pages.reflowed("word " * 60 + "\n\nend\n")
    assert [len(line) <= 120 for line in filled.splitlines()] == [True] * 5
    assert filled.endswith("\n\nend\n")


def test_a_page_is_made_of_its_own_tables_and_of_those_of_others(tmp_path: Path) -> None:
    for study, value in (("one", "0.25"), ("two", "0.5")):
        (tmp_path / study / "tables").mkdir(parents=True)
        (tmp_path / study / "tables" / "found.csv").write_text(f"value\n{value}\n", "utf-8")
    template = tmp_path / "page.md.jinja"
    template.write_text(
        '{{ table("found").one().value | percent }} {{ table("found", "two").one().value | percent }}\n'
    )
    assert pages.render(template, tmp_path, "one") == "25 50\n"
