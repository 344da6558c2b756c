from __future__ import annotations

from typing import Any

from agentscale.report.settings import shortened


def row(protocol: str, topology: str = "", task: str = "sums") -> dict[str, Any]:
    return {"task": task, "protocol": protocol, "topology": topology}


def told(*rows: dict[str, Any], key: str = "played") -> list[str]:
    return [one[key] for one in shortened({"curves": rows})["curves"]]


def test_parameters_are_left_out_where_nothing_else_has_that_name() -> None:
    assert told(row("vote"), row("debate(rounds=2,see=answer)", "ring")) == ["vote", "debate on ring"]


def test_parameters_stay_where_they_tell_two_apart() -> None:
    rows = row("debate(rounds=1)", "small_world(k=2)"), row("debate(rounds=2)", "small_world(k=2)")
    assert told(*rows) == ["debate(rounds=1) on small_world", "debate(rounds=2) on small_world"]


def test_the_task_is_named_where_there_are_several() -> None:
    assert told(row("vote"), row("vote", task="words"), key="setting") == ["sums · vote", "words · vote"]
    assert told(row("vote"), key="setting") == ["vote"]


def test_columns_stay_and_tables_of_other_things_are_left_alone() -> None:
    tables = shortened({"curves": [row("debate(rounds=2)")], "comparisons": [{"a": 1}]})
    assert tables["curves"][0]["protocol"] == "debate(rounds=2)"
    assert tables["comparisons"] == [{"a": 1}]
