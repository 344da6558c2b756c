"""What worlds measured, in lines of at most 80 columns."""

from __future__ import annotations

import math
from typing import Any

from agentscale.cli.worlds import MOST, worlds


def rows(n_cells: int, n_measures: int) -> list[dict[str, Any]]:
    made = []
    for cell in range(n_cells):
        for question, shift in (("q1", 0.5), ("", 0.0)):
            for measure in range(n_measures):
                about = {"cell": f"commons.world.complete.L1.model-{cell}.n5", "task": "commons", "question": question}
                value = {"value": measure + shift, "low": measure - 0.25, "high": measure + 0.25}
                made.append({**about, "measure": f"measure_{measure}", **value})
    return made


def test_of_a_cell_the_means_over_all_questions_are_told_as_many_as_fit() -> None:
    head, *lines = worlds(rows(2, 9)).split("\n")
    assert head.split() == ["world", "measure_0", "measure_1", "measure_2"]
    assert lines[0].split("  ")[0] == "model-0"
    assert "1.00 [0.75, 1.25]" in lines[0]
    assert all(len(line) <= 80 for line in (head, *lines))


def test_many_cells_are_cut_with_word_of_where_the_others_are() -> None:
    lines = worlds(rows(MOST + 5, 1)).split("\n")
    assert len(lines) == 1 + MOST + 1
    assert lines[-1] == "… and 5 more cells in tables/worlds.csv"


def test_where_several_tasks_are_told_each_stands_over_its_own_cells() -> None:
    other = [{**row, "task": "donors"} for row in rows(1, 1)]
    lines = worlds([*rows(1, 1), *other]).split("\n")
    assert [line.split()[0] for line in lines[::2]] == ["commons", "donors"]


def test_what_was_at_fault_is_told_also_where_it_has_no_column() -> None:
    silent = {"measure": "silent", "value": 0.75, "low": 0.5, "high": 1.0}
    every = rows(2, 9)
    lines = worlds([*every, {**every[-1], **silent}, {**every[-1], **silent, "measure": "invalid", "value": 0.0}])
    assert lines.split("\n")[3:] == ["silent: up to 0.75 (model-1)"]


def test_a_measure_that_no_cell_defines_takes_no_room() -> None:
    undefined = [{**row, "measure": "spread", "value": math.nan} for row in rows(1, 1)]
    assert worlds([*undefined, *rows(1, 9)]) == worlds(rows(1, 9))
